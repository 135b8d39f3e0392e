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
    """What `make` left behind in a database whose tables had the sizes `before`: new rows, and the keys of
    old ones that it changed.
    """

    before: tuple[int, ...]
    rows: Rows
    gone: dict[str, list[Any]]
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
    if kept and _sizes(kept.rows) == kept.before:
        _delete(kept.gone)
        _insert(kept.rows)
        shutil.copytree(kept.folder, settings.VAR_DIR, dirs_exist_ok=True)
        return _copied(kept.cast)
    before = _everything()
    cast = make()
    after = _everything()
    rows = {table: _less(after[table], before[table]) for table in after}
    rows = {table: new for table, new in rows.items() if new}
    gone = {table: _keys(table, _less(before[table], after[table])) for table in rows}
    folder = Path(_home.name) / f"{make.__qualname__}-{len(_kept)}"
    shutil.copytree(settings.VAR_DIR, folder, dirs_exist_ok=True)
    _kept[make] = Kept(tuple(len(before[table]) for table in rows), rows, gone, folder, _copied(cast))
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


def _less(these: list[tuple[Any, ...]], those: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of `these` that `those` has not."""
    known = set(map(repr, those))
    return [row for row in these if repr(row) not in known]


def _keys(table: str, rows: list[tuple[Any, ...]]) -> list[Any]:
    """The primary keys of these rows, which is the first column of every table here."""
    from django.db import connection

    if rows:
        with connection.cursor() as cursor:
            names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
            assert connection.introspection.get_primary_key_column(cursor, table) == names[0]
    return [row[0] for row in rows]


def _sizes(tables: Rows) -> tuple[int, ...]:
    from django.db import connection

    counts = (f"(SELECT COUNT(*) FROM {connection.ops.quote_name(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}")
        return tuple(cursor.fetchone())


def _delete(gone: dict[str, list[Any]]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table, keys in gone.items():
            if keys:
                description = connection.introspection.get_table_description(cursor, table)
                quote, places = connection.ops.quote_name, ", ".join(["%s"] * len(keys))
                cursor.execute(
                    f"DELETE FROM {quote(table)} WHERE {quote(description[0].name)} IN ({places})", keys
                )


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
