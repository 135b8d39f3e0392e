"""Writing an event, and the signed word that it was written."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone
from nacl.utils import random
from workdays import clock

from ledger import leaves, notes
from ledger.models import Event

SALT_BYTES, TAG_BYTES = 32, 16


class NotInTransaction(RuntimeError):
    """An event was to be written apart from what it records."""


def record(
    *,
    kind: str,
    actor: str,
    tag: bytes = b"",
    at: dt.datetime | None = None,
    date: dt.date | None = None,
    details: dict[str, Any] | None = None,
    cell_hash: bytes = b"",
) -> Event:
    """Write one event in the caller's transaction; the sequencer appends it to the tree afterwards.

    `kind` says what happened ("submitted"), `actor` who did it ("user:7", "reporter", "system"), `tag` is a
    tip's 16 random bytes. `at` is None for what a reporter does: only the day is kept. `details` is for
    public matters; what is confided goes into a cell, and `cell_hash` is the SHA-256 of its sealed bytes.
    Raises NotInTransaction; ValueError for a value that has no canonical form.
    """
    return write(
        build(kind=kind, actor=actor, tag=tag, at=at, date=date, details=details, cell_hash=cell_hash)
    )


def write(event: Event) -> Event:
    """Write an event that was built before the transaction of what it records, within that transaction.

    Raises NotInTransaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(f"the event {event.kind} must be written with what it records")
    event.save(force_insert=True)
    return event


def build(
    *,
    kind: str,
    actor: str,
    tag: bytes = b"",
    at: dt.datetime | None = None,
    date: dt.date | None = None,
    details: dict[str, Any] | None = None,
    cell_hash: bytes = b"",
) -> Event:
    """An unsaved event with fresh salts and its leaf."""
    if not kind or len(tag) not in (0, TAG_BYTES) or len(cell_hash) not in (0, 32):
        raise ValueError("an event has a kind, a tag of 0 or 16 bytes, a cell hash of 0 or 32")
    day = date or (timezone.localdate(at) if at else clock.today())
    event = Event(
        uuid=uuid.uuid4(),
        kind=kind,
        actor=actor,
        tag=tag,
        at=at,
        date=day,
        details=details or {},
        cell_hash=cell_hash,
        salt_public=random(SALT_BYTES),
        salt_private=random(SALT_BYTES),
    )
    event.leaf_hash = leaves.leaf_of(event)
    return event


def acknowledgement(event: Event) -> str:
    """A signed note over (date, leaf hash): what a reporter holds before the leaf is in a published tree.

    Its first line is not the tree's origin and its second not a number: it can never pass for a checkpoint.
    """
    name = notes.key_name()
    leaf = base64.b64encode(bytes(event.leaf_hash)).decode()
    text = f"{name}/acknowledgement\ndate {event.date.isoformat()}\nleaf {leaf}\n"
    return notes.sign(text, name=name, key=notes.signing_key())
