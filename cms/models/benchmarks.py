"""Discretion benchmarks (裁量基准): tiers checked against the statutory range."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from .base import Register, Row
from .panels import benchmark_handler


class AmountKind(models.TextChoices):
    """What a tier, or the law, says about money."""

    NONE = "none", _("不予处罚")
    FIXED = "fixed", _("固定金额")
    RANGE = "range", _("金额幅度")
    MULTIPLE = "multiple", _("基数的倍数")
    RATE = "rate", _("按单位计")
    OTHER = "non-monetary", _("非金钱")


class Amount(models.Model):
    """Money as a kind with bounds: fen for fixed, range and rate; a factor for multiple."""

    amount_kind = models.CharField(_("金额类型"), max_length=12, choices=AmountKind, default=AmountKind.RANGE)
    minimum = models.PositiveBigIntegerField(_("下限（分）"), null=True, blank=True)
    maximum = models.PositiveBigIntegerField(_("上限（分）"), null=True, blank=True)
    # Six places: 万分之零点五 is 0.00005.
    multiple_min = models.DecimalField(_("倍数下限"), max_digits=14, decimal_places=6, null=True, blank=True)
    multiple_max = models.DecimalField(_("倍数上限"), max_digits=14, decimal_places=6, null=True, blank=True)
    # 违法所得, 货值金额 for a multiple; 平方米, 处 for a rate.
    base = models.CharField(_("基数或单位"), max_length=100, blank=True)
    per = models.CharField(
        _("计罚单位（原文）"),
        max_length=60,
        blank=True,
        help_text=_("“每”字后面的原文，例如“处违法设施”；比较幅度时只看上面的单位。"),
    )
    min_inclusive = models.BooleanField(_("含下限"), default=True)
    max_inclusive = models.BooleanField(_("含上限"), default=True)

    class Meta:
        abstract = True

    @property
    def bounds(self):
        """(lower, upper) in the unit of its kind; None where open or where there is no amount."""
        if self.amount_kind == AmountKind.MULTIPLE:
            return self.multiple_min, self.multiple_max
        if self.amount_kind == AmountKind.FIXED:
            return self.minimum, self.minimum if self.maximum is None else self.maximum
        if self.amount_kind in (AmountKind.RANGE, AmountKind.RATE):
            return self.minimum, self.maximum
        return None, None


class Benchmark(Amount, Register):
    """The head. Its amount is the statutory range."""

    kind, route = "benchmark", "benchmarks"
    searched = True

    title = models.CharField(_("标题"), max_length=300)
    slug = models.SlugField(_("地址中的名称"), max_length=100, blank=True)
    power_item = models.ForeignKey(
        "cms.PowerItem",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="benchmarks",
        verbose_name=_("权责事项"),
    )
    act = models.TextField(_("违法行为"))
    legal_basis = models.TextField(_("认定依据"), blank=True)
    penalty_basis = models.TextField(_("处罚依据"), blank=True)
    penalty_kinds = models.CharField(_("处罚种类"), max_length=300, blank=True)
    statutory_text = models.TextField(_("法定幅度（原文）"), blank=True)
    issuing_body = models.CharField(_("制定机关"), max_length=200, blank=True)
    document_no = models.CharField(_("文号"), max_length=100, blank=True)
    effective_on = models.DateField(_("施行日期"), null=True, blank=True)
    expires_on = models.DateField(_("有效期至"), null=True, blank=True)
    notes = models.TextField(
        _("适用说明"), blank=True, help_text=_("对所有阶次都适用的说明，例如处罚次数怎么算。")
    )
    source_code = models.CharField(_("来源编号"), max_length=100, blank=True)
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("代替哪一项"),
    )
    warnings_confirmed = models.BooleanField(
        _("已核对提醒"),
        default=False,
        help_text=_("阶次之间有空档，或者少于三档，是提醒：审批人核对后勾选。"),
    )

    edit_handler = benchmark_handler()
    search_fields = [
        index.SearchField("title", boost=2),
        index.SearchField("act"),
        index.AutocompleteField("title"),
        index.FilterField("title"),
        index.FilterField("slug"),
        index.FilterField("power_item_id"),
        *Register.base_search_fields,
    ]
    override_translatable_fields = [
        *(
            TranslatableField(n)
            for n in ("title", "act", "legal_basis", "penalty_basis", "penalty_kinds", "notes")
        ),
        *(TranslatableField(n) for n in ("statutory_text", "issuing_body", "base", "per", "tiers")),
        *(
            SynchronizedField(n, overridable=False)
            for n in (
                "slug",
                "power_item",
                "document_no",
                "source_code",
                "effective_on",
                "expires_on",
                "supersedes",
                "warnings_confirmed",
                "amount_kind",
                "minimum",
                "maximum",
                "multiple_min",
                "multiple_max",
                "min_inclusive",
                "max_inclusive",
            )
        ),
    ]

    class Meta(Register.Meta):
        verbose_name = _("裁量基准")
        verbose_name_plural = _("裁量基准")
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug", "locale"], condition=~models.Q(slug=""), name="one_benchmark_a_slug"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def address_code(self) -> str:
        return self.slug

    def fill_made_fields(self) -> None:
        from cms.publishing.numbers import made_slug

        self.slug = self.slug or made_slug("benchmark")

    def affected(self) -> list[str]:
        item = [f"power:{self.power_item_id}"] if self.power_item_id else []
        return [*super().affected(), *item]

    def findings(self) -> list:
        """What the tiers do wrong against the statutory range (cms.publishing.tiers.Finding)."""
        from cms.publishing.tiers import check_tiers

        return check_tiers(self, list(self.tiers.all()))

    def publishing_errors(self) -> list[str]:
        """Sentences that block publication, each naming its tier."""
        found = self.findings()
        return [f.message for f in found if f.blocks or not self.warnings_confirmed]


class Tier(Amount, Row):
    """One tier. 不予, 免予 and 减轻 may lie below the statutory range; their conditions are shown."""

    class Degree(models.TextChoices):
        NONE = "none", _("不予处罚")
        EXEMPT = "exempt", _("免予处罚")
        MITIGATED = "mitigated", _("减轻")
        LENIENT = "lenient", _("从轻")
        ORDINARY = "ordinary", _("一般")
        SEVERE = "severe", _("从重")

    benchmark = ParentalKey(Benchmark, on_delete=models.CASCADE, related_name="tiers")
    name = models.CharField(_("阶次"), max_length=40)
    degree = models.CharField(_("裁量方向"), max_length=10, choices=Degree, default=Degree.ORDINARY)
    group = models.CharField(
        _("适用对象"),
        max_length=60,
        blank=True,
        help_text=_("个人、单位等分开定阶次时填写；只有同一对象的阶次之间才比较空档和重叠。"),
    )
    conditions = models.TextField(_("适用条件"))
    standard = models.TextField(_("具体标准"), blank=True)
    circumstances = models.TextField(
        _("情形（一行一种）"),
        blank=True,
        help_text=_("任何一行成立就适用这一档。不填时按适用条件自动分行；公开页的“算一算”用它。"),
    )
    accessory = models.CharField(_("并处"), max_length=300, blank=True)
    accessory_when = models.CharField(_("并处的条件"), max_length=300, blank=True)
    alone = models.BooleanField(_("可以单处"), default=True)

    override_translatable_fields = [
        *(TranslatableField(n) for n in ("name", "group", "conditions", "circumstances", "standard")),
        *(TranslatableField(n) for n in ("accessory", "accessory_when", "base", "per")),
        *(
            SynchronizedField(n, overridable=False)
            for n in (
                "degree",
                "alone",
                "amount_kind",
                "minimum",
                "maximum",
                "multiple_min",
                "multiple_max",
                "min_inclusive",
                "max_inclusive",
            )
        ),
    ]

    class Meta(Row.Meta):
        verbose_name = _("阶次")

    def __str__(self) -> str:
        return self.name
