"""The return session: 20 minutes idle, two hours at most, the reporter's seed under the cookie's secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
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


def begin(*, tip: UUID, reporter: KeySeed) -> Handle:
    """A new session; its row names no tip in clear."""
    handle, now = Handle.new(), clock.now()
    plain = json.dumps({"tip": str(tip), "seed": reporter.seed.hex()}).encode()
    ReturnSession.objects.create(
        uuid=handle.row, sealed=seal(_key(handle), plain, _aad(handle)), created_at=now, touched_at=now
    )
    return handle


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
    return Opened(handle, UUID(state["tip"]), KeySeed(bytes.fromhex(state["seed"])))


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
