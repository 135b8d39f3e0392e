"""The registers as open data: one description of each, for files, the API, the catalogue and the schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from cms.models import PublishedVersion

CHUNK = 200  # rows read at once: what a file of any length needs of memory


@dataclass(frozen=True)
class Column:
    """A column of the flat files: its name, its phrase in Chinese, and how to get it from a record.

    `type` is text, integer, number, boolean, date or datetime; `of` takes the whole record.
    """

    name: str
    label: Any
    type: str = "text"
    of: Callable[[dict[str, Any]], Any] | None = None

    def value(self, record: dict[str, Any]) -> Any:
        return cell(self.of(record) if self.of else record[self.name])


@dataclass(frozen=True)
class Filter:
    """A parameter of the list in the API. `apply(rows, value)` gives None for a value that names nothing."""

    name: str
    apply: Callable[[QuerySet, str], QuerySet | None]
    description: str = ""
    most: int = 64


@dataclass(frozen=True)
class Kind:
    """A register. `name` is the part of addresses (power-items), `route` that of its public pages."""

    name: str
    label: Any
    description: Any
    model: Any
    key: str  # the field that is the address
    route: str
    title: str  # the field whose translation is the English name
    rows: Callable[[], QuerySet]  # disclosed, source language, with version and version_at
    record: Callable[[Any, str | None], dict[str, Any]]  # (object, English title) → the whole record
    schema: Any  # ninja.Schema of the whole record
    summary: Any  # ninja.Schema of a row in a list
    columns: tuple[Column, ...]
    order: str = "pk"  # unique: what pages and chunks go by
    filters: tuple[Filter, ...] = ()
    # (object, English title) → the values of `columns`, where they do not come from the record
    flat: Callable[[Any, str | None], list[Any]] | None = None
    # For a row in a list, where that takes less than the whole record.
    brief_rows: Callable[[], QuerySet] | None = None
    brief: Callable[[Any, str | None], dict[str, Any]] | None = None

    @property
    def part(self) -> str:
        """As a name in Python and in the API's links: power_items."""
        return self.name.replace("-", "_")

    def count(self) -> int:
        """How many are public now."""
        return self.rows().order_by().count()

    def newest(self, most: int, **narrowed: Any) -> list[Any]:
        """The rows whose public edition is the newest."""
        by = (
            "last_published_at"
            if hasattr(self.model, "last_published_at")
            else "flowchart__last_published_at"
        )
        rows = self.rows().filter(**narrowed)
        return list(rows.order_by(F(by).desc(nulls_last=True), "-pk")[:most])

    def published_at(self, obj: Any) -> Any:
        """When the row's public edition came out."""
        return getattr(obj, "flowchart", obj).last_published_at

    def address(self, obj: Any) -> str:
        """The public path of a row."""
        chart = getattr(obj, "flowchart", None)
        return f"{chart.get_absolute_url()}#{obj.step_key}" if chart else obj.get_absolute_url()

    def after(self, last: Any, size: int = CHUNK) -> list[Any]:
        """The next rows by key, from the first for None.

        Which they are is asked first, without what is read of each: a database that must sort for it would
        else read that of all rows, chunk after chunk.
        """
        rows = self.rows().order_by(self.order)
        left = rows if last is None else rows.filter(**{f"{self.order}__gt": last})
        keys = list(left.values_list("pk", flat=True)[:size])
        return list(rows.filter(pk__in=keys)) if keys else []

    def records(self) -> Iterator[dict[str, Any]]:
        """Every disclosed record, in chunks: no cursor is held open, so a slow reader blocks nobody."""
        for chunk in self.chunks():
            yield from self.told(chunk)

    def lines(self) -> Iterator[list[Any]]:
        """Every disclosed record as values of `columns`."""
        for chunk in self.chunks():
            if self.flat is None:
                for record in self.told(chunk):
                    yield [column.value(record) for column in self.columns]
            else:
                names = self.english(chunk)
                yield from (self.flat(obj, names.get(obj.translation_key)) for obj in chunk)

    def chunks(self) -> Iterator[list[Any]]:
        last = None
        while chunk := self.after(last):
            yield chunk
            last = getattr(chunk[-1], self.order)

    def told(self, objects: list[Any], *, briefly: bool = False) -> Iterator[dict[str, Any]]:
        """The records of some rows; `briefly`: as in a list (rows of `listed`)."""
        names = self.english(objects)
        tell = self.brief if briefly and self.brief else self.record
        for obj in objects:
            yield tell(obj, names.get(getattr(obj, "translation_key", None)))

    def listed(self) -> QuerySet:
        """Rows for a list, in its order."""
        return (self.brief_rows or self.rows)().order_by(self.order)

    def english(self, objects: list[Any]) -> dict[Any, str]:
        """translation_key → English title, where the translation is disclosed too."""
        if not self.title:
            return {}
        keys = [obj.translation_key for obj in objects]
        rows = self.model.objects.disclosed().in_language("en").filter(translation_key__in=keys)
        return dict(rows.values_list("translation_key", self.title))


def with_version(rows: QuerySet) -> QuerySet:
    """With `version` and `version_at` of what is public now."""
    kind = ContentType.objects.get_for_model(rows.model, for_concrete_model=False)
    versions = (
        PublishedVersion.objects.visible()
        .filter(
            content_type=kind,
            object_id=Cast(OuterRef("pk"), CharField()),
            action=PublishedVersion.Action.PUBLISHED,
        )
        .order_by("-number")
    )
    return rows.annotate(
        version=Subquery(versions.values("number")[:1]),
        version_at=Subquery(versions.values("published_at")[:1]),
    )


def cell(value: Any) -> Any:
    """A value as one cell: lists a line each, dates by ISO 8601, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, tuple)):
        return "\n".join(str(cell(one)) for one in value)
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="seconds") if hasattr(value, "hour") else value.isoformat()
    return value if isinstance(value, (int, float)) else str(value)
