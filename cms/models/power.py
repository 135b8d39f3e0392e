"""Power items (权责事项) with the fields of the guidance; what a list leaves out is a gap, no error."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from .base import CODE, Limit, Register, RegisterQuerySet, Row
from .laws import LawKind
from .panels import power_handler


class PowerQuerySet(RegisterQuerySet):
    def in_force(self):
        """Default lists and counts: what is not in force stays public at its address, and marked."""
        return self.filter(in_force=InForce.CURRENT)

    def with_parts(self):
        """With what a list row shows: organisation, category and levels, in three queries."""
        return self.select_related("organisation", "category", "locale").prefetch_related("levels")


class InForce(models.TextChoices):
    """In force is not published: all four are public."""

    CURRENT = "current", _("现行")
    PENDING = "pending", _("未生效")
    CANCELLED = "cancelled", _("已取消")
    DELEGATED = "delegated", _("已下放")


class BodyNature(models.TextChoices):
    STATUTORY = "statutory", _("法定机关")
    AUTHORISED = "authorised", _("授权组织")
    ENTRUSTED = "entrusted", _("受委托组织")


class PowerSource(models.TextChoices):
    """Where the power comes from: the facet `source`."""

    STATUTORY = "statutory", _("法定本级行使")
    HANDED_DOWN = "handed-down", _("上级下放")
    AUTHORISED = "authorised", _("法律法规授权")
    ENTRUSTED = "entrusted", _("上级委托")


class CaseType(models.TextChoices):
    AT_ONCE = "at-once", _("即办件")
    PROMISED = "promised", _("承诺件")


class PowerItem(Register):
    kind, route = "power", "power"
    searched = True
    search_auto_update = False  # the admin's search is told by cms.handlers: a batch tells it in the end

    code = models.CharField(_("实施编码"), max_length=64, blank=True, validators=[CODE])
    made_code = models.BooleanField(_("本站编码"), default=False, editable=False)
    basic_code = models.CharField(_("基本编码"), max_length=64, blank=True, db_index=True)
    name = models.CharField(_("事项名称"), max_length=1000)
    parent_name = models.CharField(_("主项名称"), max_length=1000, blank=True)
    parent_item = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sub_items",
        verbose_name=_("主项"),
    )
    # Null only while a draft: both are required to publish.
    category = models.ForeignKey(
        "cms.Category", models.PROTECT, null=True, related_name="items", verbose_name=_("类别")
    )
    organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        related_name="items",
        verbose_name=_("清单所属机构"),
    )
    levels = ParentalManyToManyField("cms.Level", blank=True, related_name="+", verbose_name=_("行使层级"))
    level_text = models.TextField(_("实施层级及权限（原文）"), blank=True)

    power_source = models.CharField(_("权力来源"), max_length=12, choices=PowerSource, blank=True)
    exercising_body = models.CharField(_("实施主体（原文）"), max_length=500, blank=True)
    body_organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("实施主体对应的机构"),
    )
    body_code = models.CharField(_("实施主体编码"), max_length=64, blank=True)
    body_nature = models.CharField(_("实施主体性质"), max_length=12, choices=BodyNature, blank=True)
    entrusted_by = models.CharField(_("委托机关"), max_length=300, blank=True)

    statutory_limit = models.PositiveIntegerField(_("法定办结时限"), null=True, blank=True)
    statutory_unit = models.CharField(_("单位"), max_length=10, choices=Limit, blank=True)
    statutory_note = models.CharField(_("法定时限说明"), max_length=500, blank=True)
    promised_limit = models.PositiveIntegerField(_("承诺办结时限"), null=True, blank=True)
    promised_unit = models.CharField(_("单位"), max_length=10, choices=Limit, blank=True)
    promised_note = models.CharField(_("承诺时限说明"), max_length=500, blank=True)
    special_procedures = models.TextField(_("特别程序（不计入时限）"), blank=True)
    case_type = models.CharField(_("办件类型"), max_length=10, choices=CaseType, blank=True)
    conditions = models.TextField(_("办理条件"), blank=True)
    audience = models.TextField(_("服务对象"), blank=True)
    no_fees = models.BooleanField(_("不收费"), null=True, blank=True)
    fees_note = models.TextField(_("收费说明"), blank=True)

    penalty_acts = models.TextField(_("处罚的行为"), blank=True)
    penalty_kinds = models.CharField(_("处罚种类"), max_length=300, blank=True)
    penalty_range = models.TextField(_("处罚幅度"), blank=True)

    department_duty = models.TextField(_("部门职责"), blank=True)
    accountability_scope = models.TextField(_("追责对象范围"), blank=True)
    supervision = models.TextField(_("监督投诉"), blank=True)
    contact = models.TextField(_("咨询方式"), blank=True)
    remedy = models.TextField(_("救济渠道"), blank=True)
    remarks = models.TextField(_("备注"), blank=True)

    in_force = models.CharField(_("效力"), max_length=10, choices=InForce, default=InForce.CURRENT)
    effective_on = models.DateField(_("施行日期"), null=True, blank=True)
    ends_on = models.DateField(_("终止日期"), null=True, blank=True)
    state_document = models.CharField(_("调整依据（文件）"), max_length=300, blank=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("由哪一项承接"),
    )

    # Where an import read it: name of the file as uploaded, sheet, row from 1.
    source_file = models.CharField(_("来源文件"), max_length=255, blank=True, editable=False)
    source_sheet = models.CharField(_("来源表"), max_length=255, blank=True, editable=False)
    source_row = models.PositiveIntegerField(_("来源行"), null=True, blank=True, editable=False)

    objects = PowerQuerySet.as_manager()

    edit_handler = power_handler()
    search_fields = [
        index.SearchField("name", boost=2),
        index.SearchField("code"),
        index.SearchField("basic_code"),
        index.SearchField("parent_name"),
        index.AutocompleteField("name"),
        index.AutocompleteField("code"),
        index.RelatedFields("legal_bases", [index.SearchField("text")]),
        index.FilterField("code"),
        index.FilterField("name"),
        index.FilterField("category_id"),
        index.FilterField("organisation_id"),
        index.FilterField("in_force"),
        index.FilterField("batch_id"),
        *Register.base_search_fields,
    ]
    override_translatable_fields = [
        *(
            TranslatableField(name)
            for name in (
                "name",
                "parent_name",
                "level_text",
                "exercising_body",
                "entrusted_by",
                "statutory_note",
                "promised_note",
                "special_procedures",
                "conditions",
                "audience",
                "fees_note",
                "penalty_acts",
                "penalty_kinds",
                "penalty_range",
                "department_duty",
                "accountability_scope",
                "supervision",
                "contact",
                "remedy",
                "remarks",
                "handling_units",
                "materials",
                "fees",
                "duties",
                "accountabilities",
            )
        ),
        *(
            SynchronizedField(name, overridable=False)
            for name in (
                "code",
                "basic_code",
                "parent_item",
                "category",
                "organisation",
                "body_organisation",
                "body_code",
                "body_nature",
                "power_source",
                "statutory_limit",
                "statutory_unit",
                "promised_limit",
                "promised_unit",
                "case_type",
                "no_fees",
                "in_force",
                "effective_on",
                "ends_on",
                "state_document",
                "successor",
                "legal_bases",
            )
        ),
    ]

    class Meta(Register.Meta):
        verbose_name = _("权责事项")
        verbose_name_plural = _("权责事项")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "locale"], condition=~models.Q(code=""), name="one_item_a_code"
            )
        ]
        indexes = [
            models.Index(fields=["live", "in_force", "code"]),
            models.Index(fields=["locale", "code"]),  # chunks of a file and pages of the API, in this order
            models.Index(fields=["organisation", "category"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address_code(self) -> str:
        return self.code

    def fill_made_fields(self) -> None:
        """An item without a code gets one as soon as its organisation and category are known."""
        from cms.publishing.numbers import made_code

        if not self.code and self.organisation_id and self.category_id:
            self.code, self.made_code = made_code(self.organisation, self.category), True

    def publishing_errors(self) -> list[str]:
        from cms.publishing.rules import power_errors

        return power_errors(self)

    def clean(self) -> None:
        super().clean()
        from cms.publishing.rules import check_limits

        check_limits(self)

    def missing(self) -> list[str]:
        """Labels of what DOMAIN asks and this item does not state: the gaps, "n of m"."""
        from cms.publishing.rules import missing_fields

        return missing_fields(self)


class HandlingUnit(Row):
    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="handling_units")
    name = models.CharField(_("承办机构"), max_length=300)
    post = models.CharField(_("岗位"), max_length=200, blank=True)
    organisation = models.ForeignKey(
        "cms.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("对应的机构"),
    )

    class Meta(Row.Meta):
        verbose_name = _("承办机构")

    def __str__(self) -> str:
        return self.name


class LegalBasis(Row):
    """One basis. The text is verbatim and never changed; what cannot be split stays whole."""

    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="legal_bases")
    text = models.TextField(_("依据原文"))
    rank = models.CharField(_("种类"), max_length=20, choices=LawKind, blank=True)
    kind_text = models.CharField(_("种类（原文）"), max_length=60, blank=True)  # 【法律】 as written
    law_name = models.CharField(_("法律名称"), max_length=300, blank=True)
    article = models.CharField(_("条款"), max_length=200, blank=True)
    document_no = models.CharField(_("文号"), max_length=200, blank=True)
    law_version = models.ForeignKey(
        "cms.LawVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="citations",
        verbose_name=_("对应的法律版本"),
    )

    class Meta(Row.Meta):
        verbose_name = _("设定依据")

    def __str__(self) -> str:
        return self.citation

    @property
    def citation(self) -> str:
        """《law》article, else the text's beginning."""
        if self.law_name:
            return f"《{self.law_name}》{self.article}"
        return self.text[:60]


class Material(Row):
    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="materials")
    name = models.CharField(_("材料名称"), max_length=500)
    needed = models.BooleanField(_("必须提交"), default=True)
    form = models.CharField(
        _("原件或复印件"),
        max_length=10,
        blank=True,
        choices=[("original", _("原件")), ("copy", _("复印件")), ("both", _("原件和复印件"))],
    )
    number = models.PositiveSmallIntegerField(_("份数"), null=True, blank=True)
    origin = models.CharField(_("来源渠道"), max_length=200, blank=True)
    basis = models.TextField(_("要求的依据"), blank=True)
    blank_file = models.ForeignKey(
        "wagtaildocs.Document",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("空白表格"),
    )
    sample_file = models.ForeignKey(
        "wagtaildocs.Document",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("示范文本"),
    )

    class Meta(Row.Meta):
        verbose_name = _("申请材料")

    def __str__(self) -> str:
        return self.name


class Fee(Row):
    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="fees")
    name = models.CharField(_("收费项目"), max_length=300)
    standard = models.CharField(_("收费标准"), max_length=500)
    amount = models.PositiveBigIntegerField(_("金额（分）"), null=True, blank=True)
    basis = models.TextField(_("收费依据"))
    reducible = models.BooleanField(_("可以减免"), default=False)
    reduction_basis = models.TextField(_("减免依据"), blank=True)

    class Meta(Row.Meta):
        verbose_name = _("收费")

    def __str__(self) -> str:
        return self.name


class Duty(Row):
    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="duties")
    stage = models.CharField(_("环节"), max_length=100, blank=True)
    text = models.TextField(_("责任事项"))
    basis = models.TextField(_("责任依据"), blank=True)

    class Meta(Row.Meta):
        verbose_name = _("责任事项")

    def __str__(self) -> str:
        return self.stage or self.text[:40]


class Accountability(Row):
    item = ParentalKey(PowerItem, on_delete=models.CASCADE, related_name="accountabilities")
    text = models.TextField(_("追责情形"))
    basis = models.TextField(_("追责依据"), blank=True)

    class Meta(Row.Meta):
        verbose_name = _("追责情形")

    def __str__(self) -> str:
        return self.text[:40]
