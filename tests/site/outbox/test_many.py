"""A handler that does many at once: each entry is still claimed, done, failed and tried again by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from outbox import claims, registry, services
from outbox.models import Entry
from workdays import clock

pytestmark = pytest.mark.django_db
KIND = "test.many"


class Calls:
    """What a handler was given, at once and singly; `bad` fails by itself, `torn` fails its whole call."""

    def __init__(self) -> None:
        self.many: list[list[str]] = []
        self.single: list[str] = []
        self.bad: set[str] = set()
        self.torn: set[str] = set()
        self.then: Callable[[], None] = lambda: None

    def run(self, ref: str) -> None:
        self.single.append(ref)
        if ref in self.bad | self.torn:
            raise ConnectionError("text that must not be kept")

    def run_many(self, refs: Sequence[str]) -> dict[str, Exception]:
        self.many.append(list(refs))
        self.then()
        if self.torn & set(refs):
            raise RuntimeError
        return {ref: ConnectionError() for ref in refs if ref in self.bad}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))
    calls = Calls()
    registry.handler(KIND, many=calls.run_many)(calls.run)
    registry.handler("test.other")(lambda ref: None)
    return calls


def put(*refs: str, kind: str = KIND) -> list[Entry]:
    return [services.enqueue(kind=kind, ref=ref) for ref in refs]


def left() -> list[tuple[str, int, str]]:
    rows = Entry.objects.filter(done_at=None).order_by("pk")
    return list(rows.values_list("ref", "attempts", "error"))


def test_many_go_in_one_call_and_the_same_once(calls: Calls) -> None:
    put("a", "b")
    put("x", kind="test.other")
    put("a", "c", "a")
    assert services.run_due() == 6
    assert (calls.many, calls.single) == ([["a", "b", "c"]], [])
    assert left() == []
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    row = Entry.objects.filter(ref="a").last()
    assert row is not None
    assert (row.created_at, row.due_at, row.done_at, row.claimed_until) == (*[midnight] * 3, None)


def test_only_what_failed_is_tried_again(calls: Calls) -> None:
    calls.bad = {"b"}
    put("a", "b", "c", "b")
    assert services.run_due() == 2
    assert left() == [("b", 1, "ConnectionError")] * 2
    assert services.run_due() == 0, "not before its time"
    calls.bad = set()
    Entry.objects.filter(done_at=None).update(due_at=clock.now())
    assert services.run_due() == 2
    assert calls.many[1:] == [["b"]]


def test_a_call_that_breaks_stops_none_of_the_others(calls: Calls) -> None:
    calls.torn = {"b"}
    put("a", "b", "c")
    assert services.run_due() == 2
    assert calls.single == ["a", "b", "c"]
    assert left() == [("b", 1, "ConnectionError")]


def test_who_dies_after_the_effect_leaves_all_of_them_to_the_next(calls: Calls) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    put("a", "b")
    calls.then = die
    with pytest.raises(KeyboardInterrupt):
        services.run_due()
    calls.then = lambda: None
    assert services.run_due() == 0, "whoever died might be alive: the claim lasts"
    Entry.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert services.run_due() == 2
    assert calls.many == [["a", "b"]] * 2


def test_what_another_took_since_is_not_marked(calls: Calls) -> None:
    first, _ = put("a", "b")
    later = clock.now() + timedelta(minutes=9)
    calls.then = lambda: Entry.objects.filter(pk=first.pk).update(claimed_until=later) and None  # type: ignore[func-returns-value]
    assert services.run_due() == 1
    assert [ref for ref, _, _ in left()] == ["a"]


def test_a_message_takes_along_what_is_due(calls: Calls) -> None:
    _, entry, taken = put("a", "b", "taken")
    assert claims.claim(taken.pk) is not None
    services.enqueue(kind=KIND, ref="later", due_at=clock.now() + timedelta(hours=1))
    assert services.deliver_with_others(entry.pk) == 2
    assert [sorted(refs) for refs in calls.many] == [["a", "b"]]
    assert services.deliver_with_others(entry.pk) == 0
    (other,) = put("x", kind="test.other")
    put("d")
    assert services.deliver_with_others(other.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_do_each_thing_once(calls: Calls) -> None:
    keys = [entry.pk for entry in put(*map(str, range(40)))]
    errors: list[Exception] = []

    def work(n: int) -> None:
        try:
            for pk in keys[n::4]:
                services.deliver_with_others(pk)
        except Exception as error:  # the thread must hand it over
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert left() == []
    assert sorted(sum(calls.many, calls.single), key=int) == [str(n) for n in range(40)]


def test_what_is_written_together_is_told_in_few_messages(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[int] = []
    monkeypatch.setattr(services, "_send", lambda pk, _kind: told.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        rows = services.enqueue_many(kind=KIND, refs=[f"r{n}" for n in range(120)])
        alone = services.enqueue_many(kind="test.other", refs=["x", "y"])
    assert told == [rows[0].pk, rows[50].pk, rows[100].pk, alone[0].pk, alone[1].pk]
    put("older")
    Entry.objects.filter(ref="older").update(due_at=clock.now() - timedelta(hours=1))
    assert sum(services.deliver_with_others(pk) for pk in told[:3]) == 121
    assert [len(refs) for refs in calls.many] == [100, 21]
    assert [ref for ref, _attempts, _error in left()] == ["x", "y"]
