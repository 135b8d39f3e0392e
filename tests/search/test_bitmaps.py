"""Labels counted a bit a document, against sets; and that what was kept in memory is never an old state."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from search.documents import Document
from search.engines import bitmaps, fts5
from search.engines.fts5 import Fts5Engine
from search.query import parse


def test_sets_of_numbers() -> None:
    chance = random.Random(5)
    for size in (0, 1, 7, 8, 9, 64, 1_000):
        numbers = sorted(chance.sample(range(1, 4 * size + 2), size))
        found = bitmaps.bits(numbers)
        assert bitmaps.numbers_of(found) == numbers
        member = bitmaps.member_of(found)
        assert [n for n in range(5 * size + 20) if member(n)] == numbers


@pytest.mark.parametrize("sparse", [1, 10**9])
def test_kept_as_bits_or_as_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sparse: int) -> None:
    monkeypatch.setattr(bitmaps, "SPARSE", sparse)
    chance = random.Random(7)
    rows = [
        Document(f"d:{n}", "d", "占用道路" if n % 2 else "排污", facets={"body": chance.sample("abcdef", 2)})
        for n in range(300)
    ]
    with Fts5Engine(tmp_path / "one.db") as engine:
        engine.index(rows)
        for words, word in (("", ""), ("道路", "道路"), ("-道路", "排污")):
            for chosen in ((), ("a",), ("a", "b"), ("zz",)):
                hits = engine.search(parse(words), filters={"body": chosen}, facets=["body", "kind"])
                held = [d for d in rows if word in d.title]
                among = [d for d in held if not chosen or set(chosen) & set(d.facets["body"])]
                assert hits.total == len(among)
                assert hits.facets["body"] == {
                    v: n for v in "abcdef" if (n := sum(v in d.facets["body"] for d in held))
                }
                assert hits.facets["kind"] == ({"d": len(among)} if among else {})


def test_what_another_connection_changed_is_counted(tmp_path: Path) -> None:
    """Also where another file has come to stand in its place."""

    def labelled(n: int, value: str) -> Document:
        return Document(f"d:{n}", "d", "占用道路", facets={"body": [value]})

    with Fts5Engine(tmp_path / "one.db") as one, Fts5Engine(tmp_path / "one.db") as other:
        one.index([labelled(n, "a") for n in range(3)])
        assert one.search(parse(""), facets=["body"]).facets["body"] == {"a": 3}
        other.index([labelled(1, "b")])
        assert one.search(parse(""), facets=["body"]).facets["body"] == {"a": 2, "b": 1}
        assert one.search(parse(""), filters={"body": ["b"]}).ids == ["d:1"]
        other.delete(["d:0"])
        assert one.search(parse(""), facets=["body"]).facets["body"] == {"a": 1, "b": 1}
        other.clear()
        assert one.search(parse(""), facets=["body"]).facets["body"] == {}
    fts5.destroy(tmp_path / "one.db")
    with Fts5Engine(tmp_path / "one.db") as one:
        one.index([labelled(n, "c") for n in range(2)])
        assert one.search(parse(""), facets=["body"]).facets["body"] == {"c": 2}
