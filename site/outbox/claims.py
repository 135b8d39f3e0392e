"""Who does an entry now: a claim that ends by itself soon after its worker died, and is held while it works.

A kind's lease is the longest that its work may take, hours for an index that is built anew. To wait that long
for a worker that was killed would be to lose what was due; so a claim is short, and a thread lengthens it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
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


def mine(entry: Entry) -> QuerySet[Entry]:
    """The entry's row for as long as this claim of it stands."""
    return Entry.objects.filter(pk=entry.pk, done_at=None, claimed_until=entry.claimed_until)


@contextmanager
def held(entry: Entry) -> Iterator[None]:
    """Lengthens the claim while the block runs, up to the lease of its kind; `entry` knows the new end."""
    lease = _lease(entry)
    if lease <= CLAIM:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_lengthen, args=(entry, clock.now() + lease, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _lengthen(entry: Entry, last: datetime, done: threading.Event) -> None:
    """Until the work is done, its time is over, or another worker has taken the entry."""
    while not done.wait(CLAIM.total_seconds() / 4) and clock.now() < last:
        until = clock.now() + CLAIM
        try:
            if mine(entry).update(claimed_until=until) != 1:
                return
            entry.claimed_until = until
        except DatabaseError as error:  # it may be back the next time
            log.warning("the claim of entry %s was not lengthened (%s)", entry.pk, type(error).__name__)
        finally:
            connection.close()  # of this thread


def _lease(entry: Entry) -> timedelta:
    try:
        return registry.get(entry.kind).lease
    except registry.UnknownKind:
        return registry.LEASE
