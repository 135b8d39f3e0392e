"""A cast with offices and keys, made once by each process of pytest and put back for each test.

To make it takes a fifth of a second, and hundreds of tests begin with it. What is kept is what making it
left: the rows, the files under VAR_DIR, and the objects the test holds. Nothing is shared: each gets copies.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from workdays import clock

T = TypeVar("T")
NOW = clock.now
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Kept:
    """What `make` left behind in a database whose tables had the sizes `before`, and what others refer to
    the keys `anchors`: tables that were emptied and filled again have other ones.
    """

    anchors: tuple[int, ...]
    before: tuple[int, ...]
    rows: Rows
    folder: Path
    cast: Any


_kept: dict[Callable[[], Any], Kept] = {}
_home = tempfile.TemporaryDirectory(prefix="founded-")


def founded(make: Callable[[], T]) -> T:
    """What `make()` returns, in a database without such a cast: made, or put back from an earlier time."""
    from django.conf import settings

    if clock.now is not NOW:
        return make()  # the test has a clock of its own, and what is kept has the time of another
    kept = _kept.get(make)
    if kept and _anchors() == kept.anchors and _sizes(kept.rows) == kept.before:
        _insert(kept.rows)
        shutil.copytree(kept.folder, settings.VAR_DIR, dirs_exist_ok=True)
        return _copied(kept.cast)
    anchors, before = _anchors(), _everything()
    cast = make()
    after = _everything()
    rows = {table: _new(before[table], after[table]) for table in after}
    rows = {table: new for table, new in rows.items() if new}
    folder = Path(_home.name) / f"{make.__qualname__}-{len(_kept)}"
    shutil.copytree(settings.VAR_DIR, folder, dirs_exist_ok=True)
    sizes = tuple(len(before[table]) for table in rows)
    _kept[make] = Kept(anchors, sizes, rows, folder, _copied(cast))
    return cast


def _copied(cast: T) -> T:
    """A deep copy, but for the seeds: nothing changes one, and it refuses to be copied."""
    from accounts.keys import KeySeed

    with mock.patch.object(KeySeed, "__deepcopy__", lambda seed, _memo: seed, create=True):
        return copy.deepcopy(cast)


def _everything() -> Rows:
    """The rows of every table of the project, in the order of their columns."""
    from django.db import connection

    with connection.cursor() as cursor:
        everything = {}
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            everything[table] = [tuple(map(_plain, row)) for row in cursor.fetchall()]
        return everything


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _new(before: list[tuple[Any, ...]], after: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows that were not there; what a cast changes in a row of others could not be put back."""
    known = set(map(repr, before))
    new = [row for row in after if repr(row) not in known]
    assert len(after) == len(before) + len(new), "a cast only adds rows"
    return new


def _anchors() -> tuple[int, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT MAX(id) FROM django_content_type), (SELECT MAX(id) FROM wagtailcore_locale)"
        )
        return tuple(cursor.fetchone())


def _sizes(tables: Rows) -> tuple[int, ...]:
    from django.db import connection

    counts = (f"(SELECT COUNT(*) FROM {connection.ops.quote_name(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}")
        return tuple(cursor.fetchone())


def _insert(tables: Rows) -> None:
    """Writes the rows with their keys; what comes after them gets the next ones."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for table, rows in tables.items():
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {connection.ops.quote_name(table)} VALUES ({places})", rows)
        models = [
            model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in tables
        ]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
