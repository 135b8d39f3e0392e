"""Power items as rows of open data: what every export shares. All through `disclosed()`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cms.data.kinds import with_version
from cms.flow.chart_of import limit_text
from cms.models import PowerItem
from cms.publishing.rules import asked_fields

# Column → header. The header is a fixed name in English, a phrase in Chinese.
COLUMNS = {
    "address": _("永久地址"),
    "version": _("版本"),
    "published_at": _("公布时间"),
    "code": _("编码"),
    "code_made_here": _("本站编码"),
    "basic_code": _("基本编码"),
    "name": _("事项名称"),
    "name_en": _("英文名称"),
    "parent": _("主项名称"),
    "category_code": _("类别代码"),
    "category": _("类别"),
    "in_force": _("效力"),
    "organisation_code": _("机构编码"),
    "organisation": _("清单所属机构"),
    "exercising_body": _("实施主体"),
    "handling_units": _("承办机构"),
    "levels": _("行使层级"),
    "level_text": _("实施层级及权限（原文）"),
    "legal_bases": _("设定依据"),
    "statutory_limit": _("法定办结时限"),
    "promised_limit": _("承诺办结时限"),
    "conditions": _("办理条件"),
    "materials": _("申请材料"),
    "fees": _("收费"),
    "department_duty": _("部门职责"),
    "duties": _("责任事项"),
    "accountability_scope": _("追责对象范围"),
    "accountability": _("追责情形"),
    "supervision": _("监督投诉"),
    "contact": _("咨询方式"),
    "remedy": _("救济渠道"),
    "remarks": _("备注"),
    "fields_missing": _("没有写明的栏数"),
    "fields_asked": _("应当写明的栏数"),
}


def disclosed_items() -> QuerySet[PowerItem]:
    """Disclosed items, one a record, with `version` and `version_at` of what is public now."""
    return with_version(PowerItem.objects.disclosed().source().with_parts()).order_by("code")


def with_everything(rows: QuerySet[PowerItem]) -> QuerySet[PowerItem]:
    """With all child rows, in a bounded number of queries."""
    return rows.prefetch_related(
        "legal_bases", "handling_units", "materials", "fees", "duties", "accountabilities"
    )


# Columns that are not text.
TYPES = {
    "version": "integer",
    "published_at": "datetime",
    "code_made_here": "boolean",
    "fields_missing": "integer",
    "fields_asked": "integer",
}


def record(item: PowerItem, name_en: str | None) -> dict[str, Any]:
    """The whole record as the API gives it."""
    from cms.api import shapes

    return shapes.detail(item, name_en, reverse("api:power_items_one", args=[item.code]))


def brief(item: PowerItem, name_en: str | None) -> dict[str, Any]:
    """As it stands in a list: what `disclosed_items` loads is enough."""
    from cms.api import shapes

    return shapes.summary(item, name_en, reverse("api:power_items_one", args=[item.code]))


def flat(item: PowerItem, name_en: str | None) -> list[Any]:
    """The values of a disclosed item with everything loaded, in the order of COLUMNS."""
    return list(_row(item, name_en or "").values())


def _row(item: PowerItem, name_en: str) -> dict[str, Any]:
    row = {
        "address": settings.SITE_URL + item.get_absolute_url(),
        "version": item.version,
        "published_at": item.version_at.isoformat(timespec="seconds") if item.version_at else "",
        "code": item.code,
        "code_made_here": int(item.made_code),
        "basic_code": item.basic_code,
        "name": item.name,
        "name_en": name_en,
        "parent": item.parent_name,
        "category_code": item.category.code if item.category else "",
        "category": item.category.name if item.category else "",
        "in_force": item.get_in_force_display(),
        "organisation_code": item.organisation.code if item.organisation else "",
        "organisation": item.organisation.name if item.organisation else "",
        "exercising_body": item.exercising_body,
        "handling_units": "；".join(unit.name for unit in item.handling_units.all()),
        "levels": "；".join(level.name for level in item.levels.all()),
        "level_text": item.level_text,
        "legal_bases": "\n".join(basis.text for basis in item.legal_bases.all()),
        "statutory_limit": _limit(item, "statutory"),
        "promised_limit": _limit(item, "promised"),
        "conditions": item.conditions,
        "materials": "；".join(material.name for material in item.materials.all()),
        "fees": "；".join(f"{fee.name} {fee.standard}" for fee in item.fees.all()) or item.fees_note,
        "department_duty": item.department_duty,
        "duties": "\n".join(": ".join(filter(None, [duty.stage, duty.text])) for duty in item.duties.all()),
        "accountability_scope": item.accountability_scope,
        "accountability": "\n".join(row.text for row in item.accountabilities.all()),
        "supervision": item.supervision,
        "contact": item.contact,
        "remedy": item.remedy,
        "remarks": item.remarks,
        "fields_missing": len(item.missing()),
        "fields_asked": asked_fields(item),
    }
    assert list(row) == list(COLUMNS)  # noqa: S101  a column without its header would shift all others
    return row


def _limit(item: PowerItem, stem: str) -> str:
    """“20 个工作日”, or the note, or nothing."""
    return limit_text(*(getattr(item, f"{stem}_{part}") for part in ("limit", "unit", "note")))
