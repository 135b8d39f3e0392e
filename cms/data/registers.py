"""Every register that may be taken away, in the order of the page /data/."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from workdays import clock

from cms.api import register_schemas as shapes
from cms.api import schemas
from cms.data import records, rows
from cms.data.kinds import Column, Filter, Kind, with_version
from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    Category,
    ConsultationPage,
    Flowchart,
    InForce,
    Law,
    LawKind,
    LawVersion,
    Level,
    NoticePage,
    NoticeType,
    Organisation,
    PowerItem,
    RiskPoint,
)

ZH = "zh-hans"


# Rows -------------------------------------------------------------------------------------------------


def _register(model: Any, *related: str) -> QuerySet:
    return with_version(model.objects.disclosed().source()).select_related("locale", *related)


def _pages(model: Any, *related: str) -> QuerySet:
    found = with_version(model.objects.disclosed().in_language(ZH))
    return found.select_related("locale", *related)


def organisations() -> QuerySet:
    related = ("level", "parent__locale", "parent__batch", "successor__locale", "successor__batch")
    return _register(Organisation, *related).prefetch_related("aliases")


def laws() -> QuerySet:
    return _register(Law).prefetch_related("versions")


def laws_briefly() -> QuerySet:
    """Without the texts of their articles."""
    return _register(Law).prefetch_related(Prefetch("versions", LawVersion.objects.defer("text")))


def flowcharts() -> QuerySet:
    parts = ("steps", "transitions", "risk_points")
    return _register(Flowchart, "power_item__locale", "power_item__batch").prefetch_related(*parts)


def risks() -> QuerySet:
    """Risk points of disclosed charts, each with its chart's version."""
    from cms.views.risks import disclosed_risks

    charts = with_version(Flowchart.objects.disclosed().source()).filter(pk=OuterRef("flowchart"))
    return (
        disclosed_risks()
        .select_related("flowchart__locale")
        .annotate(
            version=Subquery(charts.values("version")[:1]),
            version_at=Subquery(charts.values("version_at")[:1]),
        )
    )


def benchmarks() -> QuerySet:
    return _register(Benchmark, "power_item__locale", "power_item__batch").prefetch_related("tiers")


def cases() -> QuerySet:
    found = _pages(CaseOutcomePage, "organisation__locale", "organisation__batch")
    return found.prefetch_related("provisions", "results", "power_items__locale", "power_items__batch")


def articles() -> QuerySet:
    return _pages(ArticlePage).exclude(article_kind=ArticlePage.Kind.PAGE)


def notices() -> QuerySet:
    related = ("notice_type", "organisation__locale", "organisation__batch")
    return _pages(NoticePage, *related).prefetch_related("attachments__file")


def consultations() -> QuerySet:
    related = ("organisation__locale", "organisation__batch")
    return _pages(ConsultationPage, *related).prefetch_related("paragraphs", "answers")


def power_items() -> QuerySet:
    return rows.with_everything(rows.disclosed_items())


# Filters: each gives None for a value that names nothing, so that an empty list is an answer -------------


def _choice(field: str, values: Any) -> Any:
    def apply(found: QuerySet, value: str) -> QuerySet | None:
        return found.filter(**{field: value}) if value in values else None

    return apply


def _table(field: str, model: Any) -> Any:
    def apply(found: QuerySet, value: str) -> QuerySet | None:
        row = model.objects.filter(code=value).first()
        return found.filter(**{field: row}) if row else None

    return apply


def _in_force(found: QuerySet, value: str) -> QuerySet | None:
    if value == "all":
        return found
    return found.filter(in_force=value) if value in InForce.values else None


def _organisation(field: str) -> Any:
    """Those of an organisation and of all below it."""

    def apply(found: QuerySet, value: str) -> QuerySet | None:
        if not Organisation.objects.disclosed().source().filter(code=value).exists():
            return None
        codes = Organisation.objects.with_descendants([value])
        return found.filter(**{f"{field}__in": codes})

    return apply


def _parent(found: QuerySet, value: str) -> QuerySet | None:
    row = Organisation.objects.disclosed().source().filter(code=value).first()
    return found.filter(parent=row) if row else None


def _item(found: QuerySet, value: str) -> QuerySet | None:
    row = PowerItem.objects.disclosed().source().filter(code=value).first()
    return found.filter(power_item=row) if row else None


def _flowchart(found: QuerySet, value: str) -> QuerySet | None:
    row = Flowchart.objects.disclosed().source().filter(slug=value).first()
    return found.filter(flowchart=row) if row else None


def _year(field: str) -> Any:
    def apply(found: QuerySet, value: str) -> QuerySet | None:
        if not (value.isascii() and value.isdigit() and len(value) == 4 and value > "1899"):
            return None
        return found.filter(**{f"{field}__year": int(value)})

    return apply


def _consultation_state(found: QuerySet, value: str) -> QuerySet | None:
    today = clock.today()
    if value == "coming":
        return found.filter(opens_on__gt=today)
    if value == "open":
        return found.filter(opens_on__lte=today, closes_on__gte=today)
    answered = Q(summary_on__lte=today) & ~Q(summary="")
    closed = found.filter(opens_on__lte=today, closes_on__lt=today)
    if value == "answered":
        return closed.filter(answered)
    # A summary without a day is not out: NULL must not drop out of the exclusion.
    return closed.exclude(answered, summary_on__isnull=False) if value == "closed" else None


ORGANISATION = "Code of an organisation; includes those below it."
CODE = "A code of the register."

# Columns ----------------------------------------------------------------------------------------------


def _named(name: str) -> Any:
    """The Chinese name of {code, zh, en}, {zh, en} or a reference."""

    def of(record: dict[str, Any]) -> Any:
        value = record[name]
        if not value:
            return None
        named = value.get("name", value)
        return named if isinstance(named, str) else named.get("zh")

    return of


def _english(name: str) -> Any:
    return lambda record: (record[name] or {}).get("en")


def _code(name: str) -> Any:
    return lambda record: (record[name] or {}).get("code")


def _joined(name: str, *parts: str) -> Any:
    """A line for each child row."""

    def of(record: dict[str, Any]) -> list[str]:
        return [" ".join(str(part) for part in map(row.get, parts) if part) for row in record[name]]

    return of


FIRST = (
    Column("address", _("永久地址"), of=lambda record: record["id"]),
    Column("version", _("版本"), "integer"),
    Column("published_at", _("公布时间"), "datetime"),
)
TITLE = (
    Column("title", _("标题"), of=_named("title")),
    Column("title_en", _("英文标题"), of=_english("title")),
)
ITEM = (
    Column("power_item_code", _("权责事项编码"), of=_code("power_item")),
    Column("power_item", _("权责事项"), of=_named("power_item")),
)
BODY = (
    Column("organisation_code", _("机构编码"), of=_code("organisation")),
    Column("organisation", _("机构"), of=_named("organisation")),
)


def _amount(name: str, key: str) -> Any:
    return lambda record: record[name][key]


def _tier(tier: dict[str, Any]) -> str:
    low, high = tier["amount"]["minimum"], tier["amount"]["maximum"]
    money = f"{low if low is not None else ''}–{high if high is not None else ''}" if low or high else ""
    return " | ".join(filter(None, [tier["name"], tier["conditions"], tier["standard"], money]))


REGISTERS: tuple[Kind, ...] = (
    Kind(
        "power-items", _("权责事项"), _("部门依法可以做、必须做的事，每项有依据、时限、责任和救济。"),
        PowerItem, "code", "power", "name", power_items,
        rows.record, schemas.PowerItemDetail, schemas.PowerItemSummary,
        tuple(
            Column(name, label, rows.TYPES.get(name, "text")) for name, label in rows.COLUMNS.items()
        ),
        order="code", flat=rows.flat, brief_rows=rows.disclosed_items, brief=rows.brief,
        filters=(
            Filter("category", _table("category", Category), CODE),
            Filter("organisation", _organisation("organisation__code"), ORGANISATION),
            Filter("level", _table("levels", Level), CODE),
            Filter("in_force", _in_force, "current (default), all, or one state.", 20),
        ),
    ),
    Kind(
        "organisations", _("机构"), _("谁有权责清单，上下级是谁，怎样联系。"),
        Organisation, "code", "organisations", "name", organisations, records.organisation,
        shapes.OrganisationDetail, shapes.OrganisationSummary,
        (
            *FIRST,
            Column("code", _("机构编码")),
            Column("name", _("名称"), of=_named("name")),
            Column("name_en", _("英文名称"), of=_english("name")),
            Column("short_name", _("简称")),
            Column("aliases", _("别名、曾用名")),
            Column("parent_code", _("上级机构编码"), of=_code("parent")),
            Column("level_code", _("层级代码"), of=_code("level")),
            Column("level", _("层级"), of=_named("level")),
            Column("region", _("地区")),
            Column("description", _("职能")),
            Column("contact", _("地址和咨询电话")),
            Column("supervision_phone", _("监督电话")),
            Column("valid_from", _("设立日期"), "date"),
            Column("valid_until", _("撤销日期"), "date"),
            Column("successor_code", _("承接机构编码"), of=_code("successor")),
        ),
        filters=(
            Filter("parent", _parent, "Code of the organisation above."),
            Filter("level", _table("level", Level), CODE),
        ),
    ),
    Kind(
        "laws", _("法律法规"), _("权责事项引用的法律法规和规范性文件，分版本。"),
        Law, "slug", "laws", "name", laws, records.law, shapes.LawDetail, shapes.LawSummary,
        (
            *FIRST,
            Column("slug", _("地址中的名称")),
            Column("name", _("名称"), of=_named("name")),
            Column("name_en", _("英文名称"), of=_english("name")),
            Column("rank_code", _("效力位阶代码"), of=_code("rank")),
            Column("rank", _("效力位阶"), of=_named("rank")),
            Column("issuer", _("制定机关")),
            Column("short_names", _("简称")),
            Column("repealed", _("已废止"), "boolean"),
            Column(
                "versions", _("历次版本"),
                of=_joined("versions", "document_no", "effective_on", "repealed_on", "note"),
            ),
        ),
        brief_rows=laws_briefly, brief=records.law_briefly,
        filters=(Filter("rank", _choice("rank", LawKind.values), "law, administrative, local …"),),
    ),
    Kind(
        "flowcharts", _("运行流程图"), _("事项怎样一步一步办，每步由谁办、多久。"),
        Flowchart, "slug", "flow", "title", flowcharts, records.flowchart,
        shapes.FlowchartDetail, shapes.FlowchartSummary,
        (
            *FIRST, Column("slug", _("地址中的名称")), *TITLE, *ITEM,
            Column("description", _("文字说明")),
            Column("steps_count", _("环节数"), "integer"),
            Column("steps", _("环节"), of=_joined("steps", "key", "name", "post")),
            Column("transitions", _("流转"), of=_joined("transitions", "from_key", "to_key", "condition")),
            Column("risk_points", _("廉政风险点"), of=_joined("risk_points", "step_key", "description")),
            Column("bpmn", _("BPMN 文件")),
        ),
        filters=(Filter("power_item", _item, "Code of a power item."),),
    ),
    Kind(
        "risk-points", _("廉政风险点"), _("流程图上容易出问题的环节，和防住它的办法。"),
        RiskPoint, "", "risks", "", risks, records.risk, shapes.RiskDetail, shapes.RiskDetail,
        (
            *FIRST,
            Column("flowchart", _("流程图")),
            Column("step_key", _("环节标识")),
            Column("step", _("环节")),
            Column("post", _("岗位")),
            Column("organisation_code", _("机构编码"), of=lambda record: record["organisation"]),
            Column("description", _("风险表现")),
            Column("level", _("风险等级")),
            Column("measures", _("防控措施")),
            Column("owner", _("责任人")),
            Column("likelihood", _("发生概率（1 至 5）"), "integer"),
            Column("severity", _("危害程度（1 至 5）"), "integer"),
            Column("reviewed_on", _("最近复查"), "date"),
            Column("next_review", _("下次复查"), "date"),
        ),
        filters=(
            Filter("flowchart", _flowchart, "Slug of a flowchart."),
            Filter("organisation", _organisation("org_code"), ORGANISATION),
        ),
    ),
    Kind(
        "benchmarks", _("裁量基准"), _("同一种违法行为，不同情形各罚多少。"),
        Benchmark, "slug", "benchmarks", "title", benchmarks, records.benchmark,
        shapes.BenchmarkDetail, shapes.BenchmarkSummary,
        (
            *FIRST, Column("slug", _("地址中的名称")), *TITLE, *ITEM,
            Column("act", _("违法行为")),
            Column("legal_basis", _("认定依据")),
            Column("penalty_basis", _("处罚依据")),
            Column("penalty_kinds", _("处罚种类")),
            Column("statutory_text", _("法定幅度（原文）")),
            Column("minimum", _("下限（分）"), "integer", _amount("statutory", "minimum")),
            Column("maximum", _("上限（分）"), "integer", _amount("statutory", "maximum")),
            Column("multiple_min", _("倍数下限"), "number", _amount("statutory", "multiple_min")),
            Column("multiple_max", _("倍数上限"), "number", _amount("statutory", "multiple_max")),
            Column("base", _("基数或单位"), of=_amount("statutory", "base")),
            Column("tiers", _("阶次"), of=lambda record: [_tier(tier) for tier in record["tiers"]]),
            Column("issuing_body", _("制定机关")),
            Column("document_no", _("文号")),
            Column("effective_on", _("施行日期"), "date"),
            Column("expires_on", _("有效期至"), "date"),
            Column("notes", _("适用说明")),
        ),
        filters=(Filter("power_item", _item, "Code of a power item."),),
    ),
    Kind(
        "cases", _("案例"), _("违纪违法案件的处理结果。"),
        CaseOutcomePage, "number", "cases", "title", cases, records.case,
        shapes.CaseDetail, shapes.CaseSummary,
        (
            *FIRST, Column("number", _("案号")), *TITLE,
            Column("kind_code", _("类型代码"), of=_code("kind")),
            Column("kind", _("类型"), of=_named("kind")),
            Column("lede", _("一句话概括")),
            Column("display_name", _("当事人（公开的写法）")),
            Column("unit", _("单位")),
            Column("post", _("职务（公开的写法）")),
            *BODY,
            Column("facts", _("查明的事实")),
            Column("provisions", _("适用的规定")),
            Column("results", _("处理决定"), of=_joined("results", "label", "text")),
            Column("lesson", _("教训与整改")),
            Column("power_items", _("相关权责事项编码"), of=_joined("power_items", "code")),
            Column("deciding_body", _("决定机关")),
            Column("decided_on", _("决定日期"), "date"),
            Column("publish_due", _("公开期限"), "date"),
            Column("source_number", _("来源文号")),
        ),
        filters=(
            Filter("kind", _choice("case_kind", CaseOutcomePage.Kind.values), "typical, circular, penalty."),
            Filter("organisation", _organisation("organisation__code"), ORGANISATION),
            Filter("year", _year("decided_on"), "Year of the decision.", 4),
        ),
    ),
    Kind(
        "articles", _("资料库"), _("制度规定、廉洁教育、工作动态。"),
        ArticlePage, "slug", "library", "title", articles, records.article,
        shapes.ArticleDetail, shapes.ArticleSummary,
        (
            *FIRST, Column("slug", _("地址中的名称")), *TITLE,
            Column("kind_code", _("类型代码"), of=_code("kind")),
            Column("kind", _("类型"), of=_named("kind")),
            Column("date", _("日期"), "date"),
            Column("lede", _("导语")),
            Column("document_no", _("文号")),
            Column("issuer", _("制发机关")),
            Column("effective_on", _("施行日期"), "date"),
            Column("text", _("正文")),
        ),
        filters=(
            Filter("kind", _choice("article_kind", ("rule", "education", "news")), "rule, education, news."),
            Filter("year", _year("date"), "Year.", 4),
        ),
    ),
    Kind(
        "notices", _("公告"), _("通知公告和党务、政务、厂务、村务公开的事项。"),
        NoticePage, "slug", "notices", "title", notices, records.notice,
        shapes.NoticeDetail, shapes.NoticeSummary,
        (
            *FIRST, Column("slug", _("地址中的名称")), *TITLE,
            Column("date", _("日期"), "date"),
            Column("type_code", _("公开事项类型代码"), of=_code("type")),
            Column("type", _("公开事项类型"), of=_named("type")),
            Column("sphere", _("领域"), of=_named("sphere")),
            *BODY,
            Column("period", _("所属期间")),
            Column("document_no", _("文号")),
            Column("issuer", _("发布机关")),
            Column("lede", _("导语")),
            Column("text", _("正文")),
            Column("attachments", _("附件"), of=_joined("attachments", "name", "url")),
        ),
        filters=(
            Filter("type", _table("notice_type", NoticeType), CODE),
            Filter("organisation", _organisation("organisation__code"), ORGANISATION),
            Filter("year", _year("date"), "Year.", 4),
        ),
    ),
    Kind(
        "consultations", _("征求意见"), _("公开征求意见的草案，和意见的汇总、答复。"),
        ConsultationPage, "slug", "consultations", "title", consultations, records.consultation,
        shapes.ConsultationDetail, shapes.ConsultationSummary,
        (
            *FIRST, Column("slug", _("地址中的名称")), *TITLE, *BODY,
            Column("state", _("状态"), of=_named("state")),
            Column("opens_on", _("开始日期"), "date"),
            Column("closes_on", _("截止日期（含当天）"), "date"),
            Column("summary_on", _("汇总日期"), "date"),
            Column("lede", _("导语")),
            Column("text", _("背景说明")),
            Column("paragraphs", _("条文"), of=_joined("paragraphs", "number", "text")),
            Column("summary", _("意见汇总")),
            Column("answers", _("意见和答复"), of=_joined("answers", "opinion", "answer")),
        ),
        filters=(
            Filter("state", _consultation_state, "coming, open, closed, answered.", 10),
            Filter("organisation", _organisation("organisation__code"), ORGANISATION),
        ),
    ),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in REGISTERS}
BY_MODEL = {kind.model: kind for kind in REGISTERS}
