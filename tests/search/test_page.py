"""/search/: what a reader gets for words, filters, odd addresses, and an engine that is down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from outbox.models import Entry

from search import documents, services
from search.engines import disclosures
from search.engines.base import EngineDown, IndexDamaged
from tests.search.conftest import elastic_url
from tests.search.sources import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["fts5", "elasticsearch"])
def city(
    request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Shelf]]:
    """Two kinds with a few documents, on each engine."""
    settings.ELASTICSEARCH_URL = elastic_url() if request.param == "elasticsearch" else ""
    power, case = Shelf("power", "权责事项"), Shelf("case", "典型案例")
    power.put(
        1,
        "对占用道路的处罚",
        "处五百元以上罚款<b>",
        facets={"category": ["CF"], "body": ["交通局"]},
        code="99-1",
    )
    power.put(
        2,
        "临时占用公路许可",
        "申请",
        facets={"category": ["XK"], "body": ["交通局"]},
        date=dt.date(2026, 1, 2),
    )
    power.put(3, "道路运输检查", facets={"category": ["JC"], "body": ["城管局"]})
    case.put(1, "违规占用道路收费", "退还", facets={"body": ["城管局"]})
    monkeypatch.setattr(documents, "_sources", {"power": power, "case": case})
    disclosures().index([*power.iterate(), *case.iterate()])
    disclosures().mark_whole()
    yield {"power": power, "case": case}
    if settings.ELASTICSEARCH_URL:
        disclosures().destroy()  # type: ignore[attr-defined]


def get(client: Client, **params: Any) -> Any:
    return client.get("/search/", params)


def test_it_works(client: Client, city: dict[str, Shelf]) -> None:
    response = get(client, q="占用 道路")
    text = response.content.decode()
    assert response.status_code == 200
    assert '找到 <span class="num">2</span> 项' in text
    assert "对<mark>占用道路</mark>的处罚" in text
    assert 'href="/power/1/"' in text
    assert "行政处罚" in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_in_english(client: Client, city: dict[str, Shelf]) -> None:
    response = client.get("/en/search/", {"q": "占用"})
    assert response.status_code == 200
    assert 'lang="en"' in response.content.decode()
    assert 'lang="zh-Hans"' in response.content.decode()


def test_facets_and_chips(client: Client, city: dict[str, Shelf]) -> None:
    found = get(client, q="占用", category=["CF", "XK"], body="交通局").context["found"]
    assert {hit.document.id for hit in found.hits} == {"power:1", "power:2"}
    facets = {
        facet.name: {v.code: (v.label, v.count, v.chosen) for v in facet.values} for facet in found.facets
    }
    assert facets["kind"] == {"power": ("权责事项", 2, False)}
    assert facets["category"] == {"CF": ("行政处罚", 1, True), "XK": ("行政许可", 1, True)}
    assert facets["body"] == {"交通局": ("交通局", 2, True)}
    assert [chip.label for chip in found.chips] == ["行政处罚", "行政许可", "交通局"]
    assert "category=XK" in found.chips[0].url
    assert "category=CF" not in found.chips[0].url
    assert "category" not in found.clear_url


def test_every_number_beside_a_box_is_what_it_brings(client: Client, city: dict[str, Shelf]) -> None:
    found = get(client, q="占用").context["found"]
    for facet in found.facets:
        for value in facet.values:
            assert get(client, q="占用", **{facet.name: value.code}).context["found"].total == value.count


def test_nothing_found_says_what_would_help(client: Client, city: dict[str, Shelf]) -> None:
    response = get(client, q="运输 收费 -道路")
    assert "没有找到“运输 收费 -道路”" in response.content.decode()
    response = get(client, q="公路", category="JC")
    text = response.content.decode()
    assert "去掉筛选条件“JC”" in text
    assert "会多出 1 项" in text
    assert "请告诉我们" in text


def test_words_that_are_found_by_themselves_are_offered(client: Client, city: dict[str, Shelf]) -> None:
    found = get(client, q="运输 收费 -道路").context["found"]
    assert {chip.label for chip in found.other_words} == {"运输", "收费"}


def test_some_of_the_words_are_better_than_nothing_and_it_says_so(
    client: Client, city: dict[str, Shelf]
) -> None:
    response = get(client, q="占用道路经营")
    assert response.context["found"].relaxed
    assert "没有一项含有“占用道路经营”的全部字词" in response.content.decode()


@pytest.mark.parametrize("page", ["2", "99999999", "0", "-1", "abc", "１", "1e3", "9" * 50, "\0"])
def test_a_page_that_does_not_exist(client: Client, city: dict[str, Shelf], page: str) -> None:
    response = get(client, q="占用", page=page)
    assert response.status_code == 404
    text = response.content.decode()
    assert "没有第" in text or "没有这一页" in text
    assert "看最后一页" in text


def test_pages(client: Client, city: dict[str, Shelf], monkeypatch: pytest.MonkeyPatch) -> None:
    disclosures().index([city["power"].documents[city["power"].put(n, f"桥梁 {n}")] for n in range(100, 145)])
    seen = []
    for page in (1, 2, 3):
        found = get(client, q="桥梁", page=page).context["found"]
        assert (found.total, found.pages) == (45, 3)
        seen += [hit.document.id for hit in found.hits]
        assert bool(found.next_url) == (page < 3)
        assert bool(found.previous_url) == (page > 1)
    assert len(set(seen)) == 45
    assert (found.first, found.last) == (41, 45)


@pytest.mark.parametrize(
    "params",
    [
        {"q": ""},
        {"q": "\0"},
        {"q": "！？"},
        {"q": '"'},
        {"q": "OR"},
        {"q": "字" * 5000},
        {"q": " ".join(f"w{n}" for n in range(200))},
        {"q": "' OR 1=1 --"},
        {"q": "<script>alert(1)</script>"},
        {"q": "占用", "category": ["x"] * 500},
        {"q": "占用", "category": "\0"},
        {"q": "占用", "sort": "nonsense"},
        {"q": "占用", "kind": "nobody"},
        {"q": "占用", "body": "x" * 5000},
        {"q": ["a", "b"]},
    ],
)
def test_odd_addresses_get_a_page(client: Client, city: dict[str, Shelf], params: dict[str, Any]) -> None:
    response = get(client, **params)
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_a_long_query_says_that_it_was_cut(client: Client, city: dict[str, Shelf]) -> None:
    assert "您写得太长了" in get(client, q="字" * 500).content.decode()
    assert "没有可以查找的字" in get(client, q="！？").content.decode()


def test_only_reading(client: Client, city: dict[str, Shelf]) -> None:
    assert client.post("/search/", {"q": "占用"}).status_code == 405
    assert client.head("/search/").status_code == 200


def test_what_is_no_longer_disclosed_is_neither_shown_nor_counted(
    client: Client, city: dict[str, Shelf]
) -> None:
    """Even before the index has heard of it."""
    del city["power"].documents["power:1"]
    found = get(client, q="占用").context["found"]
    assert {hit.document.id for hit in found.hits} == {"power:2", "case:1"}
    assert found.total == 2
    assert {v.code: v.count for v in found.facets[0].values} == {"power": 1, "case": 1}


def test_an_engine_that_is_down_gets_a_sentence(
    client: Client, city: dict[str, Shelf], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*args: Any, **options: Any) -> None:
        raise EngineDown("Timeout")

    with monkeypatch.context() as patch:
        patch.setattr(disclosures(), "search", down)
        response = get(client, q="隐秘的词")
        assert response.status_code == 503
        assert "现在不能搜索" in response.content.decode()
        assert 'value="隐秘的词"' in response.content.decode()
        assert "隐秘" not in caplog.text
    assert get(client, q="占用").status_code == 200


def test_lists_elsewhere_go_on_without_the_engine(
    rf: Any, city: dict[str, Shelf], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **options: Any) -> None:
        raise EngineDown("Timeout")

    with monkeypatch.context() as patch:
        patch.setattr(disclosures(), "search", down)
        found = services.facet_list(rf.get("/power/"), kinds=["power"])
        assert (found.status, found.down, found.total) == (200, True, 3)
        assert found.object_ids("power") == [1, 2, 3]
        assert services.facet_list(rf.get("/power/?q=x"), kinds=["power"]).status == 503


def test_a_damaged_index_asks_for_a_rebuild_once(
    client: Client, city: dict[str, Shelf], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*args: Any, **options: Any) -> None:
        raise IndexDamaged("malformed")

    with monkeypatch.context() as patch:
        patch.setattr(disclosures(), "search", damaged)
        assert get(client, q="占用").status_code == 503
        assert get(client, q="占用").status_code == 503
    assert Entry.objects.filter(kind="search.rebuild").count() == 1


def test_a_list_of_one_kind(rf: Any, city: dict[str, Shelf]) -> None:
    found = services.facet_list(rf.get("/power/?category=CF&category=JC"), kinds=["power"])
    assert sorted(found.object_ids("power")) == [1, 3]
    assert [facet.name for facet in found.facets] == ["category", "body"]


def test_the_queries_of_a_page_are_bounded(
    client: Client, city: dict[str, Shelf], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4):
        get(client, q="占用")
