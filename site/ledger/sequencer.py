"""Appending events to the tree: one process at a time, in shuffled batches, padded to a multiple of 64.

Who watches the tree grow learns only that something happened since the last look: the order inside a batch
is drawn by lot, and padding leaves look like any other. A batch is one transaction, so a process that dies
in the middle leaves nothing behind, and the next one begins where the last complete batch ended.
"""

from __future__ import annotations

import secrets

from django.db import transaction
from workdays import clock

from ledger import merkle, tree
from ledger.models import Event, Node, Sequencer
from ledger.services import build

BATCH = 64
MOST = 16 * BATCH  # a batch: some tens of milliseconds of the write lock
PADDING = "padding"


def append_pending() -> int:
    """Append all events that wait; how many were appended, padding not counted."""
    total = 0
    while count := _append_batch():
        total += count
        if count < MOST:
            break
    return total


def _append_batch() -> int:
    Sequencer.objects.get_or_create(pk=1)
    if not Event.objects.filter(position__isnull=True).exists():
        return 0  # without taking the lock
    with transaction.atomic():
        # PostgreSQL: whoever comes second waits here. SQLite: BEGIN IMMEDIATE already made it wait.
        lock = Sequencer.objects.select_for_update().get(pk=1)
        batch = list(Event.objects.filter(position__isnull=True).order_by("uuid")[:MOST])
        if not batch:
            return 0
        today = clock.today()
        padding = [
            build(kind=PADDING, actor="system", date=today, details={}) for _ in range(-len(batch) % BATCH)
        ]
        Event.objects.bulk_create(padding)
        leaves = batch + padding
        secrets.SystemRandom().shuffle(leaves)
        for position, event in enumerate(leaves, start=lock.size):
            event.position = position
        Event.objects.bulk_update(leaves, ["position"], batch_size=256)
        _grow(lock.size, [bytes(event.leaf_hash) for event in leaves])
        lock.size += len(leaves)
        lock.appended_on = today
        lock.save(update_fields=["size", "appended_on"])
    return len(batch)


def _grow(size: int, leaves: list[bytes]) -> None:
    """Store the subtrees that these leaves complete in a tree of `size`."""
    known = tree.nodes(merkle.parts(0, size))
    made: list[Node] = []
    for position, leaf in enumerate(leaves, start=size):
        for place, value in merkle.completed(position, leaf, known.__getitem__):
            known[place] = value
            made.append(Node(level=place[0], index=place[1], hash=value))
    Node.objects.bulk_create(made, batch_size=300)
