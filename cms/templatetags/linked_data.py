"""schema.org descriptions as data blocks: read by search engines, run by nobody (so CSP lets them be)."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from cms.data.catalogue import LICENCE

register = template.Library()
# Characters that could end the element, or that HTML reads otherwise than JSON.
ESCAPES = str.maketrans({c: f"\\u{ord(c):04X}" for c in "<>&\u2028\u2029"})


@register.simple_tag
def linked_data(kind: str, obj: Any = None) -> SafeString:
    """`<script type="application/ld+json">` about the catalogue, or about a record that is shown."""
    described = {"@context": "https://schema.org", **MAKERS[kind](obj)}
    text = json.dumps({k: v for k, v in described.items() if v not in (None, "")}, ensure_ascii=False)
    return mark_safe(f'<script type="application/ld+json">{text.translate(ESCAPES)}</script>')  # noqa: S308


def _common(obj: Any, name: str) -> dict[str, Any]:
    language = obj.locale.language_code
    return {
        "@id": settings.SITE_URL + obj.get_absolute_url(),
        "url": settings.SITE_URL + obj.get_absolute_url(),
        "name": name,
        "inLanguage": "en" if language == "en" else "zh-Hans",
    }


def _body(name: str, url: str = "") -> dict[str, Any]:
    return {"@type": "GovernmentOrganization", "name": name, **({"url": url} if url else {})}


def _publisher() -> dict[str, Any]:
    house = settings.QINGFENG
    return _body(house["place_en"] if get_language() == "en" else house["place"], settings.SITE_URL + "/")


def _catalogue(_none: Any) -> dict[str, Any]:
    from cms.data.registers import REGISTERS

    home = settings.SITE_URL + reverse("cms:data")
    return {
        "@type": "DataCatalog",
        "@id": home,
        "url": home,
        "name": "清风 Qingfeng",
        "license": LICENCE,
        "publisher": _publisher(),
        "dataset": [
            {
                "@type": "Dataset",
                "name": str(kind.label),
                "description": str(kind.description),
                "license": LICENCE,
                "isAccessibleForFree": True,
                "distribution": [
                    {
                        "@type": "DataDownload",
                        "encodingFormat": suffix.upper(),
                        "contentUrl": settings.SITE_URL + reverse(f"cms:data_{suffix}", args=[kind.name]),
                    }
                    for suffix in ("csv", "jsonl", "xlsx")
                ],
            }
            for kind in REGISTERS
        ],
    }


def _power(item: Any) -> dict[str, Any]:
    owner = item.organisation
    return {
        "@type": "GovernmentService",
        **_common(item, item.name),
        "identifier": item.code,
        "serviceType": item.category.label if item.category else None,
        "provider": _body(owner.name, settings.SITE_URL + owner.get_absolute_url()) if owner else None,
        "audience": {"@type": "Audience", "name": item.audience} if item.audience else None,
        "termsOfService": item.conditions,
    }


def _organisation(row: Any) -> dict[str, Any]:
    return {
        "@type": "GovernmentOrganization",
        **{k: v for k, v in _common(row, row.label).items() if k != "inLanguage"},
        "identifier": row.code,
        "alternateName": row.short_name,
        "telephone": row.supervision_phone,
        "description": row.description,
    }


def _law(row: Any) -> dict[str, Any]:
    current = row.current
    return {
        "@type": "Legislation",
        **_common(row, row.name),
        "legislationType": str(row.get_rank_display()),
        "legislationIdentifier": current.document_no if current else None,
        "legislationPassedBy": _body(row.issuer) if row.issuer else None,
        "legislationDate": current.adopted_on.isoformat() if current and current.adopted_on else None,
        "legislationLegalForce": f"https://schema.org/{'NotInForce' if row.repealed else 'InForce'}",
    }


def _work(row: Any) -> dict[str, Any]:
    """A flowchart or benchmark."""
    return {
        "@type": "CreativeWork",
        **_common(row, row.title),
        "isPartOf": settings.SITE_URL + reverse("cms:data"),
        "publisher": _publisher(),
        "license": LICENCE,
    }


def _page(page: Any) -> dict[str, Any]:
    dated = getattr(page, "date", None) or getattr(page, "decided_on", None)
    return {
        "@type": "Article",
        **_common(page, page.title),
        "headline": page.title[:110],
        "description": strip_tags(getattr(page, "lede", "") or ""),
        "dateCreated": dated.isoformat() if dated else None,
        "datePublished": page.first_published_at.isoformat() if page.first_published_at else None,
        "dateModified": page.last_published_at.isoformat() if page.last_published_at else None,
        "publisher": _publisher(),
    }


MAKERS = {
    "catalogue": _catalogue,
    "power": _power,
    "organisation": _organisation,
    "law": _law,
    "work": _work,
    "page": _page,
}
