"""What must happen later, does: once, in the end, whoever is down meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from outbox import claims, registry, services
from outbox.models import Entry, Heartbeat
from workdays import clock

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Registers a handler for this test alone; returns the list of what it was given."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))

    def register(kind: str = "test.do", *, fail: int = 0, **options: Any) -> list[str]:
        seen: list[str] = []

        @registry.handler(kind, **options)
        def run(ref: str) -> None:
            seen.append(ref)
            if len(seen) <= fail:
                raise ConnectionError("text that must not be kept")

        return seen

    return register


def test_it_works(handle: Callable[..., list[str]]) -> None:
    seen = handle()
    entry = services.enqueue(kind="test.do", ref="17")
    assert services.run_due() == 1
    assert seen == ["17"]
    entry.refresh_from_db()
    assert entry.done_at is not None
    assert services.run_due() == 0
    assert seen == ["17"]


def test_a_transaction_that_fails_leaves_nothing(handle: Callable[..., list[str]]) -> None:
    seen = handle()
    with transaction.atomic():
        services.enqueue(kind="test.do", ref="17")
        transaction.set_rollback(True)
    assert services.run_due() == 0
    assert seen == []


def test_a_failure_is_tried_again_later(handle: Callable[..., list[str]]) -> None:
    seen = handle(fail=1)
    entry = services.enqueue(kind="test.do", ref="17")
    assert services.run_due() == 0
    entry.refresh_from_db()
    assert entry.done_at is None
    assert entry.error == "ConnectionError"
    assert services.run_due() == 0, "not before its time"
    Entry.objects.update(due_at=clock.now())
    assert services.run_due() == 1
    assert seen == ["17", "17"]
    entry.refresh_from_db()
    assert entry.error == ""


def test_one_failure_does_not_hold_up_the_rest(handle: Callable[..., list[str]]) -> None:
    handle("test.bad", fail=99)
    seen = handle("test.good")
    services.enqueue(kind="test.bad", ref="1")
    services.enqueue(kind="test.good", ref="2")
    assert services.run_due() == 1
    assert seen == ["2"]


def test_waits_grow_to_an_hour() -> None:
    waits = [services.backoff(n).total_seconds() for n in (1, 2, 3, 9, 10, 1000)]
    assert waits == [10, 20, 40, 2560, 3600, 3600]


def test_a_kind_nobody_knows_waits_for_who_does(handle: Callable[..., list[str]]) -> None:
    entry = services.enqueue(kind="test.unknown", ref="1")
    assert services.run_due() == 0
    entry.refresh_from_db()
    assert entry.error == "UnknownKind"
    Entry.objects.update(due_at=clock.now())
    seen = handle("test.unknown")
    assert services.run_due() == 1
    assert seen == ["1"]


def test_not_before_it_is_due(handle: Callable[..., list[str]]) -> None:
    handle()
    services.enqueue(kind="test.do", ref="1", due_at=clock.now() + timedelta(hours=1))
    assert services.run_due() == 0
    assert services.waiting() == (0, None)


def test_a_claim_keeps_others_off_until_its_lease_ends(handle: Callable[..., list[str]]) -> None:
    handle()
    entry = services.enqueue(kind="test.do", ref="1")
    assert claims.claim(entry.pk) is not None
    assert services.run_due() == 0
    Entry.objects.update(claimed_until=clock.now() - timedelta(seconds=1))  # its worker was killed
    assert services.run_due() == 1


@pytest.mark.django_db(transaction=True)
def test_long_work_holds_its_claim(handle: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim ends soon after its worker was killed, however long its kind may take; before that, never."""
    handle()
    monkeypatch.setattr(claims, "CLAIM", timedelta(seconds=3))
    others: list[int] = []

    @registry.handler("test.long", lease=timedelta(hours=2))
    def long(ref: str) -> None:
        first = Entry.objects.get(ref=ref).claimed_until
        assert first is not None
        assert first <= clock.now() + claims.CLAIM
        while clock.now() <= first:
            time.sleep(0.05)
        others.append(services.run_due())

    entry = services.enqueue(kind="test.long", ref="1")
    assert services.deliver(entry.pk) is True
    assert others == [0]
    entry.refresh_from_db()
    assert entry.done_at is not None
    assert entry.error == ""


def test_who_lost_its_lease_writes_nothing(handle: Callable[..., list[str]]) -> None:
    """A handler that outlives its lease does not mark as done what another has taken since."""
    entry = services.enqueue(kind="test.slow", ref="1")

    @registry.handler("test.slow")
    def slow(ref: str) -> None:
        Entry.objects.update(claimed_until=clock.now() + timedelta(minutes=9))

    try:
        assert services.deliver(entry.pk) is False
    finally:
        registry._handlers.pop("test.slow")
    entry.refresh_from_db()
    assert entry.done_at is None


def test_what_is_done_keeps_the_day_and_not_the_time(handle: Callable[..., list[str]]) -> None:
    """A row can belong to what a reporter did, of which only the day is kept."""
    handle()
    entry = services.enqueue(kind="test.do", ref="1")
    services.run_due()
    entry.refresh_from_db()
    for moment in (entry.created_at, entry.due_at, entry.done_at):
        assert moment is not None
        assert (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    assert entry.claimed_until is None


def test_done_rows_go_after_a_week(handle: Callable[..., list[str]]) -> None:
    handle()
    services.enqueue(kind="test.do", ref="1")
    services.run_due()
    assert services.prune() == 0
    Entry.objects.update(done_at=clock.now() - timedelta(days=9))
    services.enqueue(kind="test.do", ref="open")
    assert services.prune() == 1
    assert Entry.objects.get().ref == "open"


def test_each_worker_does_its_own_queue(handle: Callable[..., list[str]]) -> None:
    common, vault = handle("test.common"), handle("test.vault", queue="vault")
    services.enqueue(kind="test.common", ref="c")
    services.enqueue(kind="test.vault", ref="v")
    services.enqueue(kind="test.unknown", ref="u")
    assert services.run_due(queue="celery") == 1
    assert (common, vault) == (["c"], [])
    assert services.run_due(queue="vault") == 1
    assert vault == ["v"]


def test_depth_and_age(handle: Callable[..., list[str]]) -> None:
    handle()
    services.enqueue(kind="test.do", ref="1", due_at=clock.now() - timedelta(minutes=3))
    depth, oldest = services.waiting()
    assert depth == 1
    assert oldest is not None
    assert 180 <= oldest.total_seconds() < 190


def test_two_handlers_for_a_kind_are_refused(handle: Callable[..., list[str]]) -> None:
    handle()
    with pytest.raises(ValueError, match=r"test\.do"):
        handle()


def test_heartbeats_are_one_row_each() -> None:
    services.beat("worker")
    first = Heartbeat.objects.get(pk="worker").at
    services.beat("worker")
    assert Heartbeat.objects.get(pk="worker").at > first


SENDER = """
import time
import django
django.setup()
from outbox import services
start = time.monotonic()
for pk in range(20):
    services._send(pk, "test.do")
print(time.monotonic() - start, services._broker_rests_until > 0)
"""


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//", "redis://192.0.2.1/0"])
def test_a_broker_that_is_down_fails_nobody(broker: str, tmp_path: Path) -> None:
    """No error, and one short wait for twenty requests: then the broker is left alone for a while."""
    done = subprocess.run(
        [sys.executable, "-c", SENDER],
        cwd=ROOT,
        env=os.environ
        | {
            "CELERY_BROKER_URL": broker,
            "VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seconds, rests = done.stdout.split()
    assert float(seconds) < 5
    assert rests == "True"


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_do_each_thing_once(handle: Callable[..., list[str]]) -> None:
    seen = handle()
    for n in range(40):
        services.enqueue(kind="test.do", ref=str(n))
    errors: list[Exception] = []

    def work() -> None:
        try:
            while services.run_due(limit=10):
                pass
        except Exception as error:  # the thread must hand it over
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while services.run_due():
        pass
    assert errors == []
    assert sorted(seen, key=int) == [str(n) for n in range(40)]
