"""Words, filters, ids and days together, by date and by rank, page after page: every engine against plain
Python, on each way that FTS5 may take (few are looked up, of many the index in order is read).
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from typing import Any

import pytest

from search.documents import Document
from search.engines import answers, fts5
from search.engines.base import Engine, Sort
from search.query import parse

DAY = dt.date(2026, 1, 1)
WORDS = ("道路", "桥梁", "排污", "收费")
# Each query, and what it asks of the words of a text.
QUERIES: dict[str, Any] = {
    "": lambda words: True,
    "道路": lambda words: "道路" in words,
    "桥": lambda words: "桥梁" in words,
    "道路 排污": lambda words: {"道路", "排污"} <= words,
    "道路 -桥梁": lambda words: "道路" in words and "桥梁" not in words,
    "-道路": lambda words: "道路" not in words,
    "-道路 -收费": lambda words: not words & {"道路", "收费"},
    "收费 OR -道路": lambda words: "收费" in words or "道路" not in words,
    "龘": lambda words: False,
}


def documents(chance: random.Random) -> list[Document]:
    return [
        Document(
            f"d:{n:03}",
            "d",
            f"事项 {n}",
            " ".join(chance.sample(WORDS, chance.randrange(4))),
            facets={"category": [chance.choice(["CF", "XK"])], "body": chance.sample(["市", "县", "乡"], 2)},
            date=DAY + dt.timedelta(days=chance.randrange(30)) if n % 9 else None,
            order=f"{chance.randrange(40):02}",
        )
        for n in range(60)
    ]


def all_pages(engine: Engine, q: str, sort: Sort, **how: Any) -> tuple[list[str], int]:
    """The ids of all pages of eleven, and the total that every page told."""
    found: list[str] = []
    totals, after = set(), None
    while True:
        hits = engine.search(parse(q), sort=sort, limit=11, after=after, **how)
        found += hits.ids
        totals.add(hits.total)
        if (after := hits.next) is None:
            break
    assert len(totals) == 1
    return found, totals.pop()


def test_all_that_narrows_together(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    rows = documents(chance)
    engine.index(rows)
    words = {d.id: set(d.body.split()) for d in rows}
    some = [d.id for d in chance.sample(rows, 30)]
    limits: list[dict[str, Any]] = [
        {},
        {"filters": {"category": ["CF"]}},
        {"filters": {"body": ["市", "县"], "category": ["XK"]}},
        {"within": some},
        {"within": some[:2], "without": some[1:20]},
        {"within": []},
        {"without": some},
        {"days": (DAY + dt.timedelta(days=4), DAY + dt.timedelta(days=20))},
        {"days": (None, DAY + dt.timedelta(days=9)), "filters": {"body": ["乡"]}, "within": [*some, "d:no"]},
    ]
    # In order, as it is, looked up: ways of FTS5 alone.
    ways = (0.0, 0.5, 1e9) if isinstance(engine, fts5.Fts5Engine) else (0.5,)
    for few, (q, holds), how in itertools.product(ways, QUERIES.items(), limits):
        monkeypatch.setattr(answers, "FEW_OF", few)
        first, last = how.get("days", (None, None))
        right = [
            d
            for d in rows
            if holds(words[d.id])
            and all(set(d.facets[name]) & set(values) for name, values in how.get("filters", {}).items())
            and d.id in how.get("within", words)
            and d.id not in how.get("without", ())
            and (first is None or (d.date is not None and d.date >= first))
            and (last is None or (d.date is not None and d.date <= last))
        ]
        told = (q, how)
        found, total = all_pages(engine, q, "date", **how)
        assert found == [d.id for d in sorted(right, key=lambda d: (-d.day, d.id))], told
        assert total == len(right), told
        found, total = all_pages(engine, q, "order", **how)
        assert found == [d.id for d in sorted(right, key=lambda d: (d.order, d.id))], told
        found, total = all_pages(engine, q, "relevance", **how)
        assert sorted(found) == sorted(d.id for d in right), told
        assert total == len(right), told


def test_how_many_there_are_is_known_after_every_change(engine: Engine) -> None:
    rows = documents(random.Random(6))
    engine.index(rows)
    engine.index(rows[:30])
    assert engine.count() == len(engine.ids()) == 60
    engine.delete([*(d.id for d in rows[:20]), "d:never"])
    assert engine.count() == len(engine.ids()) == engine.search(parse("")).total == 40
    engine.clear()
    assert engine.count() == engine.search(parse("-道路")).total == 0
