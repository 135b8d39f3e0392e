"""Public pages are kept until anything changes; nothing that is not for everybody is ever kept."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from config import page_cache
from django.core.cache import cache
from django.test import Client
from workdays import clock

from cms.models import PowerItem
from cms.publishing import generations
from cms.publishing import kept as values
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
PATH = "/power/9901-CG-XK-0001/"


@pytest.fixture(scope="module")
def installed(django_db_setup: None, django_db_blocker: Any) -> Any:
    """What an empty site has, made once: these tests change none of it."""
    from cms import setup
    from tests.support import cities

    with django_db_blocker.unblock():
        from django.core.management import call_command

        cities.wagtail_root()
        setup.install()
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(autouse=True)
def kept(settings: Any) -> None:
    settings.PAGE_CACHE_SECONDS = 300


def stand_in(**instead: Any) -> Any:
    """The cache, with some of its methods replaced."""
    real = {"get": cache.get, "set": cache.set, "get_or_set": cache.get_or_set}
    return SimpleNamespace(**(real | instead))


def published() -> PowerItem:
    return making.item("占用道路的许可", code="9901-CG-XK-0001")


def test_it_works(client: Any, django_assert_num_queries: Any) -> None:
    published()
    first = client.get(PATH)
    with django_assert_num_queries(0):
        second = client.get(PATH)
    assert (first.status_code, second.content) == (200, first.content)
    for name in ("Content-Type", "Content-Language", "Content-Security-Policy", "Referrer-Policy"):
        assert second[name] == first[name]


def test_who_has_it_already_gets_304(client: Any) -> None:
    published()
    tag = client.get(PATH)["ETag"]
    again = client.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(PATH, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_change_shows_at_once(client: Any, commits: Any) -> None:
    item = published()
    assert "占用道路的许可" in client.get(PATH).text
    item.name = "临时占用道路的许可"
    with commits():
        item.save_revision().publish()
    assert "临时占用道路的许可" in client.get(PATH).text
    with commits():
        item.unpublish()
    assert client.get(PATH).status_code == 410


def test_a_page_that_names_it_changes_too(client: Any, commits: Any) -> None:
    organisation = published().organisation
    assert organisation.name in client.get(PATH).text
    organisation.name = "改名后的局"
    with commits():
        organisation.save_revision().publish()
    assert "改名后的局" in client.get(PATH).text


def test_what_expires_by_date_goes_by_date() -> None:
    item = published()
    assert values.seconds_left("before") == 300
    PowerItem.objects.filter(pk=item.pk).update(expire_at=clock.now() + timedelta(seconds=20))
    assert 0 < values.seconds_left("after") <= 20


def test_drawn_while_something_changed_is_not_shown_again(client: Any, monkeypatch: Any) -> None:
    """It is stored under the generation from before, where nobody looks any more."""
    published()
    real, drawn = page_cache.keepable, []

    def changes_meanwhile(response: Any) -> bool:
        drawn.append(response)
        generations.raise_now()
        return real(response)

    monkeypatch.setattr(page_cache, "keepable", changes_meanwhile)
    client.get(PATH)
    client.get(PATH)
    assert len(drawn) == 2


@pytest.mark.parametrize("broken", ["get", "set"])
def test_a_cache_that_is_down_costs_no_page(
    client: Any, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published()

    def down(*_a: Any, **_k: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(page_cache, "cache", stand_in(**{broken: down}))
    assert client.get(PATH).status_code == 200


def test_a_lost_generation_is_a_new_one() -> None:
    before = generations.current()
    assert generations.current() == before
    cache.delete(generations.KEY)
    assert generations.current() not in (before, "")


@pytest.mark.parametrize(
    "path",
    [
        *("/?q=占用", "/power/?q=abc", "/power/?x=zqk", "/power/?category=占用"),
        *("/search/", "/ledger/", "/stats/", "/api/v1/", "/no-such-page/"),
    ],
)
def test_not_kept(client: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    real = cache.set

    def noted(key: str, *rest: Any, **options: Any) -> Any:
        keys.append(key)
        return real(key, *rest, **options)

    monkeypatch.setattr(page_cache, "cache", stand_in(set=noted))
    client.get(path)
    assert keys == []


def test_the_note_above_would_see_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []
    noted = stand_in(set=lambda key, *_a, **_k: keys.append(key))
    monkeypatch.setattr(page_cache, "cache", noted)
    client.get("/power/")
    assert len(keys) == 1
    assert "/power/" not in keys[0]


@pytest.mark.parametrize("cookie", ["sessionid", "qf_desk", "qf_return", "qf_draft"])
def test_who_is_somebody_is_never_answered_from_it(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    published()
    monkeypatch.setattr(page_cache, "key_of", lambda *_a: pytest.fail("the cache was asked"))
    visitor = Client()
    visitor.cookies[cookie] = "x"
    assert visitor.get(PATH).status_code == 200
