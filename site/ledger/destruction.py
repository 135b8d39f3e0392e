"""Destroying what events say, so that everybody can see that it was done, and when.

The leaf hash and its place stay: the tree and every proof handed out before stay true. What the leaf commits
to is gone, salts included, so that nobody can even try a guess. One more event lists the leaves: an opening
that is missing without standing in such a list is a fault (`ledger_verify`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from workdays import clock

from ledger import services
from ledger.models import Event

KIND = "destroyed"
MOST = 500  # leaves in one event: a list of some 35 kB


def destroy(*, tags: Sequence[bytes], actor: str, details: dict[str, Any] | None = None) -> list[Event]:
    """Destroy the openings of all events with these tags, in the caller's transaction; the listing events.

    `tags`: of tips, 16 bytes each. `details` go into each listing event (rule, approvers; never content).
    On return no tag, kind, actor, detail or salt of those events is left in its row; what the database keeps
    of old rows is for the caller to clean. Tags without events are passed over, so it may run again.
    Raises services.NotInTransaction, ValueError for tags of another size.
    """
    if not transaction.get_connection().in_atomic_block:
        raise services.NotInTransaction("destruction is written with what is destroyed")
    if any(len(tag) != services.TAG_BYTES for tag in tags):
        raise ValueError("a tag has 16 bytes")
    made = []
    for start in range(0, len(tags), 100):
        rows = Event.objects.filter(tag__in=[bytes(tag) for tag in tags[start : start + 100]])
        # Drawn from all these tips and sorted by hash: the list does not say which belonged together.
        leaves = sorted(rows.values_list("leaf_hash", "pk"), key=lambda row: bytes(row[0]))
        for first in range(0, len(leaves), MOST):
            made.append(_list(leaves[first : first + MOST], actor, details or {}))
    return made


def _list(leaves: Sequence[tuple[Any, Any]], actor: str, details: dict[str, Any]) -> Event:
    listed = [bytes(leaf).hex() for leaf, _ in leaves]
    event = services.record(kind=KIND, actor=actor, at=clock.now(), details={**details, "leaves": listed})
    Event.objects.filter(pk__in=[pk for _, pk in leaves]).update(
        kind="", tag=b"", at=None, actor="", details={}, cell_hash=b"", salt_public=b"", salt_private=b"",
        destroyed_by=event.uuid,
    )  # fmt: skip
    return event


def lists(event: Event) -> frozenset[bytes]:
    """The leaf hashes that a listing event names."""
    try:
        return frozenset(bytes.fromhex(leaf) for leaf in event.details["leaves"])
    except (KeyError, TypeError, ValueError):
        return frozenset()
