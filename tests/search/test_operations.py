"""Whoever runs the site sees how the index is (/readyz, a report); a wiped one never looks empty."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from config import health, setting_up
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from outbox.models import Entry
from outbox.services import enqueue, run_due
from workdays import clock

from cms import setup
from search import documents, indexing, lock, tasks
from search.documents import Document
from search.engines import current, disclosures
from search.engines.base import EngineDown
from search.query import parse
from tests.search.conftest import elastic_url
from tests.search.sources import Shelf

pytestmark = pytest.mark.django_db
URL = "/admin/reports/search-index/"


@pytest.fixture(params=["elasticsearch" if os.environ.get("ELASTICSEARCH_URL") else "fts5"])
def shelf(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Three items, indexed, on the engine of the tier."""
    settings.ELASTICSEARCH_URL = elastic_url() if request.param == "elasticsearch" else ""
    shelf = Shelf("power", "权责事项")
    for n in range(3):
        shelf.put(n, f"道路 {n}")
    monkeypatch.setattr(documents, "_sources", {"power": shelf})
    indexing.rebuild()
    yield shelf
    if settings.ELASTICSEARCH_URL:
        for engine in (current.building(), current.previous(), disclosures()):
            if engine is not None:
                engine.destroy()  # type: ignore[attr-defined]


def found(q: str = "道路") -> list[str]:
    return sorted(disclosures().search(parse(q)).ids)


def wipe(settings: Any) -> None:
    """As an operator's mistake does it."""
    if settings.ELASTICSEARCH_URL:
        disclosures().destroy()  # type: ignore[attr-defined]
        current._cache.clear()
    else:
        shutil.rmtree(settings.FIND_DIR)


# Going back, going on --------------------------------------------------------------------------------


def test_going_back_brings_the_index_before_up_to_date(shelf: Shelf) -> None:
    shelf.put(7, "桥梁")
    del shelf.documents["power:0"]
    call_command("search_rebuild", stdout=StringIO())
    shelf.put(8, "桥梁 8")
    enqueue(kind="search.index", ref="power:8")
    run_due()
    disclosures().delete(["power:1"])  # what was wrong with it
    out = StringIO()
    call_command("search_rebuild", "--back", stdout=out)
    assert "Going on with an index of" in out.getvalue()
    assert found() == ["power:1", "power:2"]
    assert found("桥梁") == ["power:7", "power:8"]
    call_command("search_rebuild", "--back", stdout=out)  # and forth
    assert found() == ["power:1", "power:2"]


def test_without_an_index_before_there_is_no_way_back(shelf: Shelf) -> None:
    assert current.previous() is None
    with pytest.raises(CommandError, match="no index to go back to"):
        call_command("search_rebuild", "--back")
    assert len(found()) == 3


def test_what_is_withdrawn_leaves_the_index_before_too(shelf: Shelf) -> None:
    call_command("search_rebuild", stdout=StringIO())
    del shelf.documents["power:1"]
    enqueue(kind="search.index", ref="power:1")
    run_due()
    before = current.previous()
    assert before is not None
    assert before.ids() == {"power:0", "power:2"}


def test_a_rebuild_that_died_is_gone_on_with(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        """As if the process was gone."""

    whole = shelf.iterate

    def dying() -> Iterator[Document]:
        for number, document in enumerate(whole()):
            if number == 2:
                raise Died
            yield document

    monkeypatch.setattr(indexing, "BATCH", 1)
    with monkeypatch.context() as patch:
        patch.setattr(shelf, "iterate", dying)
        with pytest.raises(Died):
            indexing.rebuild()
    half = current.building()
    assert half is not None
    assert half.count() == 2
    shelf.put(0, "道路，已改")
    del shelf.documents["power:1"]
    out = StringIO()
    call_command("search_rebuild", stdout=out)
    assert "Going on with an index of 2 documents." in out.getvalue()
    assert "2 documents read, 2 written, 1 taken out." in out.getvalue()
    assert current.building() is None
    assert disclosures().stamps() == {d.id: d.stamp for d in whole()}


def test_one_rebuild_at_a_time(shelf: Shelf) -> None:
    with lock.alone():
        assert lock.taken()
        with pytest.raises(CommandError, match="Another process"):
            call_command("search_rebuild")
        enqueue(kind="search.rebuild", ref="disclosures")
        assert run_due() == 1  # somebody does it already
    assert not lock.taken()
    call_command("search_rebuild", stdout=StringIO())


def test_an_engine_that_does_not_answer_for_a_while_is_waited_for(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, refused, waits = current.fresh, [], []
    monkeypatch.setattr(indexing.time, "sleep", waits.append)

    def flaky() -> Any:
        engine = fresh()
        index = engine.index

        def once(batch: Any) -> None:
            if not refused:
                refused.append(True)
                raise EngineDown("ConnectionError")
            index(batch)

        monkeypatch.setattr(engine, "index", once)
        return engine

    monkeypatch.setattr(current, "fresh", flaky)
    assert indexing.rebuild(patience_s=60) == 3
    assert waits == [indexing._WAITS_S[0]]
    refused.clear()
    with pytest.raises(EngineDown):
        indexing.rebuild(again=True)


# What differs ----------------------------------------------------------------------------------------


def test_reconcile_sees_another_version_of_the_same_document(shelf: Shelf) -> None:
    shelf.put(1, "桥梁")  # and the entry was lost
    with pytest.raises(CommandError, match="differs"):
        call_command("search_reconcile", "--check", stdout=StringIO())
    assert found("桥梁") == []
    tasks.reconcile()
    assert found("桥梁") == ["power:1"]
    assert found() == ["power:0", "power:2"]
    assert not indexing.reconcile(repair=False)


def test_what_is_on_its_way_is_no_difference(shelf: Shelf) -> None:
    shelf.put(1, "桥梁")
    enqueue(kind="search.index", ref="power:1")
    assert not indexing.reconcile(repair=False)


# Wiped -----------------------------------------------------------------------------------------------


def test_a_wiped_index_says_so_and_is_built_anew(
    shelf: Shelf, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wipe(settings)
    answer = client.get("/search/", {"q": "道路"})
    assert answer.status_code == 503
    assert "现在不能搜索" in answer.content.decode()
    assert Entry.objects.filter(kind="search.rebuild", done_at=None).count() == 1
    part = health.search()
    assert (part["ok"], part["whole"], part["documents"]) == (False, False, 0)
    run_due()
    assert health.search()["ok"]
    assert "/power/0/" in client.get("/search/", {"q": "道路"}).content.decode()


def test_the_first_change_after_it_was_wiped_brings_everything(shelf: Shelf, settings: Any) -> None:
    wipe(settings)
    enqueue(kind="search.index", ref=shelf.put(4, "道路 4"))
    run_due()
    assert len(found()) == 4


def test_beat_notices_a_wiped_index(shelf: Shelf, settings: Any) -> None:
    wipe(settings)
    tasks.reconcile()
    assert Entry.objects.filter(kind="search.rebuild", done_at=None).count() == 1


def test_set_up_builds_what_is_missing(shelf: Shelf, settings: Any) -> None:
    wipe(settings)
    said: list[str] = []
    setting_up.index(said.append)
    assert said == ["Index …"]
    assert len(found()) == 3
    setting_up.index(said.append)
    assert said == ["Index …"]


@pytest.mark.parametrize("shelf", ["fts5"], indirect=True)
def test_a_deleted_file_is_not_answered_from(shelf: Shelf, settings: Any) -> None:
    """A connection that is open would go on reading what was deleted; another process would find nothing."""
    assert len(found()) == 3
    for file in Path(settings.FIND_DIR).glob("disclosures-*"):
        file.unlink()
    assert not disclosures().whole()


# Seen from outside -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", ["fts5"], indirect=True)
def test_readyz_says_what_waits(shelf: Shelf) -> None:
    for n in (0, 1):
        enqueue(kind="search.index", ref=f"power:{n}")
    assert health.search()["pending"] == 2
    assert health.search()["ok"]
    Entry.objects.filter(ref="power:1").update(created_at=clock.now() - timedelta(minutes=9))
    part = health.search()
    assert not part["ok"]
    assert part["lag_seconds"] >= 540
    with lock.alone():
        assert health.search()["rebuilding"]


def test_the_broker_is_asked_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refused() -> health.Part:
        asked.append(True)
        raise ConnectionError

    check = health.Remembered(refused, 60)
    assert [check(), check(), check()] == [{"ok": False, "error": "ConnectionError"}] * 3
    assert len(asked) == 1
    check.seconds = 0
    check()
    assert len(asked) == 2
    assert isinstance(health.CHECKS["broker"], health.Remembered)


@pytest.fixture
def staff(wagtail_root: Any, settings: Any) -> Any:
    """Logs a member of a group in; what a session must show besides is tested with accounts."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]
    setup.install()

    def member(group: str = "", **more: Any) -> Client:
        user = get_user_model().objects.create(username=group or "nobody", is_staff=True, **more)
        if group:
            user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return member


@pytest.mark.parametrize("shelf", ["fts5"], indirect=True)
def test_the_report_is_for_editors_and_the_button_for_who_publishes(
    shelf: Shelf, staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, moderator = staff(setup.EDITORS), staff(setup.MODERATORS)
    assert Client().get(URL).status_code == 302
    assert staff().get(URL).status_code == 302
    enqueue(kind="search.index", ref="power:1")
    page = editor.get(URL)
    assert page.status_code == 200
    assert (page.context["state"].documents, page.context["state"].pending) == (3, 1)
    assert "SQLite FTS5" in page.content.decode()
    assert 'name="rebuild"' not in page.content.decode()
    assert editor.post(URL).status_code in (302, 403)
    assert not Entry.objects.filter(kind="search.rebuild").exists()
    assert 'name="rebuild"' in moderator.get(URL).content.decode()
    assert moderator.post(URL).url == URL
    assert Entry.objects.filter(kind="search.rebuild").count() == 1
    tasks.reconcile()
    assert "改正 0 处" in editor.get(URL).content.decode()

    def down() -> int:
        raise EngineDown("Timeout")

    monkeypatch.setattr(disclosures(), "count", down)
    page = editor.get(URL)
    assert page.status_code == 200
    assert "EngineDown" in page.content.decode()
