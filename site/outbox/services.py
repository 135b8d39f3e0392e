"""Writing down what must happen later, and doing it.

A row is written in the transaction that causes it, sent to the broker when that commits, and swept by beat
until it is done: the broker only makes it sooner. While a row is open it holds exact times; once done they
are cut to the day, because a row can belong to what a reporter did.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
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
MANY = 100  # entries of a kind in one call
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


def enqueue_many(*, kind: str, refs: list[str]) -> list[Entry]:
    """`enqueue` for many at once, due now, in the caller's transaction."""
    now = clock.now()
    entries = Entry.objects.bulk_create(Entry(kind=kind, ref=ref, due_at=now) for ref in refs)
    # A message makes its worker take up to MANY; half as far apart, they still meet all if some are older.
    step = MANY // 2 if registry.at_once(kind) else 1
    for entry in entries[::step]:
        transaction.on_commit(partial(_send, entry.pk, kind), robust=True)
    return entries


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
        _failed(entry, error)
        return False
    return _done([entry]) == 1


def deliver_with_others(pk: int) -> int:
    """`deliver`, and where its kind does many at once, what else of it is due; the number done."""
    kind = Entry.objects.filter(pk=pk, done_at=None).values_list("kind", flat=True).first()
    if kind is None:
        return 0
    if not registry.at_once(kind):
        return int(deliver(pk))
    rows = Entry.objects.filter(claims.due(clock.now()), kind=kind).exclude(pk=pk).order_by("due_at", "pk")
    return sum(_together([pk, *rows.values_list("pk", flat=True)[: MANY - 1]]))


def _together(pks: list[int]) -> Iterator[int]:
    """Runs due entries of one kind in one call of its handler; the numbers done, step by step.

    The same `ref` is given once: all its entries were written with a change that the handler reads after the
    claim. Where the call raises, each is delivered by itself.
    """
    if len(pks) == 1:
        yield int(deliver(pks[0]))
        return
    entries = claims.claim_many(pks)
    if not entries:
        return
    many = registry.get(entries[0].kind).many
    try:
        with claims.held(*entries):
            assert many is not None  # noqa: S101  (else nothing would be done, and all be marked)
            failed: Mapping[str, Exception] = many(list(dict.fromkeys(entry.ref for entry in entries)))
    except Exception as error:  # noqa: BLE001  (each shows by itself what is wrong with it)
        log.warning("%s, %s entries at once: %s", entries[0].kind, len(entries), type(error).__name__)
        claims.release(entries)
        for entry in entries:
            yield int(deliver(entry.pk))
        return
    for entry in entries:
        if entry.ref in failed:
            _failed(entry, failed[entry.ref])
    yield _done([entry for entry in entries if entry.ref not in failed])


def _failed(entry: Entry, error: Exception) -> None:
    """To be tried again; nothing of the error's text is kept."""
    name = type(error).__name__
    log.warning("%s, entry %s: %s at attempt %s", entry.kind, entry.pk, name, entry.attempts)
    claims.mine(entry).update(
        claimed_until=None, error=name[:200], due_at=clock.now() + backoff(entry.attempts)
    )


def _done(entries: list[Entry]) -> int:
    """Marks entries of one claim as done, as long as it stands; how many were."""
    today, count = _day(clock.now()), 0
    for day in sorted({_day(entry.created_at) for entry in entries}):
        rows = [entry for entry in entries if _day(entry.created_at) == day]
        count += claims.ours(rows).update(
            done_at=today, created_at=day, due_at=today, claimed_until=None, error=""
        )
    return count


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def backoff(attempts: int) -> timedelta:
    """10 s, 20 s, 40 s … at most an hour."""
    return min(FIRST * (1 << min(attempts - 1, 20)), LONGEST)


def run_due(limit: int = 100, *, queue: str | None = None, budget: float | None = None) -> int:
    """Does what is due, oldest first; the number done.

    `queue`: only its kinds (a worker of the vault does no common work, and the other way round).
    `budget`: seconds after which no further entry is begun. Up to MANY of a kind that does many at once go
    with the oldest of them.
    """
    rows = Entry.objects.filter(claims.due(clock.now()))
    if queue == registry.DEFAULT_QUEUE:
        rows = rows.exclude(kind__in=registry.kinds(registry.VAULT_QUEUE))
    elif queue is not None:
        rows = rows.filter(kind__in=registry.kinds(queue))
    start, done = time.monotonic(), 0
    found = list(rows.order_by("due_at", "pk").values_list("pk", "kind")[:limit])
    for step in (step for pks in _groups(found) for step in _together(pks)):
        done += step
        if budget is not None and time.monotonic() - start > budget:
            break
    return done


def _groups(rows: list[tuple[int, str]]) -> Iterator[list[int]]:
    """Keys of (key, kind) in their order; those of a kind that does many at once up to MANY together."""
    rest: dict[int, str] = dict(rows)
    while rest:
        first, kind = next(iter(rest.items()))
        group = [pk for pk, its in rest.items() if its == kind][:MANY] if registry.at_once(kind) else [first]
        yield group
        for pk in group:
            del rest[pk]


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
