"""Hits of a search are drawn once and kept until anything that is published changes."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from workdays import clock

from cms.models import PowerItem
from cms.publishing import generations, kept
from search import documents
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture(autouse=True)
def keeping(settings: Any) -> None:
    settings.PAGE_CACHE_SECONDS = 300


def stand_in(**instead: Any) -> Any:
    """The cache, with some of its methods replaced."""
    real = {name: getattr(cache, name) for name in ("get_many", "set_many", "get_or_set")}
    return SimpleNamespace(**(real | instead))


def asked(ids: list[str], language: str = "zh-hans") -> tuple[dict[str, Any], int]:
    """The hits, and how many questions they cost."""
    with CaptureQueriesContext(connection) as seen:
        found = documents.shown(ids, language)
    return found, len(seen)


def test_it_is_drawn_once() -> None:
    items = [making.item(f"第{n}号许可") for n in range(3)]
    ids = [f"power:{item.pk}" for item in items]
    first, cost = asked(ids)
    again, less = asked(ids)
    assert again == first
    assert cost > 5
    assert less == 0
    more, some = asked([*ids, f"power:{making.item('另一号许可').pk}"])
    assert len(more) == 4
    assert some > 5
    assert asked(ids, "en")[0][ids[0]].url.startswith("/en/")


def test_what_changes_is_drawn_anew(commits: Any) -> None:
    item = making.item("旧名许可")
    key = f"power:{item.pk}"
    assert asked([key])[0][key].title == "旧名许可"
    item.name = "新名许可"
    with commits():
        item.save_revision().publish()
    assert asked([key])[0][key].title == "新名许可"
    with commits():
        PowerItem.objects.get(pk=item.pk).unpublish()
    assert asked([key])[0] == {}


def test_the_number_of_items_is_counted_once_and_is_right(client: Any, commits: Any) -> None:
    def said(query: str) -> int:
        found = client.get(f"/power/?q={query}").content.decode()
        return int(found.partition('<label for="q">')[2].partition('<span class="num">')[2].partition("<")[0])

    before = said("甲")
    with CaptureQueriesContext(connection) as seen:
        assert said("乙") == before
    assert not [
        row for row in seen.captured_queries if "COUNT(*)" in row["sql"] and "cms_poweritem" in row["sql"]
    ]
    with commits():
        item = making.item("新添的许可")
    assert said("丙") == before + 1
    with commits():
        PowerItem.objects.get(pk=item.pk).unpublish()
    assert said("丁") == before


def test_what_expires_by_date_is_not_kept_beyond_it(monkeypatch: Any) -> None:
    item = making.item("将到期的许可")
    PowerItem.objects.filter(pk=item.pk).update(expire_at=clock.now() + timedelta(seconds=20))
    given: list[float] = []
    monkeypatch.setattr(kept, "cache", stand_in(set_many=lambda _rows, timeout: given.append(timeout)))
    asked([f"power:{item.pk}"])
    assert 0 < given[0] <= 20


def test_drawn_while_something_changed_is_not_shown_again() -> None:
    item = making.item("许可")
    key = f"power:{item.pk}"

    def changing(ids: Any) -> dict[str, Any]:
        generations.raise_now()
        return dict.fromkeys(ids, "before")

    assert kept.by_id("test", [key], changing) == {key: "before"}
    assert kept.by_id("test", [key], lambda ids: dict.fromkeys(ids, "after")) == {key: "after"}


def test_an_incident_leaves_nothing_of_it() -> None:
    key = f"power:{making.item('误公开的许可').pk}"
    asked([key])
    assert asked([key])[1] == 0
    generations.forget_pages()
    assert asked([key])[1] > 0


@pytest.mark.parametrize("broken", ["get_many", "set_many"])
def test_without_the_cache_it_is_drawn(monkeypatch: Any, broken: str) -> None:
    key = f"power:{making.item('许可').pk}"

    def fails(*_args: Any, **_more: Any) -> Any:
        raise ConnectionError("down")

    monkeypatch.setattr(kept, "cache", stand_in(**{broken: fails}))
    assert asked([key])[0][key].title == "许可"


def test_a_long_file_is_not_kept() -> None:
    drawn: list[int] = []

    def draw(ids: Any) -> dict[str, Any]:
        drawn.append(len(ids))
        return {}

    kept.by_id("test", [f"power:{n}" for n in range(kept.MANY + 1)], draw)
    kept.by_id("test", [], draw)
    assert drawn == [kept.MANY + 1, 0]
