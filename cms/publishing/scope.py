"""Which records an editor works on: those of the organisations named for the person, and of those below.

On a site that has named organisations for anybody, whoever has none works on nothing; on one that has named
none for anybody, editors work for the whole site, as far as the groups allow. An administrator always does.
Laws and tables belong to no organisation and are shared.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from cms.models import (
    Benchmark,
    Flowchart,
    HeaderSynonym,
    ImportBatch,
    NoticeFeedback,
    Obligation,
    Opinion,
    Organisation,
    OrganisationAlias,
    PowerItem,
    Responsibility,
)

OWNED = (PowerItem, ImportBatch, HeaderSynonym, Obligation)  # their `organisation` owns them
BOUND = (*OWNED, Flowchart, Benchmark, Organisation, Opinion, NoticeFeedback)


def codes_of(user: Any) -> list[str] | None:
    """Codes of the organisations a person works for; None for all of them."""
    if user.is_superuser:
        return None
    own = list(Responsibility.objects.filter(user=user).values_list("organisation__code", flat=True))
    if own:
        return Organisation.objects.with_descendants(own)
    return [] if Responsibility.objects.exists() else None


def limit_to(model: Any, codes: list[str] | None) -> Q:
    """The condition on rows of `model` that belong to these organisations."""
    if codes is None or model not in BOUND:
        return Q()
    if model is Organisation:
        return Q(code__in=codes)
    if model in OWNED:
        return Q(organisation__code__in=codes)
    if model in (Opinion, NoticeFeedback):
        return Q(page__organisation__code__in=codes)
    found = Q(power_item__organisation__code__in=codes)
    if model is Benchmark:  # an imported one knows its issuer by name, and its item perhaps later
        found |= Q(power_item=None, issuing_body__in=names_of(codes))
    return found


def names_of(codes: list[str]) -> list[str]:
    rows = Organisation.objects.filter(code__in=codes)
    aliases = OrganisationAlias.objects.filter(organisation__code__in=codes)
    return [*rows.values_list("name", flat=True), *aliases.values_list("name", flat=True)]


def limited(rows: Any, user: Any) -> Any:
    """The rows of a register that the person sees and edits."""
    codes = codes_of(user)
    return rows if codes is None else rows.filter(limit_to(rows.model, codes))


def within(user: Any, obj: Any) -> bool:
    """Whether a stored record is one of the person's."""
    codes = codes_of(user)
    if codes is None or type(obj) not in BOUND:
        return True
    return type(obj)._default_manager.filter(limit_to(type(obj), codes), pk=obj.pk).exists()


def may_become(user: Any, obj: Any) -> bool:
    """Whether the person may save `obj` as it stands in memory: nobody moves a record out of their reach."""
    codes = codes_of(user)
    if codes is None or type(obj) not in BOUND:
        return True
    if isinstance(obj, Organisation):  # a new one is below one of theirs; their own keeps its place
        return obj.code in codes or (obj.parent is not None and obj.parent.code in codes)
    if isinstance(obj, (Opinion, NoticeFeedback)):
        return obj.page.organisation is not None and obj.page.organisation.code in codes
    if isinstance(obj, OWNED):
        return obj.organisation is not None and obj.organisation.code in codes
    if obj.power_item is not None:
        return obj.power_item.organisation is not None and obj.power_item.organisation.code in codes
    return isinstance(obj, Benchmark) and obj.issuing_body in names_of(codes)
