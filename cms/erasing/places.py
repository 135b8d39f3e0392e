"""Where a text stands in the tables of publishing, and the same value without it.

Every text column of every table is asked, so that a new one is not forgotten. What is not asked is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

APPS = ("cms", "wagtailcore", "wagtail_localize", "wagtailadmin", "wagtailimages", "wagtaildocs",
        "wagtailredirects", "search", "taggit")  # fmt: skip
KINDS = ("CharField", "TextField", "JSONField")
# Made from rows that are asked (ReferenceIndex), or paths and keys, which are never made of a text.
NOT_ASKED = frozenset({"ReferenceIndex"})
KEYS = frozenset(
    [
        "path",
        "url_path",
        "moved_to",
        "object_id",
        "translation_key",
        "content_path",
        "contentpath",
        "model_path",
        "field_path",
        "slug",
        "locale",
        "language",
        "language_code",
        "action",
        "status",
        "state",
        "kind",
        "key",
        "code",
        "sha256",
        "file",
        "file_hash",
        "password",
        "filter_spec",
        "focal_point_key",
        "address",
        "number",
    ]
)


@dataclass(frozen=True)
class Place:
    """One row that holds the text, and in which columns."""

    model: type[models.Model]
    pk: Any
    fields: tuple[str, ...]


def columns(model: type[models.Model]) -> list[models.Field]:
    """The columns of one table that can hold words."""
    fields = model._meta.local_concrete_fields
    return [f for f in fields if f.get_internal_type() in KINDS and f.name not in KEYS and not f.choices]


def tables() -> Iterator[type[models.Model]]:
    """All tables that are asked."""
    for label in APPS:
        if apps.is_installed(label) or label in apps.app_configs:
            for model in apps.get_app_config(label).get_models(include_auto_created=False):
                if not model._meta.proxy and model.__name__ not in NOT_ASKED and columns(model):
                    yield model


def forms(text: str) -> tuple[str, ...]:
    """The text as it may stand in a column: plain, within JSON, and within JSON that stands within JSON."""
    once = json.dumps(text)[1:-1]
    return tuple(dict.fromkeys([text, once, json.dumps(once)[1:-1]]))


def places(texts: Iterable[str]) -> Iterator[Place]:
    """Every row that holds one of the texts."""
    wanted = [form for text in texts for form in forms(text)]
    for model in tables():
        names = [field.name for field in columns(model)]
        rows = model._base_manager.all()
        question = models.Q()
        for name in names:
            rows = rows.annotate(**{f"said_{name}": Cast(name, models.TextField())})
            for form in wanted:
                question |= models.Q(**{f"said_{name}__contains": form})
        said = [f"said_{name}" for name in names]
        for pk, *values in rows.filter(question).order_by("pk").values_list("pk", *said):
            held = tuple(
                name
                for name, value in zip(names, values, strict=True)
                if value and any(form in value for form in wanted)
            )
            yield Place(model, pk, held)


def without(value: Any, texts: Iterable[str], instead: str) -> Any:
    """The value with `instead` where one of the texts stood; lists and dicts through and through."""
    if isinstance(value, str):
        for text in texts:
            for form, other in zip(all_forms(text), all_forms(instead), strict=True):
                value = value.replace(form, other)
        return value
    if isinstance(value, list):
        return [without(each, texts, instead) for each in value]
    if isinstance(value, dict):
        return {without(k, texts, instead): without(v, texts, instead) for k, v in value.items()}
    return value


def all_forms(text: str) -> tuple[str, str, str]:
    """As `forms`, in the same order for every text."""
    once = json.dumps(text)[1:-1]
    return text, once, json.dumps(once)[1:-1]


def rewrite(place: Place, texts: Iterable[str], instead: str) -> None:
    """Write the row's columns without the texts; no signal, no revision."""
    rows = place.model._base_manager.filter(pk=place.pk)
    texts, values = list(texts), {}
    for name, raw in zip(place.fields, rows.values_list(*place.fields).get(), strict=True):
        field = place.model._meta.get_field(name)
        if hasattr(raw, "raw_data"):  # a StreamField's value
            new = field.to_python(without(field.get_prep_value(raw), texts, instead))
        else:
            new = without(raw, texts, instead)
        limit = getattr(field, "max_length", None)
        values[name] = new[:limit] if limit and isinstance(new, str) else new
    rows.update(**values)
