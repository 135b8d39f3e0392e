"""How a row of each register reads as open data: nested, as in the API and in JSON Lines.

Only public text; another record is named only where it may be seen itself.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags

from cms.api.shapes import enumeration, table_row
from cms.api.shapes import organisation as organisation_ref
from cms.models import Organisation, PowerItem
from cms.models.flowcharts import StepKind
from cms.publishing.visibility import is_shown

Record = dict[str, Any]


def base(obj: Any, kind: str, key: str) -> Record:
    """Address, API address, version and date of a row with `version` and `version_at`."""
    return {
        "id": settings.SITE_URL + obj.get_absolute_url(),
        "api": settings.SITE_URL + reverse(f"api:{kind}_one", args=[key]),
        "version": obj.version or 1,
        "published_at": obj.version_at or obj.last_published_at,
    }


def stated(obj: Any, *names: str) -> Record:
    """Fields as they are; an empty one is None: not stated."""
    return {name: getattr(obj, name) or None for name in names}


def choice(obj: Any, name: str) -> Record | None:
    """A field with choices as {code, zh, en}."""
    value = getattr(obj, name)
    return enumeration(value, _choices(obj, name).get(value, value)) if value else None


def _choices(obj: Any, name: str) -> dict[str, Any]:
    return dict(obj._meta.get_field(name).choices)


def public_organisation(row: Organisation | None) -> Record | None:
    """An organisation where it is disclosed itself."""
    return organisation_ref(row) if row is not None and is_shown(row) else None


def item_ref(item: PowerItem | None) -> Record | None:
    if item is None or not is_shown(item):
        return None
    return {"id": settings.SITE_URL + item.get_absolute_url(), "code": item.code, "name": item.name}


def organisation(row: Organisation, english: str | None) -> Record:
    return {
        **base(row, "organisations", row.code),
        "code": row.code,
        "name": {"zh": row.name, "en": row.name_en or english},
        "parent": public_organisation(row.parent),
        "level": table_row(row.level) if row.level else None,
        "successor": public_organisation(row.successor),
        "aliases": [alias.name for alias in row.aliases.all()],
        **stated(
            row, "short_name", "region", "valid_from", "valid_until", "description", "contact",
            "supervision_phone",
        ),
    }  # fmt: skip


def law(row: Any, english: str | None) -> Record:
    parts = ("document_no", "adopted_on", "effective_on", "repealed_on", "note", "text")
    versions = [stated(version, *parts) for version in row.versions.all()]
    return law_briefly(row, english) | {"versions": versions}


def law_briefly(row: Any, english: str | None) -> Record:
    return {
        **base(row, "laws", row.slug),
        "slug": row.slug,
        "name": {"zh": row.name, "en": english},
        "rank": choice(row, "rank"),
        "issuer": row.issuer or None,
        "short_names": row.names[1:],
        "repealed": row.repealed,
    }


def flowchart(row: Any, english: str | None) -> Record:
    steps = list(row.steps.all())
    return {
        **base(row, "flowcharts", row.slug),
        "slug": row.slug,
        "title": {"zh": row.title, "en": english},
        "power_item": item_ref(row.power_item),
        "steps_count": len(steps),
        "bpmn": settings.SITE_URL + reverse("cms:flow_bpmn", args=[row.slug]),
        "description": row.description or None,
        "steps": [_step(step) for step in steps],
        "transitions": [
            {
                "from_key": way.from_key,
                "to_key": way.to_key,
                "condition": way.condition or None,
                "is_return": way.is_return,
            }
            for way in row.transitions.all()
        ],
        "risk_points": [_risk(risk) for risk in row.risk_points.all()],
    }


def _step(step: Any) -> Record:
    limit = None if step.limit is None else {"value": step.limit, "unit": step.limit_unit or "day"}
    return {
        "key": step.key,
        "name": step.name,
        "kind": enumeration(step.kind, StepKind(step.kind).label),
        "limit": limit,
        **stated(step, "post", "unit", "limit_note", "standard", "inputs", "outputs"),
    }


def _risk(risk: Any) -> Record:
    return {
        "step_key": risk.step_key,
        "description": risk.description,
        "measures": risk.measure_list,
        **stated(risk, "level", "owner", "likelihood", "severity", "reviewed_on", "next_review"),
    }


def risk(row: Any, english: str | None) -> Record:
    return {
        "id": f"{settings.SITE_URL}{row.flowchart.get_absolute_url()}#{row.step_key}",
        "version": row.version or 1,
        "published_at": row.version_at or row.flowchart.last_published_at,
        "flowchart": settings.SITE_URL + row.flowchart.get_absolute_url(),
        "step": row.step_name or None,
        "post": row.post or None,
        "organisation": row.org_code or None,
        **_risk(row),
    }


def amount(row: Any) -> Record:
    return {
        "kind": choice(row, "amount_kind"),
        "minimum": row.minimum,
        "maximum": row.maximum,
        "multiple_min": _decimal(row.multiple_min),
        "multiple_max": _decimal(row.multiple_max),
        "base": row.base or None,
        "per": row.per or None,
        "min_inclusive": row.min_inclusive,
        "max_inclusive": row.max_inclusive,
    }


def _decimal(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def benchmark(row: Any, english: str | None) -> Record:
    return {
        **base(row, "benchmarks", row.slug),
        "slug": row.slug,
        "title": {"zh": row.title, "en": english},
        "power_item": item_ref(row.power_item),
        "act": row.act,
        "statutory": amount(row),
        **stated(
            row, "issuing_body", "document_no", "effective_on", "expires_on", "legal_basis", "penalty_basis",
            "penalty_kinds", "statutory_text", "notes",
        ),
        "tiers": [
            {
                "name": tier.name,
                "degree": choice(tier, "degree"),
                "conditions": tier.conditions,
                "amount": amount(tier),
                "alone": tier.alone,
                **stated(tier, "group", "standard", "accessory", "accessory_when"),
            }
            for tier in row.tiers.all()
        ],
    }  # fmt: skip


def case(row: Any, english: str | None) -> Record:
    items = [item_ref(item) for item in row.power_items.all()]
    return {
        **base(row, "cases", row.number),
        "number": row.number,
        "title": {"zh": row.title, "en": english},
        "kind": choice(row, "case_kind"),
        "organisation": public_organisation(row.organisation),
        "facts": row.facts,
        "provisions": [provision.text for provision in row.provisions.all()],
        "results": [{"label": result.label, "text": result.text} for result in row.results.all()],
        "power_items": [item for item in items if item],
        **stated(
            row, "lede", "display_name", "unit", "post", "deciding_body", "decided_on", "publish_due",
            "lesson", "source_number",
        ),
    }  # fmt: skip


def article(row: Any, english: str | None) -> Record:
    return {
        **base(row, "articles", row.slug),
        "slug": row.slug,
        "title": {"zh": row.title, "en": english},
        "kind": choice(row, "article_kind"),
        "date": row.date,
        "text": plain(row.body),
        **stated(row, "lede", "document_no", "issuer", "effective_on"),
    }


def notice(row: Any, english: str | None) -> Record:
    return {
        **base(row, "notices", row.slug),
        "slug": row.slug,
        "title": {"zh": row.title, "en": english},
        "date": row.date,
        "type": table_row(row.notice_type) if row.notice_type else None,
        "sphere": choice(row.notice_type, "sphere") if row.notice_type else None,
        "organisation": public_organisation(row.organisation),
        "text": plain(row.body),
        "attachments": [
            {"name": str(paper), "url": settings.SITE_URL + paper.file.url} for paper in row.attachments.all()
        ],
        **stated(row, "period", "document_no", "issuer", "lede"),
    }


def consultation(row: Any, english: str | None) -> Record:
    from cms.models import ConsultationAnswer
    from cms.views.consultations import STATES, numbered

    answered = row.answered
    return {
        **base(row, "consultations", row.slug),
        "slug": row.slug,
        "title": {"zh": row.title, "en": english},
        "organisation": public_organisation(row.organisation),
        "state": enumeration(row.state, STATES[row.state]),
        "opens_on": row.opens_on,
        "closes_on": row.closes_on,
        "summary_on": row.summary_on if answered else None,
        "lede": row.lede or None,
        "text": plain(row.body),
        "paragraphs": [{"number": number, "text": one.text} for number, one in numbered(row)],
        "summary": (strip_tags(row.summary).strip() or None) if answered else None,
        "answers": [
            {
                "opinion": one.opinion,
                "number": one.number,
                "verdict": enumeration(one.verdict, ConsultationAnswer.Verdict(one.verdict).label),
                "answer": one.answer,
            }
            for one in (row.answers.all() if answered else ())
        ],
    }


def plain(body: Any) -> str:
    """The words of a body of blocks: text, captions, transcripts, tables."""
    return "\n".join(text for block in body for text in _words(block.value) if text)


def _words(value: Any) -> list[str]:
    if hasattr(value, "source"):  # rich text
        return [strip_tags(value.source.replace("</p>", "</p>\n").replace("</li>", "</li>\n")).strip()]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _words(part)]
    return [value.strip()] if isinstance(value, str) else []
