"""Laws and their versions: a legal basis cites one version."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, ObjectList, TabbedInterface
from wagtail.models import Orderable
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField
from workdays import clock

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
    searched = True

    name = models.CharField(_("名称"), max_length=300)
    slug = models.SlugField(_("地址中的名称"), max_length=100, blank=True)
    rank = models.CharField(_("效力位阶"), max_length=20, choices=LawKind, default=LawKind.LAW)
    issuer = models.CharField(_("制定机关"), max_length=200, blank=True)
    short_names = models.TextField(
        _("简称（一行一个）"),
        blank=True,
        help_text=_("依据里也这样写的名称，例如“行政处罚法”。导入时按名称和简称对应。"),
    )

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldPanel("rank"),
                    FieldPanel("issuer"),
                    FieldPanel("short_names"),
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
        SynchronizedField("short_names", overridable=False),
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
    def names(self) -> list[str]:
        """The name and the short names, as citations write them."""
        return [self.name, *(line.strip() for line in self.short_names.splitlines() if line.strip())]

    @property
    def current(self) -> LawVersion | None:
        """The version in force today; else the newest that was; else the first to come."""
        today, versions = clock.today(), sorted(self.versions.all(), key=lambda v: v.since)
        begun = [version for version in versions if version.since <= today]
        return next((v for v in reversed(begun) if not v.ended), None) or (begun or versions or [None])[-1]

    @property
    def repealed(self) -> bool:
        """Whether no version is in force any more, nor one to come."""
        versions = list(self.versions.all())
        return bool(versions) and all(version.ended for version in versions)

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
    text = models.TextField(
        _("条文"),
        blank=True,
        help_text=_("整部粘贴即可：每条以“第几条”开头，公开页按条列出，依据可以指到具体一条。"),
    )
    replaced_by = models.ForeignKey(
        Law, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("由谁代替")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("法律版本")

    @property
    def since(self) -> dt.date:
        """When it took effect; without a date it is taken as old."""
        return self.effective_on or self.adopted_on or dt.date.min

    @property
    def ended(self) -> bool:
        """Whether it is repealed today."""
        return self.repealed_on is not None and self.repealed_on <= clock.today()

    @property
    def pending(self) -> bool:
        """Whether it has not taken effect yet."""
        return self.since > clock.today()

    def articles(self) -> list:
        """The articles of its text (cms.publishing.law_text.Article)."""
        from cms.publishing.law_text import articles

        return articles(self.text)

    def __str__(self) -> str:
        return f"{self.law.name} {self.effective_on or ''}".strip()
