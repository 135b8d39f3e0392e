"""What every engine does, whichever it is."""

from __future__ import annotations

import datetime as dt

import pytest

from search.documents import Document
from search.engines.base import BadPage, Engine, Hits
from search.query import parse

DOCUMENTS = [
    Document(
        "power:1", "power", "对占用城市道路的处罚", "拒不改正的，处五百元以上罚款", code="9901-CG-CF-0147",
        facets={"body": ["市", "市/城管"], "category": ["CF"]}, date=dt.date(2026, 1, 3), order="a",
    ),
    Document(
        "power:2", "power", "临时占用公路许可", "因建设施工需要占用的，应当申请", low="占用城市道路",
        facets={"body": ["市", "市/交通"], "category": ["XK"]}, date=dt.date(2026, 3, 1), order="c",
    ),
    Document(
        "power:3", "power", "道路运输检查", "检查 A3区 车辆的 PM2.5 排放",
        facets={"body": ["市", "市/交通"], "category": ["JC"]}, date=dt.date(2026, 2, 1), order="b",
    ),
    Document(
        "case:1", "case", "违规占用道路收费", "退还 1,000 元",
        facets={"body": ["县"]}, date=dt.date(2025, 5, 5),
    ),
    Document("case:2", "case", "A tale of two roads", "naïve fees", language="en"),
]  # fmt: skip


@pytest.fixture
def filled(engine: Engine) -> Engine:
    engine.index(DOCUMENTS)
    return engine


def ask(engine: Engine, q: str, **how: object) -> Hits:
    return engine.search(parse(q), **how)  # type: ignore[arg-type]


def found(engine: Engine, q: str, **how: object) -> set[str]:
    hits = ask(engine, q, **how)
    assert hits.total == len(hits.ids)
    return set(hits.ids)


def test_it_works(filled: Engine) -> None:
    assert ask(filled, "占用 城市").ids == ["power:1", "power:2"]
    assert filled.count() == 5
    assert filled.ids() == {d.id for d in DOCUMENTS}


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("占用", {"power:1", "power:2", "case:1"}),
        ("佔用道路", {"case:1"}),
        ("占用 -公路", {"power:1", "case:1"}),
        ("-占用", {"power:3", "case:2"}),
        ("-占用 -检查", {"case:2"}),
        ("公路 OR 运输", {"power:2", "power:3"}),
        ("运输 OR -占用", {"power:3", "case:2"}),
        ("运输 OR -占用 -tale", {"power:3"}),
        ('"道路 运输"', set()),
        ("区", {"power:3"}),
        ("-区 运输", set()),
        ("a3", {"power:3"}),
        ("a", {"case:2"}),
        ("a3区", {"power:3"}),
        ("pm2.5", {"power:3"}),
        ("pm2", {"power:3"}),
        ("pm", set()),
        ("NAIVE", {"case:2"}),
        ("road", set()),
        ("two roads", {"case:2"}),
        ("9901-CG-CF-0147", {"power:1"}),
        ("9901cgcf0147", {"power:1"}),
        ("路的处罚拒", set()),
        ("处罚 罚款", {"power:1"}),
        ("的", {"power:1", "power:2", "power:3"}),
        ("不存在的词", set()),
        ("", {d.id for d in DOCUMENTS}),
        ("！？", {d.id for d in DOCUMENTS}),
    ],
)
def test_a_query_matches_what_contains_it(filled: Engine, q: str, ids: set[str]) -> None:
    assert found(filled, q) == ids


def test_the_title_counts_twice_and_low_text_least(engine: Engine) -> None:
    pad = "其他内容" * 5
    engine.index(
        [
            Document("d:low", "d", pad, pad, low="占用道路"),
            Document("d:title", "d", "占用道路" + pad, pad),
            Document("d:body", "d", pad, "占用道路" + pad),
        ]
    )
    assert ask(engine, "占用道路").ids == ["d:title", "d:body", "d:low"]


def test_a_code_comes_first(engine: Engine) -> None:
    engine.index([Document("d:text", "d", "见 CF0147 号"), Document("d:code", "d", "处罚", code="CF0147")])
    assert ask(engine, "cf0147").ids == ["d:code", "d:text"]


def test_by_date_newest_first(filled: Engine) -> None:
    assert ask(filled, "", sort="date").ids == ["power:2", "power:3", "power:1", "case:1", "case:2"]
    assert ask(filled, "占用", sort="date").ids == ["power:2", "power:1", "case:1"]


def test_in_the_order_of_the_list(filled: Engine) -> None:
    assert ask(filled, "", sort="order", filters={"kind": ["power"]}).ids == ["power:1", "power:3", "power:2"]


def test_relevance_without_words_is_the_date(filled: Engine) -> None:
    assert ask(filled, "").ids == ask(filled, "", sort="date").ids
    assert ask(filled, "-占用").ids == ask(filled, "-占用", sort="date").ids


def test_filters_are_or_within_and_and_across(filled: Engine) -> None:
    assert found(filled, "", filters={"category": ["CF", "XK"]}) == {"power:1", "power:2"}
    assert found(filled, "", filters={"category": ["CF", "XK"], "body": ["市/交通"]}) == {"power:2"}
    assert found(filled, "占用", filters={"kind": ["case"]}) == {"case:1"}
    assert found(filled, "", filters={"body": []}) == {d.id for d in DOCUMENTS}
    assert found(filled, "", filters={"body": ["没有"]}) == set()
    assert found(filled, "", filters={"body": ["x' OR 1=1 --", "*"]}) == set()


def test_facets_exclude_their_own_filter(filled: Engine) -> None:
    hits = ask(filled, "占用", filters={"kind": ["power"]}, facets=["kind", "body", "category"])
    assert hits.total == 2
    assert hits.facets == {
        "kind": {"power": 2, "case": 1},
        "body": {"市": 2, "市/交通": 1, "市/城管": 1},
        "category": {"CF": 1, "XK": 1},
    }


def test_facets_count_what_is_found(filled: Engine) -> None:
    """Each number beside a box is how many there are when it is the only one chosen in its block."""
    filters = {"kind": ["power"], "body": ["市/交通"]}
    hits = ask(filled, "", filters=filters, facets=["kind", "body", "category"])
    for facet, counts in hits.facets.items():
        assert list(counts.values()) == sorted(counts.values(), reverse=True)
        for value, count in counts.items():
            assert ask(filled, "", filters={**filters, facet: [value]}).total == count


def test_pages_by_offset_and_by_cursor(engine: Engine) -> None:
    engine.index(
        Document(
            f"d:{n:02}",
            "d",
            "道路" + "很长" * (n % 5),
            date=dt.date(2026, 1, 1 + n % 3),
            order=str(n % 4),
        )
        for n in range(25)
    )
    for sort in ("relevance", "date", "order"):
        whole = ask(engine, "道路", sort=sort, limit=100).ids
        assert len(whole) == len(set(whole)) == 25
        pages = [ask(engine, "道路", sort=sort, limit=10, offset=offset).ids for offset in (0, 10, 20)]
        assert [id for page in pages for id in page] == whole
        assert _by_cursor(engine, sort) == whole


def _by_cursor(engine: Engine, sort: str) -> list[str]:
    ids: list[str] = []
    after = None
    while True:
        hits = ask(engine, "道路", sort=sort, limit=10, after=after)
        assert hits.total == 25
        ids += hits.ids
        if (after := hits.next) is None:
            return ids


def test_nothing_is_asked_for(filled: Engine) -> None:
    hits = ask(filled, "占用", limit=0, facets=["kind"])
    assert (hits.ids, hits.total, hits.next) == ([], 3, None)
    assert hits.facets["kind"] == {"power": 2, "case": 1}


@pytest.mark.parametrize(
    "page", [{"limit": -1}, {"limit": 1001}, {"offset": -1}, {"offset": 9_990, "limit": 20}]
)
def test_pages_are_bounded(filled: Engine, page: dict[str, int]) -> None:
    with pytest.raises(BadPage):
        ask(filled, "占用", **page)


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WyJhIiwgMV0=", "bnVsbA==", "é"])
def test_a_made_up_cursor_is_refused(filled: Engine, cursor: str) -> None:
    with pytest.raises(BadPage):
        ask(filled, "占用", after=cursor)


def test_within_and_without(filled: Engine) -> None:
    assert found(filled, "占用", within=["power:1", "power:3", "nobody:1"]) == {"power:1"}
    assert found(filled, "占用", within=[]) == set()
    assert found(filled, "占用", without=["power:1"]) == {"power:2", "case:1"}
    assert found(filled, "", without=["power:1", "nobody:1"]) == {d.id for d in DOCUMENTS} - {"power:1"}
    hits = ask(filled, "占用", without=["case:1"], facets=["kind"])
    assert hits.facets == {"kind": {"power": 2}}


def test_relaxed_finds_any_telling_pair(filled: Engine) -> None:
    assert found(filled, "占用道路经营") == set()
    hits = ask(filled, "占用道路经营", relaxed=True)
    assert set(hits.ids) == {"power:1", "power:2", "power:3", "case:1"}
    assert hits.ids[0] == "case:1"
    assert "case:1" not in ask(filled, "占用道路经营 -收费", relaxed=True).ids
    assert ask(filled, "-收费", relaxed=True).ids == []
    assert ask(filled, "税", relaxed=True).ids == []
    assert ask(filled, "区", relaxed=True).ids == ["power:3"]


def test_indexing_again_replaces(filled: Engine) -> None:
    filled.index([Document("power:1", "power", "全新的内容", facets={"category": ["QT"]})])
    assert filled.count() == 5
    assert found(filled, "城市") == {"power:2"}
    assert found(filled, "区 OR 全新") == {"power:1", "power:3"}
    assert ask(filled, "", facets=["category"]).facets["category"] == {"JC": 1, "QT": 1, "XK": 1}
    filled.index([DOCUMENTS[0]])
    filled.index([DOCUMENTS[0], DOCUMENTS[0]])
    assert found(filled, "城市") == {"power:1", "power:2"}
    assert filled.count() == 5


def test_a_lone_character_leaves_with_its_document(filled: Engine) -> None:
    filled.delete(["power:3"])
    assert found(filled, "区") == set()
    assert found(filled, "检") == set()


def test_deleting(filled: Engine) -> None:
    filled.delete(["power:1", "nobody:9"])
    filled.delete([])
    filled.delete(["power:1"])
    assert filled.ids() == {d.id for d in DOCUMENTS} - {"power:1"}
    assert found(filled, "城市") == {"power:2"}
    assert ask(filled, "", facets=["category"]).facets["category"] == {"JC": 1, "XK": 1}


def test_clearing(filled: Engine) -> None:
    filled.clear()
    assert filled.count() == 0
    assert found(filled, "占用") == set()
    filled.index(DOCUMENTS[:1])
    assert found(filled, "占用") == {"power:1"}


def test_a_document_without_text_is_found_by_its_filters(engine: Engine) -> None:
    engine.index([Document("d:1", "d", "", facets={"state": ["open"]}), Document("d:2", "d", "!!", "\0")])
    assert found(engine, "", filters={"state": ["open"]}) == {"d:1"}
    assert found(engine, "-占用") == {"d:1", "d:2"}


def test_ids_and_values_may_hold_anything(engine: Engine) -> None:
    odd = "d:x'\"=;%_\\ 中文"
    engine.index([Document(odd, "d", "道路", facets={"body": ["a=b", "一,二", "*"]})])
    assert found(engine, "道路", filters={"body": ["a=b"]}) == {odd}
    assert ask(engine, "道路", facets=["body"]).facets["body"] == {"*": 1, "a=b": 1, "一,二": 1}
    engine.delete([odd])
    assert engine.count() == 0


def test_a_thousand_words_in_one_text(engine: Engine) -> None:
    engine.index([Document("d:1", "d", "x", " ".join(f"w{n}" for n in range(40_000)) + "字" * 20_000)])
    assert found(engine, "w39999") == {"d:1"}
    assert found(engine, "字" * 40) == {"d:1"}
    assert found(engine, '"w17 w18"') == {"d:1"}
    assert found(engine, '"w18 w17"') == set()
