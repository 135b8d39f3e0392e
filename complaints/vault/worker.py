"""The key of a vault worker: in its memory alone, for as long as it runs (VAULT: worker key).

Its public half stands beside a heartbeat, authenticated with the environment's secret, so that a row written
into the database by somebody else gets nothing sealed to it.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
import time

from accounts.keys import KeySeed, kdf
from django.conf import settings
from outbox.models import Heartbeat
from workdays import clock

PREFIX = "vault-key-"
SILENT = dt.timedelta(seconds=60)  # a worker that said nothing for so long is taken for dead
EVERY_S = 10.0
KEPT = dt.timedelta(days=1)

_own: tuple[int, KeySeed] | None = None  # (process id, key): a fork has none
_said = -EVERY_S


def key() -> KeySeed:
    """This process's key, made at first use."""
    global _own
    if _own is None or _own[0] != os.getpid():
        _own = os.getpid(), KeySeed.new()
    return _own[1]


def forget() -> None:
    """Drop the key, as the end of the process does."""
    global _own, _said
    _own, _said = None, -EVERY_S


def announce() -> None:
    """Write the public half with a heartbeat, at most every ten seconds."""
    global _said
    if _own is not None and _own[0] == os.getpid() and time.monotonic() - _said < EVERY_S:
        return
    public = key().box_public
    row = {"at": clock.now(), "public_key": public, "mac": _mac(public)}
    Heartbeat.objects.update_or_create(name=PREFIX + public.hex()[:16], defaults=row)
    Heartbeat.objects.filter(name__startswith=PREFIX, at__lt=clock.now() - KEPT).delete()
    _said = time.monotonic()


def alive() -> list[bytes]:
    """The public keys of the workers that live, the one heard of last first."""
    rows = Heartbeat.objects.filter(name__startswith=PREFIX, at__gte=clock.now() - SILENT)
    return [
        bytes(row.public_key)
        for row in rows.order_by("-at", "name")
        if hmac.compare_digest(bytes(row.mac), _mac(bytes(row.public_key)))
    ]


def _mac(public: bytes) -> bytes:
    return kdf(settings.WORKER_SECRET, "qf1-worker", public)
