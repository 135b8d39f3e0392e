"""The range of dates on every engine, and the bound on the time of a question."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from search.documents import Document
from search.engines import fts5
from search.engines.base import Engine, EngineDown
from search.engines.fts5 import Fts5Engine
from search.query import parse

NEW_YEAR = dt.date(2026, 1, 1)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "ids"),
    [
        (None, None, {"d:before", "d:on", "d:after", "d:never"}),
        (NEW_YEAR, None, {"d:on", "d:after"}),
        (None, NEW_YEAR, {"d:before", "d:on"}),
        (NEW_YEAR, NEW_YEAR, {"d:on"}),
        (NEW_YEAR + DAY, NEW_YEAR, set()),
        (dt.date.min, dt.date.max, {"d:before", "d:on", "d:after"}),
    ],
)
def test_from_one_day_to_another(
    engine: Engine, first: dt.date | None, last: dt.date | None, ids: set[str]
) -> None:
    engine.index(
        [
            Document("d:before", "d", "道路", date=NEW_YEAR - DAY),
            Document("d:on", "d", "道路", date=NEW_YEAR),
            Document("d:after", "d", "道路", date=NEW_YEAR + DAY),
            Document("d:never", "d", "道路"),
        ]
    )
    for q in ("道路", "", "-桥梁"):
        hits = engine.search(parse(q), days=(first, last), facets=["kind"])
        assert set(hits.ids) == ids
        assert hits.facets["kind"] == ({"d": len(ids)} if ids else {})


def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Fts5Engine(tmp_path / "slow.db") as engine:
        engine.index(Document(f"d:{n}", "d", f"道路 {n}") for n in range(2000))
        monkeypatch.setattr(fts5, "ANSWER_S", -1)
        monkeypatch.setattr(fts5, "_STEPS", 100)
        with pytest.raises(EngineDown):
            engine.search(parse("道路"), facets=["kind"])
        monkeypatch.undo()
        assert engine.search(parse("道路")).total == 2000
