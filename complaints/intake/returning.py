"""The return session: 20 minutes idle, two hours at most, the reporter's seed under the cookie's secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from accounts.keys import KeySeed, SealBroken, kdf, seal, unseal
from django.db.models import Q
from workdays import clock

from complaints.intake.browser import Handle
from complaints.intake.models import ReturnSession

IDLE, MOST = timedelta(minutes=20), timedelta(hours=2)


class Closed(Exception):
    """No open receipt in this browser: the reporter types it again."""


@dataclass(frozen=True, repr=False)
class Opened:
    """Whose receipt is open: the tip and the key that reads it."""

    handle: Handle
    tip: UUID
    reporter: KeySeed
    lookup: bytes  # of the receipt that opened it: once another has taken its place, the session is over
    pending: dict[str, str] = field(default_factory=dict)  # a new receipt, shown and not yet in force


def begin(*, tip: UUID, reporter: KeySeed, lookup: bytes) -> Handle:
    """A new session; its row names no tip in clear."""
    handle, now = Handle.new(), clock.now()
    sealed = _sealed(Opened(handle, tip, reporter, lookup))
    ReturnSession.objects.create(uuid=handle.row, sealed=sealed, created_at=now, touched_at=now)
    return handle


def keep_pending(opened: Opened, pending: dict[str, str]) -> None:
    """Remembers a new receipt until the reporter says that it is saved."""
    sealed = _sealed(replace(opened, pending=pending))
    ReturnSession.objects.filter(pk=opened.handle.row).update(sealed=sealed, touched_at=clock.now())


def _sealed(opened: Opened) -> bytes:
    state = {
        "tip": str(opened.tip),
        "seed": opened.reporter.seed.hex(),
        "lookup": opened.lookup.hex(),
        "pending": opened.pending,
    }
    return seal(_key(opened.handle), json.dumps(state).encode(), _aad(opened.handle))


def resume(handle: Handle | None) -> Opened:
    """The session of this browser, its idle time begun anew. Raises Closed."""
    row = ReturnSession.objects.filter(pk=handle.row).first() if handle else None
    now = clock.now()
    if row is None or handle is None or now - row.touched_at >= IDLE or now - row.created_at >= MOST:
        raise Closed
    try:
        state = json.loads(unseal(_key(handle), bytes(row.sealed), _aad(handle)))
    except SealBroken:
        raise Closed from None
    if now - row.touched_at > timedelta(minutes=1):
        ReturnSession.objects.filter(pk=row.pk).update(touched_at=now)
    if "lookup" not in state:  # of an earlier version of the site
        raise Closed
    return Opened(
        handle,
        UUID(state["tip"]),
        KeySeed(bytes.fromhex(state["seed"])),
        bytes.fromhex(state["lookup"]),
        state["pending"],
    )


def end(handle: Handle | None) -> None:
    """Forget it here, if the secret is the right one."""
    try:
        opened = resume(handle)
    except Closed:
        return
    ReturnSession.objects.filter(pk=opened.handle.row).delete()


def expire() -> int:
    """Deletes what is over; returns how many."""
    now = clock.now()
    over = Q(touched_at__lte=now - IDLE) | Q(created_at__lte=now - MOST)
    return ReturnSession.objects.filter(over).delete()[0]


def _key(handle: Handle) -> bytes:
    return kdf(handle.secret, "qf1-return", handle.row.bytes)


def _aad(handle: Handle) -> bytes:
    return b"qf1-return\0" + handle.row.bytes
