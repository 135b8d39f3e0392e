"""Writing down what must happen later, and doing it.

A row is written in the transaction that causes it, sent to the broker when that commits, and swept by beat
until it is done: the broker only makes it sooner. While a row is open it holds exact times; once done they
are cut to the day, because a row can belong to what a reporter did.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Min
from workdays import clock

from outbox import claims, registry
from outbox.models import Entry, Heartbeat

log = logging.getLogger("outbox")
FIRST, LONGEST = timedelta(seconds=10), timedelta(hours=1)
KEEP = timedelta(days=7)  # done rows, for whoever looks for a fault
SULK = 15.0  # seconds without a try after the broker refused: one slow request, not one each

_broker_rests_until = 0.0


def enqueue(*, kind: str, ref: str, due_at: datetime | None = None) -> Entry:
    """Writes the entry in the caller's transaction; it is sent when that commits.

    `ref` is a row's id, never content. Never raises for a broker that is down.
    """
    entry = Entry.objects.create(kind=kind, ref=ref, due_at=due_at or clock.now())
    if entry.due_at <= clock.now():
        transaction.on_commit(partial(_send, entry.pk, kind), robust=True)
    return entry


def _send(pk: int, kind: str) -> None:
    """Tells a worker; the sweeper finds whatever this could not tell."""
    global _broker_rests_until
    if time.monotonic() < _broker_rests_until:
        return
    from outbox.tasks import deliver

    try:
        deliver.apply_async([pk], queue=queue_of(kind), retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001  (every transport has errors of its own)
        _broker_rests_until = time.monotonic() + SULK
        log.warning("the broker did not take entry %s (%s); the sweeper will", pk, type(error).__name__)


def queue_of(kind: str) -> str:
    """The queue of the kind's worker; the common one for a kind nobody has registered."""
    try:
        return registry.get(kind).queue
    except registry.UnknownKind:
        return registry.DEFAULT_QUEUE


def deliver(pk: int) -> bool:
    """Runs one entry if it is due and nobody else has it. True where it is now done by this call.

    The handler runs outside any transaction of ours. It fails: the entry is tried again after `backoff`,
    for ever; its row keeps the exception's class and nothing of its text.
    """
    entry = claims.claim(pk)
    if entry is None:
        return False
    try:
        with claims.held(entry):
            registry.get(entry.kind).run(entry.ref)
    except Exception as error:  # noqa: BLE001  (any failure of a handler is tried again)
        name = type(error).__name__
        log.warning("%s, entry %s: %s at attempt %s", entry.kind, pk, name, entry.attempts)
        claims.mine(entry).update(
            claimed_until=None, error=name[:200], due_at=clock.now() + backoff(entry.attempts)
        )
        return False
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        claims.mine(entry).update(
            done_at=today,
            created_at=entry.created_at.replace(hour=0, minute=0, second=0, microsecond=0),
            due_at=today,
            claimed_until=None,
            error="",
        )
        == 1
    )


def backoff(attempts: int) -> timedelta:
    """10 s, 20 s, 40 s … at most an hour."""
    return min(FIRST * (1 << min(attempts - 1, 20)), LONGEST)


def run_due(limit: int = 100, *, queue: str | None = None, budget: float | None = None) -> int:
    """Does what is due, oldest first; the number done.

    `queue`: only its kinds (a worker of the vault does no common work, and the other way round).
    `budget`: seconds after which no further entry is begun.
    """
    rows = Entry.objects.filter(claims.due(clock.now()))
    if queue == registry.DEFAULT_QUEUE:
        rows = rows.exclude(kind__in=registry.kinds(registry.VAULT_QUEUE))
    elif queue is not None:
        rows = rows.filter(kind__in=registry.kinds(queue))
    start, done = time.monotonic(), 0
    for pk in list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:limit]):
        if budget is not None and time.monotonic() - start > budget:
            break
        done += deliver(pk)
    return done


def waiting() -> tuple[int, timedelta | None]:
    """How many entries are due and open, and how long ago the oldest of them was due."""
    now = clock.now()
    rows = Entry.objects.filter(done_at=None, due_at__lte=now)
    first = rows.aggregate(first=Min("due_at"))["first"]
    return rows.count(), now - first if first else None


def prune() -> int:
    """Deletes what was done more than a week ago; the number of rows."""
    return Entry.objects.filter(done_at__lt=clock.now() - KEEP).delete()[0]


def beat(name: str) -> None:
    """Writes down that the process `name` lives."""
    now = clock.now()
    if not Heartbeat.objects.filter(pk=name).update(at=now):
        Heartbeat.objects.get_or_create(pk=name, defaults={"at": now})
