"""The command that measures an engine on somebody's own table and queries."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROWS = [
    {"id": "a", "title": "河道采砂", "detail": "夜里有人在河边挖沙卖钱", "reply": "已责令停止采砂"},
    {"id": "b", "title": "路灯不亮", "detail": "解放路的灯坏了一个月", "reply": "已经修好路灯"},
    {"id": "c", "title": "学校收费", "detail": "开学要交校服和资料的钱", "reply": "收费已全部退还"},
]
ASKED = [("河道采砂", "a"), ("路灯不亮", "b"), ("学校收费", "c")]


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path]:
    """A table and its queries, as a stranger's spreadsheet writes them."""
    table, queries = tmp_path / "rows.csv", tmp_path / "queries.jsonl"
    with table.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, ["id", "title", "detail", "reply"])
        writer.writeheader()
        writer.writerows(ROWS)
    lines = [json.dumps({"_id": id, "text": text, "relevant": [id]}) for text, id in ASKED]
    queries.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return table, queries


def bench(given: tuple[Path, Path], *more: str) -> str:
    out = StringIO()
    call_command(
        "bench", "search", "--documents", str(given[0]), "--queries", str(given[1]), *more, stdout=out
    )
    return out.getvalue()


@pytest.mark.parametrize("engine", ["sqlite", "sealed"])
def test_a_line_a_figure(given: tuple[Path, Path], engine: str) -> None:
    told = bench(given, "--engine", engine, "--fields", "title,detail").splitlines()
    assert "nDCG@10 1.000" in told
    assert "recall@10 1.000" in told
    names = ("p50 ", "p95 ", "index bytes a document ", "documents a second ", "documents 3", "queries 3")
    assert all(any(line.startswith(name) for line in told) for name in names)


def test_the_columns_decide(given: tuple[Path, Path]) -> None:
    """No detail holds a word of its title; two replies hold all of one."""
    assert "nDCG@10 0.000" in bench(given, "--fields", "detail")
    assert "nDCG@10 1.000" in bench(given, "--fields", "reply")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--fields", "title,nothing"], "has no column nothing; it has id, title, detail, reply"),
        (["--documents", "/no/such.csv"], "cannot be read"),
        (["--queries", "/no/such.jsonl"], "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(given: tuple[Path, Path], more: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        bench(given, *more)


def test_queries_of_another_table(given: tuple[Path, Path]) -> None:
    given[1].write_text(json.dumps({"text": "河道", "relevant": ["z"]}), encoding="utf-8")
    with pytest.raises(CommandError, match="1 of 1 queries name no document"):
        bench(given)
    given[1].write_text('{"text": "x"}\n', encoding="utf-8")
    with pytest.raises(CommandError, match="must be an object with text and relevant"):
        bench(given)


@pytest.mark.once
def test_disclosures_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.bench import disclosures

    if not disclosures.DATA.exists():
        pytest.skip("shared/data is not there")
    monkeypatch.setattr(disclosures, "ASKED", 1)
    monkeypatch.setattr(disclosures.services, "address", lambda name: None)
    asked, counted = disclosures.run(None, disclosures=60)  # type: ignore[misc]
    assert [row[0] for row in asked.rows][:2] == ["documents indexed a second", "a word"]
    engine, facets, wrong = counted.rows[0]
    assert (engine, wrong) == ("FTS5", 0)
    assert int(facets) > 100
