"""The fields that a column of a workbook can mean, for the form that corrects them."""

from __future__ import annotations

from typing import Any

from django import template

from cms.importing.review import CHOICES
from cms.importing.sentences import FIELD_LABELS, TIER_LABELS

register = template.Library()


@register.simple_tag
def import_fields(kind: str = "power") -> list[tuple[str, Any]]:
    """(key, name) of each field of this kind of import."""
    labels = TIER_LABELS if kind == "benchmark" else FIELD_LABELS
    return [(key, name) for key, name in labels.items() if key in CHOICES[kind]]
