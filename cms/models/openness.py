"""Openness of party, government, factory and village affairs: what is to be published, by whom, by when."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.models import Orderable
from workdays import clock

from cms.admin.forms import BoundForm

from .tables import Table

PERIOD = RegexValidator(r"^[12][0-9]{3}(-(0[1-9]|1[0-2])|-Q[1-4])?$", _("写成 2026、2026-Q3 或者 2026-07。"))


class NoticeType(Table):
    """A kind of notice that people may expect: 财务收支, 工程招标, 党费收缴 …"""

    class Sphere(models.TextChoices):
        PARTY = "party", _("党务公开")
        GOVERNMENT = "government", _("政务公开")
        FACTORY = "factory", _("厂务公开")
        VILLAGE = "village", _("村（居）务公开")

    sphere = models.CharField(_("领域"), max_length=12, choices=Sphere, default=Sphere.GOVERNMENT)
    feedback = models.BooleanField(
        _("接受居民反馈"), default=True, help_text=_("这一类公告的页面上可以写反馈，不用登记。")
    )

    panels = [
        FieldPanel("name"),
        FieldPanel("name_en"),
        FieldPanel("code"),
        FieldPanel("sphere"),
        FieldPanel("feedback"),
        FieldPanel("order"),
    ]

    class Meta(Table.Meta):
        verbose_name = _("公开事项类型")
        verbose_name_plural = _("公开事项类型")


class Obligation(ClusterableModel):
    """That an organisation publishes notices of a type, for each month, quarter or year, in time."""

    class Every(models.TextChoices):
        MONTH = "month", _("每月")
        QUARTER = "quarter", _("每季度")
        YEAR = "year", _("每年")

    class Unit(models.TextChoices):
        DAY = "day", _("日")
        WORKDAY = "workday", _("个工作日")

    organisation = models.ForeignKey(
        "cms.Organisation", models.PROTECT, related_name="+", verbose_name=_("机构")
    )
    notice_type = models.ForeignKey(NoticeType, models.PROTECT, related_name="+", verbose_name=_("类型"))
    every = models.CharField(_("多久一次"), max_length=8, choices=Every, default=Every.MONTH)
    days = models.PositiveSmallIntegerField(_("期满后几天内公布"), default=10)
    unit = models.CharField(_("天数按"), max_length=8, choices=Unit, default=Unit.DAY)
    begins_on = models.DateField(_("从哪天起"), default=clock.today)
    ends_on = models.DateField(_("到哪天止"), null=True, blank=True)
    basis = models.CharField(_("依据"), max_length=300, blank=True)

    base_form_class = BoundForm

    panels = [
        FieldPanel("organisation"),
        FieldPanel("notice_type"),
        MultiFieldPanel(
            [FieldPanel("every"), FieldPanel("days"), FieldPanel("unit")], heading=_("期间和期限")
        ),
        MultiFieldPanel([FieldPanel("begins_on"), FieldPanel("ends_on")], heading=_("起止")),
        FieldPanel("basis"),
        InlinePanel("exemptions", label=_("不必公布的期间")),
    ]

    class Meta:
        verbose_name = _("公开义务")
        verbose_name_plural = _("公开义务")
        ordering = ["organisation", "notice_type", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "notice_type", "begins_on"], name="one_obligation_a_beginning"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}：{self.notice_type}（{self.get_every_display()}）"

    def clean(self) -> None:
        super().clean()
        if self.ends_on and self.ends_on < self.begins_on:
            raise ValidationError({"ends_on": _("不能早于开始的日期。")})


class Exemption(Orderable):
    """A period for which nothing is due, and why."""

    obligation = ParentalKey(Obligation, on_delete=models.CASCADE, related_name="exemptions")
    period = models.CharField(_("期间"), max_length=7, validators=[PERIOD])
    reason = models.CharField(_("理由"), max_length=200)

    class Meta(Orderable.Meta):
        verbose_name = _("不必公布的期间")

    def __str__(self) -> str:
        return self.period
