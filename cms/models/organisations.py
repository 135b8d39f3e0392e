"""Organisations: who owns lists. Offices that take reports are another thing (complaints.vault)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.models import Orderable
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from .base import CODE, Register, RegisterQuerySet
from .panels import publishing_tab


class OrganisationQuerySet(RegisterQuerySet):
    def by_name(self, name: str):
        """The source row whose name or alias is exactly `name` (blanks aside), or None."""
        name = "".join(name.split())
        return self.source().filter(models.Q(name=name) | models.Q(aliases__name=name)).distinct().first()

    def tree_codes(self) -> dict[str, str | None]:
        """Code → code of the parent, for all source rows: one query, for walks up and down."""
        return dict(self.source().values_list("code", "parent__code"))

    def tree(self, counts: dict[str, int]) -> list[Any]:
        """Disclosed source rows from the top down, in their order; each with `below`, its own, and `count` by
        its code. Two queries. One whose parent is not disclosed stands below the next one above that is.
        """
        parents = self.tree_codes()
        rows = {row.code: row for row in self.disclosed().source().select_related("level", "locale")}
        tops = []
        for row in rows.values():
            row.below, row.count = [], counts.get(row.code, 0)
        for code, row in rows.items():
            above = next((up for up in chain(code, parents)[1:] if up in rows), None)
            (rows[above].below if above else tops).append(row)
        return tops

    def with_descendants(self, codes: list[str]) -> list[str]:
        """`codes` and the codes of all organisations below them."""
        parents, wanted = self.tree_codes(), set(codes)
        return [code for code in parents if wanted & set(chain(code, parents))]


def chain(code: str, parents: dict[str, str | None]) -> list[str]:
    """`code` and its ancestors, nearest first; a circle ends the walk."""
    found: list[str] = []
    while code and code not in found:
        found.append(code)
        code = parents.get(code) or ""
    return found


class Organisation(Register):
    kind, route = "organisation", "organisations"
    searched = True

    code = models.CharField(_("机构编码"), max_length=40, validators=[CODE])
    name = models.CharField(_("名称"), max_length=200)
    # A field, not only a translation: every list that names an organisation would otherwise join one.
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    short_name = models.CharField(_("简称"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级机构"),
    )
    level = models.ForeignKey(
        "cms.Level", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("层级")
    )
    region = models.CharField(_("地区"), max_length=100, blank=True)
    description = models.TextField(_("职能"), blank=True)
    contact = models.TextField(_("地址和咨询电话"), blank=True)
    supervision_phone = models.CharField(_("监督电话"), max_length=60, blank=True)
    valid_from = models.DateField(_("设立日期"), null=True, blank=True)
    valid_until = models.DateField(_("撤销日期"), null=True, blank=True)
    # A merger keeps addresses and history.
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("职责由谁承接"),
    )
    order = models.PositiveIntegerField(_("顺序"), default=0)

    objects = OrganisationQuerySet.as_manager()

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("name"), FieldPanel("name_en"), FieldPanel("short_name")],
                        heading=_("名称"),
                    ),
                    InlinePanel("aliases", label=_("别名、曾用名")),
                    MultiFieldPanel(
                        [
                            FieldPanel("code"),
                            FieldPanel("parent"),
                            FieldPanel("level"),
                            FieldPanel("region"),
                            FieldPanel("order"),
                        ],
                        heading=_("位置"),
                    ),
                    MultiFieldPanel(
                        [
                            FieldPanel("description"),
                            FieldPanel("contact"),
                            FieldPanel("supervision_phone"),
                        ],
                        heading=_("职能和联系方式"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("valid_from"), FieldPanel("valid_until"), FieldPanel("successor")],
                        heading=_("沿革"),
                    ),
                ],
                heading=_("内容"),
            ),
            publishing_tab(),
        ]
    )
    search_fields = [
        index.SearchField("name", boost=2),
        index.SearchField("code"),
        index.AutocompleteField("name"),
        index.AutocompleteField("code"),
        index.RelatedFields("aliases", [index.SearchField("name")]),
        index.FilterField("code"),
        index.FilterField("name"),
        index.FilterField("order"),
        index.FilterField("parent_id"),
        index.FilterField("level_id"),
        *Register.base_search_fields,
    ]
    override_translatable_fields = [
        *(
            SynchronizedField(name, overridable=False)
            for name in (
                "code",
                "name_en",
                "parent",
                "level",
                "supervision_phone",
                "valid_from",
                "valid_until",
                "successor",
                "order",
                "aliases",
            )
        ),
        *(TranslatableField(name) for name in ("name", "short_name", "region", "description", "contact")),
    ]

    class Meta(Register.Meta):
        verbose_name = _("机构")
        verbose_name_plural = _("机构")
        ordering = ["order", "code"]
        constraints = [models.UniqueConstraint(fields=["code", "locale"], name="one_organisation_a_code")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name

    @property
    def address_code(self) -> str:
        return self.code

    def ancestor_codes(self) -> list[str]:
        """Its own code and its ancestors', nearest first."""
        return chain(self.code, Organisation.objects.tree_codes())

    def follow_up(self) -> None:
        from outbox import services as outbox

        outbox.enqueue(kind="cms.organisation.index", ref=str(self.source_record().pk))

    def clean(self) -> None:
        super().clean()
        parent, seen = self.parent, {self.pk}
        while parent is not None and self.pk:
            if parent.pk in seen:
                raise ValidationError({"parent": _("上级机构不能是它自己或者它的下级。")})
            seen.add(parent.pk)
            parent = parent.parent


class OrganisationAlias(Orderable):
    organisation = ParentalKey(Organisation, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(_("别名"), max_length=200)

    def __str__(self) -> str:
        return self.name
