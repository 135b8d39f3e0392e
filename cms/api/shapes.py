"""Records → the shapes of the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import override

from cms.models import Organisation, PowerItem
from cms.models.laws import LawKind
from cms.models.power import InForce


def enumeration(code: str, label: Any) -> dict[str, str]:
    """A choice's code with its name in both languages."""
    names = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            names[key] = str(label)
    return {"code": code, **names}


def table_row(row: Any) -> dict[str, str]:
    """A category or level."""
    return {"code": row.code, "zh": row.name, "en": row.name_en or row.name}


def organisation(row: Organisation) -> dict[str, Any]:
    return {
        "id": settings.SITE_URL + row.get_absolute_url(),
        "code": row.code,
        "name": {"zh": row.name, "en": row.name_en or None},
    }


def limit(item: PowerItem, stem: str) -> dict[str, Any] | None:
    value = getattr(item, f"{stem}_limit")
    return None if value is None else {"value": value, "unit": getattr(item, f"{stem}_unit")}


def summary(item: PowerItem, name_en: str | None, api_url: str) -> dict[str, Any]:
    """An item of `data.rows.disclosed_items()`, with parts loaded."""
    return {
        "id": settings.SITE_URL + item.get_absolute_url(),
        "api": settings.SITE_URL + api_url,
        "code": item.code,
        "code_made_here": item.made_code,
        "basic_code": item.basic_code or None,
        "version": item.version or 1,
        "published_at": item.version_at or item.last_published_at,
        "in_force": enumeration(item.in_force, InForce(item.in_force).label),
        "name": {"zh": item.name, "en": name_en},
        "parent": item.parent_name or None,
        "category": table_row(item.category),
        "organisation": organisation(item.organisation),
        "levels": [table_row(level) for level in item.levels.all()],
        "statutory_limit": limit(item, "statutory"),
        "promised_limit": limit(item, "promised"),
    }


def detail(item: PowerItem, name_en: str | None, api_url: str) -> dict[str, Any]:
    """The whole record of an item with everything loaded."""
    plain = ("exercising_body", "level_text", "conditions", "audience", "fees_note", "department_duty",
             "accountability_scope", "supervision", "contact", "remedy", "remarks")  # fmt: skip
    return {
        **summary(item, name_en, api_url),
        **{name: getattr(item, name) or None for name in plain},
        "source_of_power": item.power_source or None,
        "handling_units": [unit.name for unit in item.handling_units.all()],
        "legal_bases": [
            {
                "text": basis.text,
                "rank": enumeration(basis.rank, LawKind(basis.rank).label) if basis.rank else None,
                "law": basis.law_name or None,
                "article": basis.article or None,
                "document_no": basis.document_no or None,
            }
            for basis in item.legal_bases.all()
        ],
        "materials": [
            {"name": m.name, "needed": m.needed, "form": m.form or None, "number": m.number}
            for m in item.materials.all()
        ],
        "no_fees": item.no_fees,
        "fees": [
            {
                "name": f.name,
                "standard": f.standard,
                "amount": f.amount,
                "basis": f.basis,
                "reducible": f.reducible,
            }
            for f in item.fees.all()
        ],
        "duties": [
            {"stage": d.stage or None, "text": d.text, "basis": d.basis or None} for d in item.duties.all()
        ],
        "accountability": [{"text": a.text, "basis": a.basis or None} for a in item.accountabilities.all()],
        "effective_on": item.effective_on,
        "ends_on": item.ends_on,
    }
