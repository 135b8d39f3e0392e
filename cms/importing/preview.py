"""What a row of an import would change against what is public now, in words."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist

from cms.models import Benchmark, ImportRow, PowerItem
from cms.publishing.difference import Change, marked

from . import power

# Numbers of linked rows, which say nothing to a reader.
LINKS = frozenset(["law_version_id", "organisation_id"])


def label(model: Any, name: str) -> str:
    """A field's name for people, also of child rows and of columns like `category_id`."""
    try:
        field = model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return name
    if field.one_to_many:
        return str(field.related_model._meta.verbose_name)
    return str(field.verbose_name)


def changes_of(row: ImportRow, lookups: power.Lookups) -> list[Change]:
    """The fields of a power item that the row would change, each with what is new and what is gone."""
    item = PowerItem.objects.filter(pk=row.item_id).first()
    if item is None:
        return []
    before = power.content(item)
    power.fill(item, row.data, lookups)
    after = power.content(item)
    return [
        Change(label(PowerItem, name), marked(words(name, before[name], lookups), words(name, now, lookups)))
        for name, now in after.items()
        if now != before[name]
    ]


def words(name: str, value: Any, lookups: power.Lookups) -> str:
    """A value of power.content as text."""
    if value in (None, "", [], ()):
        return ""
    if name == "category_id":
        return next((row.name for row in lookups.categories.values() if row.pk == value), str(value))
    if name == "body_organisation_id":
        return next((text for text, key in lookups.bodies.items() if key == value), str(value))
    if name == "levels":
        return "、".join(row.name for row in lookups.levels.values() if row.pk in value)
    if name in power.CHILDREN:
        kept = [n for n, column in enumerate(power.CHILDREN[name]) if column not in LINKS]
        return "\n".join(" ".join(str(row[n]) for n in kept if row[n] not in (None, "")) for row in value)
    return str(value)


def names_of(row: ImportRow) -> list[str]:
    """The fields that differed when the file was read."""
    model = Benchmark if row.benchmark_id else PowerItem
    return [label(model, name) for name in row.changes]
