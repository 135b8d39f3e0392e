"""Flowcharts as data: steps, transitions and integrity risk points, drawn and listed from the same rows."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from cms.admin.forms import FlowchartForm

from .base import Limit, Register, Row
from .panels import flowchart_handler
from .tables import Table

SCORE = [MinValueValidator(1), MaxValueValidator(5)]
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
    """The codes of the scale that a new site has; `RiskGrade` holds the site's own."""

    HIGH = "high", _("高")
    MEDIUM = "medium", _("中")
    LOW = "low", _("低")


class RiskGrade(Table):
    """A level of integrity risk on this site's scale: 高/中/低, 一级/二级/三级, or by score."""

    look = models.PositiveSmallIntegerField(
        _("画成"), choices=[(3, "▲▲▲"), (2, "▲▲△"), (1, "▲△△")], default=2
    )
    from_score = models.PositiveSmallIntegerField(
        _("得分从"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(25)],
        help_text=_("发生概率 × 危害程度（1 至 25）达到这个数，没有写明等级的风险点就算这一级。"),
    )
    review_months = models.PositiveSmallIntegerField(
        _("几个月复查一次"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    panels = [
        FieldPanel("name"),
        FieldPanel("name_en"),
        FieldPanel("code"),
        FieldPanel("look"),
        FieldPanel("from_score"),
        FieldPanel("review_months"),
        FieldPanel("order"),
    ]

    class Meta(Table.Meta):
        verbose_name = _("风险等级")
        verbose_name_plural = _("风险等级")


class Flowchart(Register):
    kind, route = "flow", "flow"
    searched = True

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
    # What other programs wrote into the BPMN file it came from; goes out again with it.
    foreign = models.JSONField(default=dict, blank=True, editable=False)

    edit_handler = flowchart_handler()
    base_form_class = FlowchartForm
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
        SynchronizedField("foreign", overridable=False),
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

    def affected(self) -> list[str]:
        # Its steps are also found with its item.
        item = [f"power:{self.power_item_id}"] if self.power_item_id else []
        return [*super().affected(), *item]

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
    foreign = models.JSONField(default=dict, blank=True, editable=False)

    override_translatable_fields = [
        *(TranslatableField(n) for n in ("name", "post", "unit", "limit_note", "standard")),
        *(TranslatableField(n) for n in ("inputs", "outputs")),
        *(SynchronizedField(n, overridable=False) for n in ("key", "kind", "limit", "limit_unit", "foreign")),
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
    foreign = models.JSONField(default=dict, blank=True, editable=False)

    override_translatable_fields = [
        TranslatableField("condition"),
        *(SynchronizedField(n, overridable=False) for n in ("from_key", "to_key", "is_return", "foreign")),
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
    level = models.CharField(
        _("风险等级"),
        max_length=40,
        blank=True,
        default=RiskLevel.MEDIUM,
        help_text=_("空着就按发生概率 × 危害程度算。"),
    )
    measures = models.TextField(_("防控措施"), help_text=_("一行一条。"))
    owner = models.CharField(_("责任人"), max_length=100, blank=True)
    owner_account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("提醒谁"),
        help_text=_("到期前给这个账号发邮件提醒复查。不公开。"),
    )
    likelihood = models.PositiveSmallIntegerField(
        _("发生概率（1 至 5）"), null=True, blank=True, validators=SCORE
    )
    severity = models.PositiveSmallIntegerField(
        _("危害程度（1 至 5）"), null=True, blank=True, validators=SCORE
    )
    reviewed_on = models.DateField(_("最近复查"), null=True, blank=True)
    next_review = models.DateField(
        _("下次复查"),
        null=True,
        blank=True,
        help_text=_("空着就按等级的复查周期从最近复查算起。"),
    )

    override_translatable_fields = [
        *(TranslatableField(n) for n in ("description", "measures", "owner")),
        *(SynchronizedField(n, overridable=False) for n in ("step_key", "level", "likelihood", "severity")),
        *(SynchronizedField(n, overridable=False) for n in ("reviewed_on", "next_review", "owner_account")),
    ]

    class Meta(Row.Meta):
        verbose_name = _("廉政风险点")

    def __str__(self) -> str:
        return self.description[:40]

    @property
    def measure_list(self) -> list[str]:
        lines = (line.strip().rstrip("。；;") for line in self.measures.splitlines())
        return [line for line in lines if line]

    @property
    def score(self) -> int | None:
        """Likelihood × severity, 1 to 25; None where one of them is not stated."""
        return self.likelihood * self.severity if self.likelihood and self.severity else None


class ReviewReminder(models.Model):
    """That an owner was told of a review, once a due date."""

    risk = models.UUIDField()  # translation_key of the risk point: survives republication
    due = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("复查提醒")
        verbose_name_plural = _("复查提醒")
        constraints = [models.UniqueConstraint(fields=["risk", "due", "user"], name="one_reminder_a_review")]

    def __str__(self) -> str:
        return f"{self.risk} {self.due}"
