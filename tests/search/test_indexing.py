"""The index follows what is disclosed: by the outbox, by a rebuild, by comparison."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from outbox.models import Entry
from outbox.services import enqueue, run_due

from search import documents, indexing
from search.documents import Document
from search.engines import current, disclosures
from search.engines.base import Engine, EngineDown, IndexDamaged
from search.query import parse
from tests.faults.twice import as_once
from tests.search.conftest import elastic_url
from tests.search.sources import Shelf

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["fts5", "elasticsearch"])
def shelf(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """One source of power items, and an index of each sort."""
    settings.ELASTICSEARCH_URL = elastic_url() if request.param == "elasticsearch" else ""
    shelf = Shelf("power", "权责事项")
    monkeypatch.setattr(documents, "_sources", {"power": shelf})
    disclosures().mark_whole()  # there is nothing yet, and all of it is in
    yield shelf
    engine = disclosures()
    if settings.ELASTICSEARCH_URL:
        engine.destroy()  # type: ignore[attr-defined]


def found(q: str) -> list[str]:
    return sorted(disclosures().search(parse(q)).ids)


def test_published_is_found_and_withdrawn_is_not(shelf: Shelf) -> None:
    id = shelf.put(1, "占用道路")
    enqueue(kind="search.index", ref=id)
    run_due()
    assert found("占用") == [id]
    shelf.put(1, "挖掘道路")
    enqueue(kind="search.index", ref=id)
    run_due()
    assert found("占用") == []
    assert found("挖掘") == [id]
    del shelf.documents[id]
    enqueue(kind="search.index", ref=id)
    run_due()
    assert found("挖掘") == []
    assert not Entry.objects.filter(done_at=None).exists()


def test_doing_it_twice_changes_nothing(shelf: Shelf) -> None:
    id = shelf.put(1, "占用道路")
    for _ in range(3):
        enqueue(kind="search.index", ref=id)
    run_due()
    assert disclosures().count() == 1


def test_a_worker_that_dies_in_between_does_no_harm(shelf: Shelf) -> None:
    id = shelf.put(1, "占用道路")
    as_once("search.index", id, lambda: found("占用"))
    shelf.put(2, "占用广场")  # nobody has said so
    as_once("search.rebuild", "disclosures", lambda: found("占用"))
    assert len(found("占用")) == 2


def test_a_kind_that_nobody_registered_is_no_error(shelf: Shelf) -> None:
    enqueue(kind="search.index", ref="home:1")
    assert run_due() == 1


def test_the_newer_state_wins_however_the_writers_cross(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing, another process publishes and indexes the next version."""
    id = shelf.put(1, "旧的")
    engine, index, crossed = disclosures(), disclosures().index, []

    def late(batch: Any) -> None:
        if not crossed:
            crossed.append(True)
            shelf.put(1, "新的")
            index([shelf.documents[id]])
        index(batch)

    monkeypatch.setattr(engine, "index", late)
    indexing.write(engine, id)
    assert found("新的") == [id]
    assert found("旧的") == []


def test_many_are_indexed_together_and_each_counts_for_itself(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is gone, one never settles: that one is tried again, the others are done."""
    ids = [shelf.put(n, f"道路 {n}") for n in range(4)]
    disclosures().index([shelf.documents[ids[0]]])
    del shelf.documents[ids[0]]
    get, asked = shelf.get_many, []

    def restless(refs: Any) -> dict[str, Document]:
        asked.append(set(refs))
        if ids[3] in refs:
            shelf.put(3, f"道路 3 {len(asked)}")
        return get(refs)

    monkeypatch.setattr(shelf, "get_many", restless)
    for id in [*ids, ids[1]]:
        enqueue(kind="search.index", ref=id)
    assert run_due() == 4
    assert asked[:3] == [set(ids), set(ids), {ids[3]}]
    assert list(Entry.objects.filter(done_at=None).values_list("ref", "error")) == [(ids[3], "Unsettled")]
    assert {*ids[1:3]} <= set(found("道路"))
    assert ids[0] not in found("道路")


def test_an_engine_that_is_down_leaves_the_entry_open(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(batch: Any) -> None:
        raise EngineDown("Timeout")

    id = shelf.put(1, "占用道路")
    entry = enqueue(kind="search.index", ref=id)
    with monkeypatch.context() as patch:
        patch.setattr(disclosures(), "index", down)
        assert run_due() == 0
    entry.refresh_from_db()
    assert (entry.done_at, entry.error) == (None, "EngineDown")
    Entry.objects.update(due_at=entry.created_at)
    run_due()
    assert found("占用") == [id]


def test_a_rebuild_brings_everything_and_drops_the_rest(shelf: Shelf) -> None:
    disclosures().index([Document("power:9", "power", "早已撤下")])
    ids = [shelf.put(n, f"道路 {n}") for n in range(3)]
    out = StringIO()
    call_command("search_rebuild", stdout=out)
    assert "\n3 documents" in out.getvalue()
    assert found("道路") == ids
    assert found("撤下") == []
    call_command("search_rebuild", stdout=out)
    assert found("道路") == ids


def test_a_rebuild_replays_what_changes_meanwhile_and_never_answers_nothing(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        shelf.put(n, f"道路 {n}")
    call_command("search_rebuild", stdout=StringIO())
    whole, seen = shelf.iterate, []

    def changing() -> Iterator[Document]:
        """While the new index is filled, one is withdrawn, one changed, one published."""
        for number, document in enumerate(list(whole())):
            yield document
            seen.append(len(found("道路")))
            if number == 3:
                del shelf.documents["power:0"]
                shelf.put(1, "桥梁")
                shelf.put(7, "道路 7")
                for key in (0, 1, 7):
                    enqueue(kind="search.index", ref=f"power:{key}")
                run_due()

    monkeypatch.setattr(shelf, "iterate", changing)
    assert indexing.rebuild() == 4
    assert seen == [4, 4, 4, 4]
    assert found("道路") == ["power:2", "power:3", "power:7"]
    assert found("桥梁") == ["power:1"]


def test_a_change_between_replay_and_swap_is_not_lost(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(1, "道路")
    swap = current.swap

    def late(new: Engine) -> None:
        id = shelf.put(2, "桥梁")
        enqueue(kind="search.index", ref=id)
        run_due()
        swap(new)

    monkeypatch.setattr(current, "swap", late)
    indexing.rebuild()
    assert found("桥梁") == ["power:2"]


def test_a_rebuild_that_fails_changes_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put(1, "道路")
    call_command("search_rebuild", stdout=StringIO())

    def broken() -> Iterator[Document]:
        yield Document("power:2", "power", "桥梁")
        raise EngineDown("Timeout")

    monkeypatch.setattr(shelf, "iterate", broken)
    with pytest.raises(CommandError, match="the old index stays in use"):
        call_command("search_rebuild")
    assert found("道路") == ["power:1"]
    assert found("桥梁") == []


def test_an_index_that_lost_documents_is_not_taken_into_use(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(1, "道路")
    call_command("search_rebuild", stdout=StringIO())
    fresh = current.fresh

    def forgetful() -> Engine:
        engine = fresh()
        monkeypatch.setattr(engine, "index", lambda batch: None)
        return engine

    monkeypatch.setattr(current, "fresh", forgetful)
    with pytest.raises(CommandError, match="RebuildFailed"):
        call_command("search_rebuild")
    assert found("道路") == ["power:1"]


def test_reconcile_mends_both_ways(shelf: Shelf) -> None:
    shelf.put(1, "道路")
    shelf.put(2, "桥梁")
    stale = [Document("power:9", "power", "x"), Document("old:1", "old", "y")]
    disclosures().index([shelf.documents["power:1"], *stale])
    with pytest.raises(CommandError, match="differs"):
        call_command("search_reconcile", "--check", stdout=StringIO())
    assert disclosures().count() == 3
    out = StringIO()
    call_command("search_reconcile", stdout=out)
    assert out.getvalue() == "1 missing, 2 too many, 0 old.\n"
    assert disclosures().ids() == {"power:1", "power:2"}
    call_command("search_reconcile", "--check", stdout=out)


@pytest.mark.parametrize("shelf", ["fts5"], indirect=True)
def test_a_damaged_index_is_built_anew_by_the_outbox(shelf: Shelf) -> None:
    id = shelf.put(1, "道路")
    call_command("search_rebuild", stdout=StringIO())
    file = current._file_in_use()
    disclosures().close()  # type: ignore[attr-defined]
    file.write_bytes(b"nothing of a database" * 1000)
    with pytest.raises(IndexDamaged):
        found("道路")
    entry = enqueue(kind="search.index", ref=id)
    run_due()
    Entry.objects.filter(done_at=None).update(due_at=entry.created_at)
    run_due()
    run_due()
    assert found("道路") == [id]
