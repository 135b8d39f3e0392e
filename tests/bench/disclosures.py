"""Disclosures in number: words, phrases, filters and facets on both engines, and the facets against SQL.

Real power items and messages, as often as it takes; each copy has its own kind, category, organisation (a
tree of three levels), level and date, so that filters cut across the texts.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search import bench
from search.documents import Document
from search.engines.elastic import ElasticEngine
from search.engines.fts5 import Fts5Engine
from search.query import parse
from tests.bench.search import DATA, corpus, questions
from tests.bench.table import Table, milliseconds, share
from tests.support import services

KINDS, CATEGORIES, LEVELS = ("power", "case", "law", "article"), ("CF", "XK", "JC", "QZ", "QT"), "省市县乡"
FACETS = ("kind", "category", "body", "level")
CITIES, OFFICES, TEAMS = 12, 8, 3
FIRST = dt.date(2015, 1, 1)
ENDED = 97  # each so manieth has ended and is left out
ASKED = 80  # queries a row


@dataclass(frozen=True)
class Copy(Document):
    """A document whose text was analysed before."""

    known: tuple[str, ...] = ()

    @property
    def text(self) -> tuple[str, ...]:
        return self.known


def run(site: Any, *, disclosures: int) -> Table | list[Table]:
    """A table of times with a column an engine, and one of facets; `site` is not needed here."""
    if not DATA.exists():
        return Table("Disclosures in number: left out, ../shared/data is not there", [""])
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        engines: dict[str, Any] = {"FTS5": Fts5Engine(Path(folder) / "bench.db")}
        if url := services.address("TEST_ELASTICSEARCH_URL"):
            name = f"bench-{os.getpid()}"
            engines["Elasticsearch"] = ElasticEngine(url, name, concrete=f"{name}-0", timeout=60)
        asked = Table(
            "Disclosures: first page of 20, p50 / p95 ms",
            ["question", *engines],
            {"documents": f"{disclosures:,}", "queries a row": ASKED},
        )
        counted = Table("Facets against SQL, every pair of filters", ["engine", "facets counted", "wrong"])
        try:
            for name, engine in engines.items():
                count, seconds = bench.fill(engine, copies(disclosures))
                if isinstance(engine, Fts5Engine):
                    engine.optimize()  # as a rebuild leaves it
                engine.count()
                column = [("documents indexed a second", f"{count / seconds:,.0f}"), *answers(engine)]
                for n, (row, cell) in enumerate(column):
                    if n == len(asked.rows):
                        asked.rows.append([row])
                    asked.rows[n] = [*asked.rows[n], cell]
                counted.rows.append([name, *compared(engine, disclosures)])
        finally:
            for engine in engines.values():
                engine.destroy()
    return [asked, counted]


def copies(count: int) -> Iterator[Copy]:
    """So many documents, always the same."""
    base = [(document, document.text) for document in itertools.islice(corpus(), count)]
    for n, (document, text) in zip(range(count), itertools.cycle(base), strict=False):
        rng = random.Random(n)
        kind, city, office = rng.choice(KINDS), rng.randrange(CITIES), rng.randrange(OFFICES)
        facets = {
            "category": [rng.choice(CATEGORIES)] if kind == "power" else [],
            "body": [f"{city}", f"{city}/{office}", f"{city}/{office}/{rng.randrange(TEAMS)}"][
                : rng.randrange(1, 4)
            ],
            "level": [rng.choice(LEVELS)],
        }
        date = FIRST + dt.timedelta(days=rng.randrange(4_000)) if n % 9 else None
        yield Copy(f"{kind}:{n}", kind, document.title, document.body, facets=facets, date=date, known=text)


def answers(engine: Any) -> Iterator[bench.Row]:
    """Each sort of question and how long it takes."""
    words = [q for q in questions() if '"' not in q and " " not in q][:ASKED]
    pairs = [q for q in questions() if " " in q][:ASKED]
    phrases = [q for q in questions() if '"' in q][:ASKED]
    power, city = {"kind": ["power"], "category": ["CF", "XK"]}, {"body": ["3"], "level": ["市"]}
    rows: list[tuple[str, Sequence[str], Mapping[str, Any]]] = [
        ("a word", words, {}),
        ("two words", pairs, {}),
        ("a phrase", phrases, {}),
        ("a word, newest first", words, {"sort": "date"}),
        ("a word, two filters", words, {"filters": power}),
        ("a phrase, two others", phrases, {"filters": city}),
        ("filters alone", [""] * 20, {"filters": city}),
        ("a word, all facets", words, {"facets": FACETS}),
        ("a phrase, two filters, all facets", phrases, {"facets": FACETS, "filters": power}),
        ("filters alone, all facets", [""] * 20, {"facets": FACETS, "filters": city}),
        ("no word, all facets", [""] * 20, {"facets": FACETS}),
        ("any of the words", pairs, {"relaxed": True}),
    ]
    for name, queries, more in rows:
        times = _timed(engine, queries, more)
        yield name, f"{milliseconds(share(times, 0.5))} / {milliseconds(share(times, 0.95))}"


def _timed(engine: Any, queries: Sequence[str], more: Mapping[str, Any]) -> list[float]:
    for text in queries[:10]:
        engine.search(parse(text), **more)
    times = []
    for text in queries:
        start = time.perf_counter()
        engine.search(parse(text), **more)
        times.append(time.perf_counter() - start)
    return times


def compared(engine: Any, count: int) -> tuple[int, int]:
    """How many facets were counted, for every pair of filters, and how many not as SQL counts them."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE label (name TEXT, value TEXT, n INTEGER, PRIMARY KEY (name, value, n))")
    ended = []
    for n, document in enumerate(copies(count)):
        if n % ENDED == 0:
            ended.append(document.id)
            continue
        db.executemany("INSERT INTO label VALUES (?, ?, ?)", [(*label, n) for label in document.labels])
    values = [(name, v) for name, vs in _values(db).items() for v in vs]
    asked = wrong = 0
    for pair in itertools.combinations(values, 2):
        chosen: dict[str, list[str]] = {}
        for name, value in pair:
            chosen.setdefault(name, []).append(value)
        hits = engine.search(parse(""), filters=chosen, facets=FACETS, without=ended, limit=0)
        for facet in FACETS:
            asked += 1
            wrong += hits.facets[facet] != _counted(db, facet, chosen)
    return asked, wrong


def _values(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Of each facet what is chosen: of the tree some of each depth, of the others all."""
    found: dict[str, list[str]] = {}
    for name in FACETS:
        rows = [value for (value,) in db.execute("SELECT DISTINCT value FROM label WHERE name = ?", (name,))]
        found[name] = sorted(rows)[:: max(1, len(rows) // 8)]
    return found


def _counted(db: sqlite3.Connection, facet: str, chosen: Mapping[str, Sequence[str]]) -> dict[str, int]:
    where, values = "", []
    for name, wanted in chosen.items():
        if name != facet:
            marks = ", ".join("?" * len(wanted))
            where += f" AND n IN (SELECT n FROM label WHERE name = ? AND value IN ({marks}))"
            values += [name, *wanted]
    sql = f"SELECT value, count(*) FROM label WHERE name = ?{where} GROUP BY value"
    return dict(db.execute(sql, (facet, *values)).fetchall())
