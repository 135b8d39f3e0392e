"""What the public gets beyond a page of hits: synonyms, dates, suggestions, feed, files, limits."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from search import documents, limits, synonyms, views
from search.documents import Document
from search.engines import disclosures
from search.engines.base import Engine, EngineDown
from search.meaning import likeness
from search.models import MOST_WORDS, Synonym
from search.widening import understood
from tests.search.conftest import elastic_url
from tests.search.sources import Shelf

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(params=["fts5", "elasticsearch"])
def shelf(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Five published things on each engine; every limit counts from nothing."""
    settings.ELASTICSEARCH_URL = elastic_url() if request.param == "elasticsearch" else ""
    cache.clear()
    shelf = Shelf("power", "权责事项")
    shelf.put(1, "对占用城市道路的处罚", "处500元罚款", date=dt.date(2026, 1, 1), code="99-CF-1")
    shelf.put(2, "受理检举", "控告也受理", date=dt.date(2026, 2, 1))
    shelf.put(3, "违反治安管理处罚法的处理", "第三十四条", date=dt.date(2026, 3, 1))
    shelf.put(4, "=1+1 公式", "表格", date=dt.date(2025, 1, 1))
    shelf.put(5, "没有日期的占用", "道路")
    monkeypatch.setattr(documents, "_sources", {"power": shelf})
    disclosures().index(shelf.iterate())
    disclosures().mark_whole()
    yield shelf
    if settings.ELASTICSEARCH_URL:
        disclosures().destroy()  # type: ignore[attr-defined]


def ids(client: Client, **params: Any) -> set[str]:
    found = client.get("/search/", params).context["found"]
    assert found.total == len(found.hits)
    return {hit.document.id for hit in found.hits}


# Synonyms ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_groups_of_the_installation(db: None) -> None:
    """A new site has a few groups of synonyms; each test here tells its own."""
    Synonym.objects.all().delete()
    synonyms.forget()


@pytest.fixture
def told(django_capture_on_commit_callbacks: Any) -> Any:
    """Saves a group as an editor does, with what happens on commit."""

    def tell(words: str, **rest: Any) -> Synonym:
        with django_capture_on_commit_callbacks(execute=True):
            return Synonym.objects.create(words=words, **rest)

    return tell


def test_a_synonym_is_found_without_a_rebuild(
    client: Client, shelf: Shelf, told: Any, django_capture_on_commit_callbacks: Any
) -> None:
    Synonym.objects.all().delete()
    synonyms.forget()
    assert not client.get("/search/", {"q": "举报"}).context["found"].total
    group = told("举报\n检举\n控告")
    assert ids(client, q="举报") == {"power:2"}
    page = client.get("/search/", {"q": "举报"}).content.decode()
    assert "也找了：检举、控告" in page
    assert "<mark>检举</mark>" in page
    assert ids(client, q="受理举报") == {"power:2"}, "as a part of a word too"
    assert not client.get("/search/", {"q": '"举报"'}).context["found"].total, (
        "what is quoted is what is written"
    )
    assert "power:2" in ids(client, q="-举报"), "what is excluded too"
    with django_capture_on_commit_callbacks(execute=True):
        group.delete()
    assert not client.get("/search/", {"q": "举报"}).context["found"].total


def test_short_names_of_laws(client: Client, shelf: Shelf, told: Any) -> None:
    told("治安法\n治安管理处罚法")
    assert ids(client, q="治安法") == {"power:3"}
    assert ids(client, q="治安法第34条") <= {"power:3"}
    assert ids(client, q="治安法 第34条") == {"power:3"}
    told("甲法\n治安管理处罚法", active=False)
    assert not client.get("/search/", {"q": "甲法"}).context["found"].total


@pytest.mark.parametrize("words", ["", "举报", "举报\n舉報", "举\n报", "字" * 50 + "\n词语", "甲乙\n" * 1])
def test_groups_that_are_none(words: str) -> None:
    with pytest.raises(ValidationError):
        Synonym(words=words).full_clean()


def test_a_group_has_an_end() -> None:
    with pytest.raises(ValidationError):
        Synonym(words="\n".join(f"词语{n}号" for n in range(MOST_WORDS + 1))).full_clean()
    Synonym(words="举报\n检举\n控告").full_clean()


def test_synonyms_are_read_once_a_generation(told: Any, django_assert_num_queries: Any) -> None:
    told("举报\n检举")
    synonyms.table()
    with django_assert_num_queries(0):
        assert synonyms.table()["举报"] == ("检举",)


# Ranking ----------------------------------------------------------------------------------------------


def test_the_exact_name_and_the_exact_code_come_first(engine: Engine) -> None:
    filler = [
        Document(f"d:{n}", "d", f"道路占用许可的办理 道路占用许可 {n}", "道路占用许可 " * 5)
        for n in range(20)
    ]
    named = [
        Document("d:name", "d", "道路占用许可", "另外的很长的内容" * 40),
        Document("d:code", "d", "别的", code="CF-0147"),
    ]
    mentioned = [Document(f"d:m{n}", "d", "见 CF-0147 和 CF0147", "CF-0147") for n in range(5)]
    engine.index([*filler, *named, *mentioned])
    assert engine.search(understood("道路占用许可")).ids[0] == "d:name"
    assert engine.search(understood("cf0147")).ids[0] == "d:code"
    assert engine.search(understood("CF-0147")).ids[0] == "d:code"
    assert engine.search(understood("道路占用许可"), relaxed=True).ids[0] == "d:name"


# Dates, did you mean ----------------------------------------------------------------------------------


def test_a_range_of_dates(client: Client, shelf: Shelf) -> None:
    assert ids(client, **{"from": "2026-01-01", "to": "2026-02-01"}) == {"power:1", "power:2"}
    assert ids(client, to="2025-12-31") == {"power:4"}
    found = client.get("/search/", {"q": "占用", "from": "2026-01-01"}).context["found"]
    assert [chip.label for chip in found.chips] == ["2026-01-01 起"]
    assert found.chosen == 1
    assert "from" not in found.chips[0].url
    assert "from" not in found.clear_url
    for odd in ("2026-13-01", "yesterday", "20260101", "9" * 40, "0000-00-00"):
        assert len(ids(client, **{"from": odd})) == 5
    nothing = client.get("/search/", {"q": "检举", "from": "2026-05-01"}).content.decode()
    assert "会多出 1 项" in nothing


def test_did_you_mean(client: Client, shelf: Shelf) -> None:
    page = client.get("/search/", {"q": "檢剧"})
    assert page.context["found"].meant.label == "检举"
    assert "您要找的是不是" in page.content.decode()
    assert client.get("/search/", {"q": "占用道璐"}).context["found"].meant is None, "no title has 占用道路"
    assert client.get("/search/", {"q": "城市道璐"}).context["found"].meant.label == "城市道路"
    assert client.get("/search/", {"q": "占用"}).context["found"].meant is None
    assert client.get("/search/", {"q": "龘靐齉"}).context["found"].meant is None


@pytest.mark.parametrize(
    ("word", "title", "meant"),
    [
        ("举抱", "受理举报", "举报"),
        ("城市道璐", "占用城市道路", "城市道路"),
        ("道路占用的处法", "道路占用的处罚", "道路占用的处罚"),
        ("执法证", "执证法", "执证法"),
        ("行政可", "行政许可", "行政许可"),
        ("道路", "城市道路", None),
        ("甲乙", "城市道路", None),
        ("城乡", "城市道路", None),
    ],
)
def test_likeness(word: str, title: str, meant: str | None) -> None:
    found = likeness(word, [title])
    assert found == meant


# While typing -----------------------------------------------------------------------------------------


def test_suggestions_are_disclosed_titles(client: Client, shelf: Shelf) -> None:
    response = client.get("/search/suggest/", {"q": "占用"})
    assert response.headers["Cache-Control"] == "public, max-age=60"
    titles = {item["title"]: item["url"] for item in response.json()["suggestions"]}
    assert titles == {"对占用城市道路的处罚": "/power/1/", "没有日期的占用": "/power/5/"}
    del shelf.documents["power:1"]
    titles = {item["title"] for item in client.get("/search/suggest/", {"q": "占用"}).json()["suggestions"]}
    assert titles == {"没有日期的占用"}
    for q in ("", "占", "控告", "！？", "\0", "x" * 5000, '"', "-占用"):
        assert client.get("/search/suggest/", {"q": q}).json() == {"suggestions": []}
    assert client.post("/search/suggest/").status_code == 405


def test_no_suggestion_while_the_engine_is_down(
    client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any, **options: Any) -> None:
        raise EngineDown("Timeout")

    with monkeypatch.context() as patch:
        patch.setattr(disclosures(), "search", down)
        assert client.get("/search/suggest/", {"q": "占用"}).json() == {"suggestions": []}
        for address in ("feed.atom", "results.csv", "results.json"):
            response = client.get(f"/search/{address}", {"q": "占用"})
            assert response.status_code == 503
            assert response.headers["Retry-After"]


# Feed and files ---------------------------------------------------------------------------------------


def test_a_feed_of_a_search_newest_first(client: Client, shelf: Shelf) -> None:
    response = client.get("/search/feed.atom", {"q": "的"})
    assert response.headers["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [
        "违反治安管理处罚法的处理",
        "对占用城市道路的处罚",
        "没有日期的占用",
    ]
    assert all(entry.findtext(f"{ATOM}updated") for entry in feed.iter(f"{ATOM}entry"))


def test_files_of_a_search(client: Client, shelf: Shelf) -> None:
    response = client.get("/search/results.csv", {"sort": "date", "page": "7"})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["power:3", "power:2", "power:1", "power:4", "power:5"]
    assert rows[3]["title"] == "'=1+1 公式", "a spreadsheet runs nothing of it"
    assert rows[0]["url"] == "http://testserver/power/3/"
    answer = json.loads(client.get("/search/results.json", {"q": "占用", "from": "2026-01-01"}).content)
    assert (answer["total"], answer["relaxed"]) == (1, False)
    assert answer["results"][0]["code"] == "99-CF-1"


def test_files_are_bounded(client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_IN_FILE", 2)
    answer = json.loads(client.get("/search/results.json").content)
    assert answer["total"] == 5
    assert len(answer["results"]) == 2


# What has ended ---------------------------------------------------------------------------------------


def test_what_has_ended_is_in_no_count(client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the index has not heard of it, and whatever page it would stand on."""
    now = dt.datetime.now(dt.UTC)
    ends = [("power:5", now - dt.timedelta(seconds=1)), ("power:1", now + dt.timedelta(hours=1))]
    monkeypatch.setattr(shelf, "lapsing", lambda: ends)
    found = client.get("/search/", {"q": "占用"}).context["found"]
    assert [hit.document.id for hit in found.hits] == ["power:1"]
    assert (found.total, found.facets[0].values[0].count) == (1, 1)


# Limits -----------------------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_when_to_come_back(
    client: Client, shelf: Shelf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATELIMIT_ENABLE = True
    monkeypatch.setattr(limits, "NETWORK", 60)
    # Never at the end of a minute; of this module alone, for the cache has a clock of its own.
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    statuses = [client.get("/search/results.csv").status_code for _ in range(2)]
    assert statuses == [200, 429]
    response = client.get("/search/", {"q": "占用"})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert "搜索太频繁" in response.content.decode()
    assert client.get("/search/", {"q": "占用"}, REMOTE_ADDR="198.51.100.9").status_code == 200
    assert client.get("/search/", {"q": "占用"}, REMOTE_ADDR="127.0.0.200").status_code == 429, "one network"
    monkeypatch.setattr(limits, "SITE", 10**6)
    counted = limits._add("search:spent:30000000:site", 0)
    assert client.get("/search/results.csv").status_code == 429
    assert limits._add("search:spent:30000000:site", 0) == counted, "one flood closes it to nobody else"
    settings.RATELIMIT_ENABLE = False
    assert client.get("/search/", {"q": "占用"}).status_code == 200


def test_no_address_and_no_word_is_kept(client: Client, shelf: Shelf, settings: Any) -> None:
    settings.RATELIMIT_ENABLE = True
    seen: list[str] = []
    original = limits._add

    def spy(key: str, units: int) -> int:
        seen.append(key)
        return original(key, units)

    limits._add = spy
    try:
        client.get("/search/", {"q": "隐秘"}, REMOTE_ADDR="203.0.113.7")
    finally:
        limits._add = original
    assert seen
    assert not any("203.0.113" in key or "隐秘" in key for key in seen)


def test_a_cache_that_is_down_costs_no_search(
    client: Client, shelf: Shelf, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATELIMIT_ENABLE = True

    def down(*args: Any) -> int:
        raise ConnectionError

    monkeypatch.setattr(limits, "_add", down)
    assert client.get("/search/", {"q": "占用"}).status_code == 200
