"""Who in an office is there for what: roles bound to categories and regions (complaints.access decides).

The office's key opens all its tips, so this is a rule and no seal: docs/security.md says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk.services import Refused, actor
from complaints.intake.models import Category, Region, Remit, Tip
from complaints.vault.models import Membership, Office


def of(
    user: User, *, offices: Sequence[Office] | None = None
) -> dict[tuple[int, str], tuple[list[Category], list[Region]]]:
    """(office, role) → the categories and the regions that it is bound to, of roles that are held now."""
    held = Membership.objects.filter(user=user, ended_at=None, role__in=access.BOUND)
    if offices is not None:
        held = held.filter(office__in=offices)
    live = set(held.values_list("office", "role"))
    found: dict[tuple[int, str], tuple[list[Category], list[Region]]] = {}
    lines = Remit.objects.filter(user=user).select_related("category", "region") if live else []
    for line in lines:
        if (key := (line.office_id, line.role)) in live:
            categories, regions = found.setdefault(key, ([], []))
            categories += [line.category] if line.category else []
            regions += [line.region] if line.region else []
    for categories, regions in found.values():
        categories.sort(key=lambda node: (node.order, node.pk))
        regions.sort(key=lambda node: (node.order, node.pk))
    return found


def words(user: User, *, offices: Sequence[Office] | None = None) -> list[str]:
    """A sentence for each role that is bound, in the reader's language."""
    found = of(user, offices=offices)
    if not found:
        return []
    names = Office.objects.in_bulk({office for office, _role in found})
    roles, said = dict(Membership.Role.choices), []
    for (office, role), (categories, regions) in found.items():
        nodes = [_("、").join(node.label for node in part) for part in (categories, regions) if part]
        said.append(
            _("%(office)s%(role)s：只办%(nodes)s")
            % {"office": names[office].label, "role": roles[role], "nodes": _("；").join(nodes)}
        )
    return said


def bind(
    *,
    office: Office,
    user: User,
    role: str,
    categories: Sequence[Category],
    regions: Sequence[Region],
    by: User,
) -> None:
    """From now on this role is for these alone; for all tips where neither is named. Raises Refused.

    What the person has in hand and may no longer work on is free again.
    """
    if by.pk == user.pk:
        raise Refused(_("自己的分工要由另一位管理员来定"))
    if role not in access.BOUND:
        raise Refused(_("这个角色面向整个机构，不能限定"))
    with transaction.atomic():
        Office.objects.select_for_update().get(pk=office.pk)
        if not Membership.objects.filter(office=office, user=user, role=role, ended_at=None).exists():
            raise Refused(_("这个人已经没有这个角色"))
        Remit.objects.filter(office=office, user=user, role=role).delete()
        place = {"office": office, "user": user, "role": role}
        Remit.objects.bulk_create(
            [
                *(Remit(**place, category=node) for node in categories),
                *(Remit(**place, region=node) for node in regions),
            ]
        )
        now = clock.now()
        details = {
            "act": "bound",
            "user": user.pk,
            "office": office.code,
            "role": role,
            "categories": sorted(node.code for node in categories),
            "regions": sorted(node.code for node in regions),
        }
        ledger.record(kind="account", actor=actor(by), at=now, details=details)
        mine = Tip.objects.filter(office=office, assignee=user)
        for tip in mine.exclude(pk__in=access.tips_for(user, "claim").values("pk")):
            Tip.objects.filter(pk=tip.pk, assignee=user).update(
                assignee=None, claimed_at=None, revision=F("revision") + 1
            )
            ledger.record(kind="released", actor=actor(by), tag=bytes(tip.tag), at=now)
