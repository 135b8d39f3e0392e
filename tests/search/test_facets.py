"""Facets against SQL: every pair of filters, with words, with dates, without what has ended; every engine."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import sqlite3

from search.documents import Document
from search.engines.base import MAX_FACET_VALUES, Engine
from search.query import parse

SIZE = int(os.environ.get("FACETS", "600"))  # 100,000 by hand
KINDS, CATEGORIES, BODIES = (
    ("power", "case", "law"),
    ("CF", "XK", "JC", "QZ"),
    ("市", "市/城管", "市/交通", "县"),
)
WORDS = ("道路", "桥梁", "排污", "收费")
DAY = dt.date(2026, 1, 1)


def documents(chance: random.Random) -> list[Document]:
    made = []
    for n in range(SIZE):
        kind = chance.choice(KINDS)
        body = chance.choice(BODIES)
        facets = {
            "category": [chance.choice(CATEGORIES)] if kind == "power" else [],
            "body": list(dict.fromkeys([body, body[0]])),
        }
        text = " ".join(chance.sample(WORDS, chance.randrange(1, 4)))
        date = DAY + dt.timedelta(days=chance.randrange(400)) if n % 7 else None
        made.append(Document(f"{kind}:{n}", kind, f"事项 {n}", text, facets=facets, date=date))
    return made


def table(rows: list[Document]) -> sqlite3.Connection:
    """The same in two plain tables."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE doc (id TEXT PRIMARY KEY, text TEXT, day INTEGER)")
    db.execute("CREATE TABLE label (id TEXT, name TEXT, value TEXT, PRIMARY KEY (name, value, id))")
    db.executemany("INSERT INTO doc VALUES (?, ?, ?)", [(d.id, d.body, d.day) for d in rows])
    db.executemany("INSERT INTO label VALUES (?, ?, ?)", [(d.id, *label) for d in rows for label in d.labels])
    return db


def counted(
    db: sqlite3.Connection, facet: str, chosen: dict[str, list[str]], word: str, day: int, ended: set[str]
) -> dict[str, int]:
    where, values = ["text LIKE ?", "day >= ?"], [f"%{word}%", day]
    for name, wanted in chosen.items():
        if name != facet:
            marks = ",".join("?" * len(wanted))
            where.append(f"id IN (SELECT id FROM label WHERE name = ? AND value IN ({marks}))")
            values += [name, *wanted]
    where.append(f"id NOT IN ({','.join('?' * len(ended))})")
    both = " AND ".join(where)
    rows = db.execute(
        f"SELECT value, count(*) FROM label JOIN doc USING (id) WHERE name = ? AND {both} GROUP BY 1",
        [facet, *values, *ended],
    )
    return dict(rows.fetchall())


def test_every_pair_of_filters(engine: Engine) -> None:
    rows = documents(random.Random(3))
    for n in range(0, len(rows), 500):
        engine.index(rows[n : n + 500])
    db, ended = table(rows), {d.id for d in rows[::97]}
    values = (
        [("kind", k) for k in KINDS] + [("category", c) for c in CATEGORIES] + [("body", b) for b in BODIES]
    )
    wrong, asked = [], 0
    for n, (one, other) in enumerate(itertools.combinations(values, 2)):
        chosen: dict[str, list[str]] = {}
        for name, value in (one, other):
            chosen.setdefault(name, []).append(value)
        word, first = ("", *WORDS)[n % 5], (None, DAY + dt.timedelta(days=200))[n % 2]
        hits = engine.search(
            parse(word),
            filters=chosen,
            facets=["kind", "category", "body"],
            days=(first, None),
            without=ended,
        )
        for facet, found in hits.facets.items():
            asked += 1
            should = counted(db, facet, chosen, word, first.toordinal() if first else 0, ended)
            if found != should:
                wrong.append((chosen, word, facet, found, should))
    assert asked == 3 * len(values) * (len(values) - 1) // 2
    assert wrong == []


def test_a_facet_of_very_many_values_takes_nothing_from_another(engine: Engine) -> None:
    """Those nothing was chosen of are counted together; of each its most frequent values, in one order."""
    many = MAX_FACET_VALUES + 20
    engine.index(
        Document(
            f"d:{n}", "d", f"第{n}件", facets={"body": [f"{n % many:04d}"], "level": ["市" if n else "省"]}
        )
        for n in range(many + 5)
    )
    facets = engine.search(parse(""), facets=["level", "body"], limit=0).facets
    assert facets["level"] == {"市": many + 4, "省": 1}
    assert list(facets["body"].values()) == [2] * 5 + [1] * (MAX_FACET_VALUES - 5)
    assert list(facets["body"])[-1] == f"{MAX_FACET_VALUES - 1:04d}"
    facets = engine.search(parse(""), filters={"level": ["省"]}, facets=["level", "body"], limit=0).facets
    assert facets == {"level": {"市": many + 4, "省": 1}, "body": {"0000": 1}}
