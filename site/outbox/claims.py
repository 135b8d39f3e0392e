"""Who does an entry now: a claim that ends by itself soon after its worker died, and is held while it works.

A kind's lease is the longest that its work may take, hours for an index that is built anew. To wait that long
for a worker that was killed would be to lose what was due; so a claim is short, and a thread lengthens it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from workdays import clock

from outbox import registry
from outbox.models import Entry

log = logging.getLogger("outbox")
CLAIM = timedelta(minutes=2)


def due(now: datetime) -> Q:
    """Open, due, and claimed by nobody who may still be alive."""
    return Q(done_at=None, due_at__lte=now) & (Q(claimed_until=None) | Q(claimed_until__lt=now))


def claim(pk: int) -> Entry | None:
    """The entry, claimed by one conditional update; None where somebody else was first."""
    entry = Entry.objects.filter(pk=pk, done_at=None).first()
    if entry is None:
        return None
    now = clock.now()
    until = now + min(_lease(entry), CLAIM)
    won = (
        Entry.objects.filter(due(now), pk=pk)
        .filter(attempts=entry.attempts)
        .update(claimed_until=until, attempts=F("attempts") + 1)
    )
    if won != 1:
        return None
    entry.claimed_until, entry.attempts = until, entry.attempts + 1
    return entry


def claim_many(pks: Collection[int]) -> list[Entry]:
    """Those of the entries, all of one kind, that nobody else had, oldest first: one claim for all."""
    now = clock.now()
    with transaction.atomic():  # its lock makes sure that each goes to one of those who ask at once
        rows = Entry.objects.select_for_update(skip_locked=True).filter(due(now), pk__in=pks)
        entries = list(rows.order_by("due_at", "pk"))
        if not entries:
            return []
        until = now + min(_lease(entries[0]), CLAIM)
        keys = [entry.pk for entry in entries]
        Entry.objects.filter(pk__in=keys).update(claimed_until=until, attempts=F("attempts") + 1)
    for entry in entries:
        entry.claimed_until, entry.attempts = until, entry.attempts + 1
    return entries


def release(entries: list[Entry]) -> None:
    """Give entries of one claim back as if it had not been: they were not tried."""
    ours(entries).update(claimed_until=None, attempts=F("attempts") - 1)


def ours(entries: list[Entry]) -> QuerySet[Entry]:
    """The rows of entries of one claim for as long as it stands."""
    keys = [entry.pk for entry in entries]
    return Entry.objects.filter(pk__in=keys, done_at=None, claimed_until=entries[0].claimed_until)


def mine(entry: Entry) -> QuerySet[Entry]:
    """The entry's row for as long as this claim of it stands."""
    return ours([entry])


@contextmanager
def held(*entries: Entry) -> Iterator[None]:
    """Lengthens one claim while the block runs, up to the lease of its kind; its entries know the new end."""
    lease = _lease(entries[0])
    if lease <= CLAIM:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_lengthen, args=(list(entries), clock.now() + lease, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _lengthen(entries: list[Entry], last: datetime, done: threading.Event) -> None:
    """Until the work is done, its time is over, or another worker has taken the entries."""
    while not done.wait(CLAIM.total_seconds() / 4) and clock.now() < last:
        until = clock.now() + CLAIM
        try:
            if not ours(entries).update(claimed_until=until):
                return
            for entry in entries:
                entry.claimed_until = until
        except DatabaseError as error:  # it may be back the next time
            name = type(error).__name__
            log.warning("the claim of entry %s was not lengthened (%s)", entries[0].pk, name)
        finally:
            connection.close()  # of this thread


def _lease(entry: Entry) -> timedelta:
    try:
        return registry.get(entry.kind).lease
    except registry.UnknownKind:
        return registry.LEASE
