"""What changed between two published versions: by field and child row, then by character."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cms.models import PublishedVersion

# Numbers of rows: what they stand for is shown elsewhere on the page, or not public.
HIDDEN = frozenset(["pk", "id", "translation_key", "locale", "slug", "sort_order", "uuid", "foreign"])
LONGEST = 20_000
"""Characters of a value that are compared one by one; a longer one is shown old, then new."""


@dataclass(frozen=True)
class Change:
    """One field: its name for people, and its text with <ins> and <del>."""

    label: str
    html: SafeString


def differences(before: PublishedVersion | None, version: PublishedVersion) -> list[Change]:
    """The fields that differ, in the model's order; without `before`, every field that says something.

    A version whose content was destroyed gives no fields.
    """
    model = version.content_type.model_class()
    old, new = _fields(model, before), _fields(model, version)
    changes = []
    for name, label in {**new, **old}.items():
        was, now = (side[name][1] if name in side else "" for side in (old, new))
        if was != now:
            changes.append(Change(label[0], marked(was, now) if before else format_html("{}", now)))
    return changes


def marked(was: str, now: str) -> SafeString:
    """`now` with what is new in <ins> and what is gone in <del>, by character, escaped."""
    if len(was) + len(now) > LONGEST:
        return format_html("<del>{}</del> <ins>{}</ins>", was, now)
    return format_html_join("", "{}", ((part,) for part in _parts(was, now)))


def _parts(was: str, now: str) -> Iterator[SafeString]:
    matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield format_html("{}", now[c:d])
            continue
        if b > a:
            yield format_html("<del>{}</del>", was[a:b])
        if d > c:
            yield format_html("<ins>{}</ins>", now[c:d])


def _fields(model: Any, version: PublishedVersion | None) -> dict[str, tuple[str, str]]:
    """Name → (label, text) of what a version says. A child row is known by its place among its like."""
    out: dict[str, tuple[str, str]] = {}
    for name, value in ((version and version.content) or {}).items():
        if name in HIDDEN or value in (None, "", [], False):
            continue
        field = _field(model, name)
        if field is None or (field.is_relation and not field.one_to_many):
            continue
        if isinstance(value, list) and field.one_to_many:
            for n, row in enumerate(value, 1):
                label = f"{field.related_model._meta.verbose_name} {n}"
                out[f"{name}.{n}"] = (label, _row(field.related_model, row))
        else:
            out[name] = (str(getattr(field, "verbose_name", name)), _value(field, value))
    return out


def _row(model: Any, row: dict[str, Any]) -> str:
    parts = []
    for name, value in row.items():
        field = _field(model, name)
        if name in HIDDEN or field is None or field.is_relation or value in (None, "", False):
            continue
        parts.append(f"{field.verbose_name}：{_value(field, value)}")
    return "\n".join(parts)


def _value(field: Any, value: Any) -> str:
    """Choices by their label, the rest as it is."""
    return str(dict(getattr(field, "flatchoices", ())).get(value, value))


def _field(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
