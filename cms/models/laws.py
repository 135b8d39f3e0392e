"""Laws and their versions: a legal basis cites one version."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, ObjectList, TabbedInterface
from wagtail.models import Orderable
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from .base import Register
from .panels import publishing_tab


class LawKind(models.TextChoices):
    """Rank of a legal text, highest first."""

    LAW = "law", _("法律")
    ADMINISTRATIVE = "administrative", _("行政法规")
    DECISION = "decision", _("国务院决定")
    LOCAL = "local", _("地方性法规")
    MINISTRY_RULE = "ministry-rule", _("部门规章")
    LOCAL_RULE = "local-rule", _("地方政府规章")
    DOCUMENT = "document", _("规范性文件")
    PARTY = "party", _("党内法规")
    OTHER = "other", _("其他")


class Law(Register):
    kind, route = "law", "laws"

    name = models.CharField(_("名称"), max_length=300)
    slug = models.SlugField(_("地址中的名称"), max_length=100, blank=True)
    rank = models.CharField(_("效力位阶"), max_length=20, choices=LawKind, default=LawKind.LAW)
    issuer = models.CharField(_("制定机关"), max_length=200, blank=True)

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldPanel("rank"),
                    FieldPanel("issuer"),
                    InlinePanel("versions", label=_("版本")),
                ],
                heading=_("内容"),
            ),
            publishing_tab(),
        ]
    )
    search_fields = [
        index.SearchField("name", boost=2),
        index.AutocompleteField("name"),
        index.FilterField("name"),
        index.FilterField("slug"),
        index.FilterField("rank"),
        *Register.base_search_fields,
    ]
    override_translatable_fields = [
        SynchronizedField("slug", overridable=False),
        SynchronizedField("rank", overridable=False),
        SynchronizedField("versions", overridable=False),
        TranslatableField("name"),
        TranslatableField("issuer"),
    ]

    class Meta(Register.Meta):
        verbose_name = _("法律法规")
        verbose_name_plural = _("法律法规")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "locale"], condition=~models.Q(slug=""), name="one_law_a_slug"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address_code(self) -> str:
        return self.slug

    def fill_made_fields(self) -> None:
        from cms.publishing.numbers import made_slug

        self.slug = self.slug or made_slug("law")


class LawVersion(Orderable):
    """The text as it stood from one date on."""

    law = ParentalKey(Law, on_delete=models.CASCADE, related_name="versions")
    document_no = models.CharField(_("文号"), max_length=100, blank=True)
    adopted_on = models.DateField(_("通过日期"), null=True, blank=True)
    effective_on = models.DateField(_("施行日期"), null=True, blank=True)
    repealed_on = models.DateField(_("废止日期"), null=True, blank=True)
    note = models.CharField(_("修改情况"), max_length=300, blank=True)
    replaced_by = models.ForeignKey(
        Law, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("由谁代替")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("法律版本")

    def __str__(self) -> str:
        return f"{self.law.name} {self.effective_on or ''}".strip()
