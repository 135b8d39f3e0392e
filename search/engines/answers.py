"""What an FTS5 file answers: the set of documents that a question lets through, and a page of them."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from search.engines import bitmaps, match
from search.engines.base import WEIGHTS, BadPage, Days, Sort
from search.engines.match import Clause

FEW_OF = 0.5
"""Looking up n documents costs n pages of the file; walking an index in order until a page is full some
50 × documents / n entries, of which a page holds about 100: even at n² = documents / 2.
"""
TABLED = 50_000
"""Documents up to which those that a rank may show are put into a table: a row of it costs 0.3 µs, a call of
a function a good microsecond for each document that matches.
"""
# The longest field first: FTS5 writes the number of every other column into each posting (a fifth of a file
# of messages). Its pages fit into one of SQLite's, of which SQLCipher keeps 80 bytes (another tenth).
ORDER = ("body", "title", "low", "code", "num", "u")
BM25 = "bm25(text, {})".format(", ".join(str(WEIGHTS[name]) for name in ORDER))


def documents(db: Any) -> int:
    """How many there are, without counting them: a million would be read."""
    return int(db.execute("SELECT value FROM meta WHERE key = 'documents'").fetchone()[0])


@dataclass(frozen=True)
class Among:
    """The ids and days that a search is limited to."""

    within: Collection[str] | None
    without: Collection[str]
    days: Days

    @property
    def clauses(self) -> list[Clause]:
        """All but `within`."""
        out = [Clause(f"+n NOT IN ({_NUMBERS})", _asked(self.without))] if self.without else []
        return [*out, *dated(self.days)]


@dataclass(frozen=True)
class Found:
    """Documents: those of `listed`, a bit a document, or all but those (`but`), or without it all."""

    size: int
    listed: int | None = None
    but: bool = False

    def table(self, db: Any) -> str:
        """The name of a temporary table of those that are listed."""
        numbers = (json.dumps(bitmaps.numbers_of(self.listed or 0)),)
        db.execute("CREATE TEMP TABLE shown (n INTEGER PRIMARY KEY)")
        db.execute("INSERT INTO shown SELECT value FROM json_each(?)", numbers)
        return "shown"

    def test(self, db: Any) -> str:
        """The condition on `n`, by a function."""
        if self.listed is None:
            return "1"
        db.create_function("shown", 1, bitmaps.member_of(self.listed))
        return f"{'NOT ' * self.but}shown(n)"

    def at_most(self, few: int) -> bool:
        """Whether they are listed and that few."""
        return self.listed is not None and not self.but and self.size <= few


_MATCHED = "SELECT rowid AS n FROM text WHERE text MATCH ?"
_NUMBERS = "SELECT named.n FROM json_each(?) j JOIN named ON named.short = j.value"


def short(ref: str) -> int:
    """Eight bytes for an id: a thousand ids asked for read a third of the pages that whole ids take, and of
    a sealed file the pages are what costs. Of a million ids two share them once in 37 million indexes; the
    second is then refused (`short` is a primary key), never taken for the first.
    """
    return int.from_bytes(blake2b(ref.encode(), digest_size=8).digest(), signed=True)


def _asked(refs: Iterable[str]) -> tuple[str]:
    """The value of _NUMBERS; in order, so that neighbours are looked up on the page that was just read."""
    return (json.dumps(sorted(map(short, refs))),)


def dated(days: Days | None) -> list[Clause]:
    first, last = days or (None, None)
    if first is None and last is None:
        return []
    between = (max(1, first.toordinal()) if first else 1, last.toordinal() if last else 2**31)
    return [Clause("+n IN (SELECT n FROM doc WHERE day BETWEEN ? AND ?)", between)]


def _numbers(db: Any, source: str, where: Iterable[Clause], values: tuple[Any, ...] = ()) -> int:
    """The numbers that `source` gives and that pass, a bit a document.

    SQLite writes them into one text: of 600,000 in a sealed file that takes 67 ms, rows for Python 212, a
    temporary table 179.
    """
    sql, more = match.both(where)
    rows = db.execute(f"SELECT group_concat(n) FROM ({source}) WHERE {sql}", (*values, *more))  # noqa: S608
    return bitmaps.listed(rows.fetchone()[0] or "")


def found(db: Any, plan: match.Plan, among: Among) -> Found:
    """What the full-text question and `among` let through, asked once for page, total and every facet.

    FTS5 gives the numbers itself: no row of another table is read for one that does not match.
    """
    where, limits = plan.where, among.clauses
    if plan.match is not None:
        found = _numbers(db, _MATCHED, [*where[1:], *limits], plan.match.values)
        return these(found if among.within is None else _within(db, found, among.within))
    if among.within is not None and plan.missed is not None:
        left = _numbers(db, _NUMBERS, [*where[1:], *limits], _asked(among.within))
        return these(left & ~_numbers(db, _MATCHED, [], plan.missed.values))
    if among.within is not None:
        return these(_numbers(db, _NUMBERS, [*where, *limits], _asked(among.within)))
    if plan.missed is not None and len(where) == 1 and not limits:
        return _but(db, _MATCHED, plan.missed.values)
    if not where and len(limits) == 1 and among.without:
        return _but(db, _NUMBERS, _asked(among.without))
    if where or limits:
        return these(_numbers(db, "SELECT n FROM doc", [*where, *limits]))
    return Found(documents(db))


def these(found: int) -> Found:
    return Found(found.bit_count(), found)


def _but(db: Any, source: str, values: tuple[Any, ...]) -> Found:
    """All but those that `source` gives."""
    left = _numbers(db, source, [], values)
    return Found(documents(db) - left.bit_count(), left, but=True)


def _within(db: Any, found: int, within: Collection[str]) -> int:
    """Of `found` those with one of the ids; the smaller side is looked up, row by row."""
    if found.bit_count() > len(within):
        return found & _numbers(db, _NUMBERS, [], _asked(within))
    numbers, wanted = (json.dumps(bitmaps.numbers_of(found)),), frozenset(within)
    rows = db.execute("SELECT n, ref FROM json_each(?) j CROSS JOIN doc ON n = j.value", numbers)
    return bitmaps.bits([n for n, ref in rows if ref in wanted])


def bits_of(db: Any, found: Found, labelled: bitmaps.Bitmaps) -> int:
    """The same set, where all but some is meant too."""
    if found.listed is not None and not found.but:
        return found.listed
    return labelled.everything(db) & ~(found.listed or 0)


def all_of(found: int, sets: Iterable[int]) -> int:
    for each in sets:
        found &= each
    return found


Row = tuple[str, Any, Any]
"""Of a page: id, first sort key, second sort key."""


def best(db: Any, ranking: str, shown: Found | None, after: str | None, limit: int, offset: int) -> list[Row]:
    """A page by rank of those that `ranking` matches, and of those only what is `shown`; only the rows of
    the page are read.
    """
    keys = _read_cursor(after, "relevance") if after is not None else ()
    left = "1"
    if shown is not None:
        left = f"+n IN {shown.table(db)}" if shown.at_most(TABLED) else shown.test(db)
    ranked = f"SELECT rowid AS n, {BM25} AS s FROM text WHERE text MATCH ?"  # noqa: S608
    where = f"{left} AND (s, n) > (?, ?)" if keys else left
    page = f"SELECT n, s FROM ({ranked}) WHERE {where} ORDER BY s, n LIMIT ? OFFSET ?"  # noqa: S608
    rows: list[Row] = db.execute(
        f"SELECT ref, s, n FROM ({page}) JOIN doc USING (n) ORDER BY s, n",  # noqa: S608
        (ranking, *keys, limit, offset),
    ).fetchall()
    return rows


def in_order(db: Any, shown: Found, sort: Sort, after: str | None, limit: int, offset: int) -> list[Row]:
    """A page by date or by the order of a list.

    Few are looked up and sorted; of many, the index that is in order fills a page soon.
    """
    key, step = ("day", "DESC") if sort == "date" else ("ord", "ASC")
    # The first of the two conditions is where the index begins.
    begin = {"day": "day <= ? AND (-day, ref) > (-?, ?)", "ord": "ord >= ? AND (ord, ref) > (?, ?)"}[key]
    first, second = _read_cursor(after, sort) if after is not None else (None, None)
    where, values = (begin, (first, first, second)) if after is not None else ("1", ())
    if shown.at_most(math.isqrt(int(FEW_OF * documents(db)))):
        source, left = f"{shown.table(db)} h CROSS JOIN doc ON doc.n = h.n", "1"
    else:
        source, left = f"doc INDEXED BY doc_{key}", shown.test(db)
    rows: list[Row] = db.execute(
        f"SELECT ref, {key}, ref FROM {source} WHERE {left} AND {where} "  # noqa: S608
        f"ORDER BY {key} {step}, ref LIMIT ? OFFSET ?",
        (*values, limit, offset),
    ).fetchall()
    return rows


def cursor_of(row: tuple[str, Any, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([row[1], row[2]]).encode()).decode()


def _read_cursor(cursor: str, sort: Sort) -> tuple[Any, Any]:
    kinds = {"relevance": (float, int), "date": (int, str), "order": (str, str)}[sort]
    try:
        first, second = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, binascii.Error):
        raise BadPage("cursor") from None
    if not (isinstance(first, kinds[0]) and isinstance(second, kinds[1])):
        raise BadPage("cursor")
    return first, second
