"""What a leaf commits to, byte for byte.

    pub  = SHA-256(salt_public  ‖ JSON {"date", "event", "kind", "tag"})
    priv = SHA-256(salt_private ‖ JSON {"actor", "cell", "details"})
    leaf = SHA-256(00 ‖ pub ‖ priv)

JSON is RFC 8785. `date` is YYYY-MM-DD, `event` the event's UUID in lower case with dashes, `tag` and `cell`
lower-case hex (empty where there is none). `details` is the event's own object; where the time of day is
known it has one more member, `at`: UTC, as 2026-03-01T09:30:00.000000Z. The public half can be opened to
anyone without the private one, and neither can be guessed without its 32-byte salt.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

import rfc8785

from ledger.merkle import leaf_hash

AT = "%Y-%m-%dT%H:%M:%S.%fZ"


def public_json(*, event: uuid.UUID, kind: str, tag: bytes, date: dt.date) -> bytes:
    """The canonical bytes of the public half."""
    return rfc8785.dumps(
        {"date": date.isoformat(), "event": str(event), "kind": kind, "tag": bytes(tag).hex()}
    )


def private_json(*, actor: str, cell: bytes, details: dict[str, Any], at: dt.datetime | None) -> bytes:
    """The canonical bytes of the private half. Raises ValueError for details that have no one form."""
    if "at" in details:
        raise ValueError("the time of an event is `at`, not a detail")
    full = {**details, "at": at.astimezone(dt.UTC).strftime(AT)} if at else details
    return rfc8785.dumps({"actor": actor, "cell": bytes(cell).hex(), "details": _plain(full)})


def leaf(public: bytes, salt_public: bytes, private: bytes, salt_private: bytes) -> bytes:
    """32 bytes: the leaf over both halves."""
    pub = hashlib.sha256(bytes(salt_public) + public).digest()
    priv = hashlib.sha256(bytes(salt_private) + private).digest()
    return leaf_hash(pub + priv)


def leaf_of(event: Any) -> bytes:
    """The leaf made again from an event row's openings."""
    return leaf(
        public_json(event=event.uuid, kind=event.kind, tag=event.tag, date=event.date),
        event.salt_public,
        private_json(actor=event.actor, cell=event.cell_hash, details=event.details, at=event.at),
        event.salt_private,
    )


def _plain(value: Any) -> Any:
    """The value, if both databases give it back as it was: text, whole numbers, truth, lists, objects."""
    match value:
        case None | bool():
            return value
        case str():
            if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
                raise ValueError("an event's details hold no NUL and no half characters")
            return value
        case int() if abs(value) < 2**53:
            return value
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {_plain(key): _plain(item) for key, item in value.items()}
        case _:
            raise ValueError(f"an event's details cannot hold {type(value).__name__}")
