"""Flowcharts as data: steps, transitions and integrity risk points, drawn and listed from the same rows."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from .base import Limit, Register, Row
from .panels import flowchart_handler

KEY = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,39}$", _("小写字母、数字和短横线，例如 s1、hearing。"))


class StepKind(models.TextChoices):
    START = "start", _("开始")
    ACCEPT = "accept", _("受理")
    REVIEW = "review", _("审查")
    DECIDE = "decide", _("决定")
    DELIVER = "deliver", _("办结送达")
    DECISION = "decision", _("判断")
    END = "end", _("结束")


class RiskLevel(models.TextChoices):
    HIGH = "high", _("高")
    MEDIUM = "medium", _("中")
    LOW = "low", _("低")


class Flowchart(Register):
    kind, route = "flow", "flow"

    title = models.CharField(_("标题"), max_length=200)
    slug = models.SlugField(_("地址中的名称"), max_length=100, blank=True)
    power_item = models.ForeignKey(
        "cms.PowerItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="flowcharts",
        verbose_name=_("权责事项"),
    )
    description = models.TextField(_("文字说明"), blank=True)

    edit_handler = flowchart_handler()
    search_fields = [
        index.SearchField("title", boost=2),
        index.AutocompleteField("title"),
        index.RelatedFields("steps", [index.SearchField("name")]),
        index.FilterField("title"),
        index.FilterField("slug"),
        index.FilterField("power_item_id"),
        *Register.base_search_fields,
    ]
    override_translatable_fields = [
        SynchronizedField("slug", overridable=False),
        SynchronizedField("power_item", overridable=False),
        *(TranslatableField(n) for n in ("title", "description", "steps", "transitions", "risk_points")),
    ]

    class Meta(Register.Meta):
        verbose_name = _("运行流程图")
        verbose_name_plural = _("运行流程图")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "locale"], condition=~models.Q(slug=""), name="one_flowchart_a_slug"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address_code(self) -> str:
        return self.slug

    def fill_made_fields(self) -> None:
        from cms.publishing.numbers import made_slug

        self.slug = self.slug or made_slug("flow")

    def affected(self) -> tuple[list[str], list[str]]:
        # Its steps are found and shown with its item.
        _, names = super().affected()
        if not self.power_item_id:
            return [], [*names, "power"]
        return [f"power:{self.power_item_id}"], [*names, "power", f"power:{self.power_item_id}"]

    def publishing_errors(self) -> list[str]:
        """Sentences that block publication: targets that do not exist, steps nobody reaches."""
        from cms.publishing.rules import flow_errors

        return flow_errors(self)


class Step(Row):
    """A step. Its key survives reordering: reports and cases point to it."""

    flowchart = ParentalKey(Flowchart, on_delete=models.CASCADE, related_name="steps")
    key = models.CharField(_("标识"), max_length=40, validators=[KEY])
    name = models.CharField(_("环节名称"), max_length=100)
    kind = models.CharField(_("类型"), max_length=10, choices=StepKind, default=StepKind.REVIEW)
    post = models.CharField(_("岗位"), max_length=100, blank=True)
    unit = models.CharField(_("承办单位"), max_length=200, blank=True)
    limit = models.PositiveIntegerField(_("时限"), null=True, blank=True)
    limit_unit = models.CharField(_("时限单位"), max_length=10, choices=Limit, blank=True)
    limit_note = models.CharField(_("时限说明"), max_length=200, blank=True)
    standard = models.TextField(_("办理标准"), blank=True)
    inputs = models.TextField(_("凭什么办"), blank=True)
    outputs = models.TextField(_("形成什么"), blank=True)

    override_translatable_fields = [
        *(TranslatableField(n) for n in ("name", "post", "unit", "limit_note", "standard")),
        *(TranslatableField(n) for n in ("inputs", "outputs")),
        *(SynchronizedField(n, overridable=False) for n in ("key", "kind", "limit", "limit_unit")),
    ]

    class Meta(Row.Meta):
        verbose_name = _("环节")

    def __str__(self) -> str:
        return self.name


class Transition(Row):
    """From one step's key to another's: a new step can be a target before it is saved."""

    flowchart = ParentalKey(Flowchart, on_delete=models.CASCADE, related_name="transitions")
    from_key = models.CharField(_("从"), max_length=40, validators=[KEY])
    to_key = models.CharField(_("到"), max_length=40, validators=[KEY])
    condition = models.CharField(_("条件"), max_length=100, blank=True)
    is_return = models.BooleanField(_("退回"), default=False)

    override_translatable_fields = [
        TranslatableField("condition"),
        *(SynchronizedField(n, overridable=False) for n in ("from_key", "to_key", "is_return")),
    ]

    class Meta(Row.Meta):
        verbose_name = _("流转")

    def __str__(self) -> str:
        return f"{self.from_key} → {self.to_key}"


class RiskPoint(Row):
    """An integrity risk point of a step: what may go wrong, what stops it, who answers for it."""

    flowchart = ParentalKey(Flowchart, on_delete=models.CASCADE, related_name="risk_points")
    step_key = models.CharField(_("环节标识"), max_length=40, validators=[KEY])
    description = models.TextField(_("风险表现"))
    level = models.CharField(_("风险等级"), max_length=10, choices=RiskLevel, default=RiskLevel.MEDIUM)
    measures = models.TextField(_("防控措施"), help_text=_("一行一条。"))
    owner = models.CharField(_("责任人"), max_length=100, blank=True)
    likelihood = models.PositiveSmallIntegerField(_("发生概率（1 至 5）"), null=True, blank=True)
    severity = models.PositiveSmallIntegerField(_("危害程度（1 至 5）"), null=True, blank=True)
    reviewed_on = models.DateField(_("最近复查"), null=True, blank=True)

    override_translatable_fields = [
        *(TranslatableField(n) for n in ("description", "measures", "owner")),
        *(SynchronizedField(n, overridable=False) for n in ("step_key", "level", "likelihood", "severity")),
        SynchronizedField("reviewed_on", overridable=False),
    ]

    class Meta(Row.Meta):
        verbose_name = _("廉政风险点")

    def __str__(self) -> str:
        return self.description[:40]

    @property
    def measure_list(self) -> list[str]:
        lines = (line.strip().rstrip("。；;") for line in self.measures.splitlines())
        return [line for line in lines if line]
