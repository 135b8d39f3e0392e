"""Appending events to the tree: one process at a time, in shuffled batches, padded to a multiple of 64.

Who watches the tree grow learns only that something happened since the last look: the order inside a batch
is drawn by lot, and padding leaves look like any other. Between checkpoints only whole batches are appended;
the rest is filled up when the checkpoint is due, and where nothing happened a batch of padding alone is
appended, so that an idle hour looks like any other. A batch is one transaction, so a process that dies in the
middle leaves nothing behind, and the next one begins where the last complete batch ended.
"""

from __future__ import annotations

import secrets

from django.db import connection, transaction
from workdays import clock

from ledger import keys, merkle, notes, pages, tree
from ledger.models import Event, Node, Sequencer
from ledger.services import build

BATCH = 64
MOST = 16 * BATCH  # a batch: some tens of milliseconds of the write lock
PADDING = "padding"


class KeyRetired(RuntimeError):
    """This process signs with a key that has been replaced: it must be started again with the new one."""


def append_pending(*, whole: bool = False) -> int:
    """Append all events that wait; how many were appended, padding not counted.

    `whole`: only as many as fill whole batches; the others wait for the checkpoint. Raises KeyRetired.
    """
    total = 0
    while count := _append_batch(whole=whole):
        total += count
        if count < MOST:
            break
    return total


def append_padding() -> None:
    """Append a batch of padding alone. Raises KeyRetired."""
    Sequencer.objects.get_or_create(pk=1)
    with transaction.atomic():
        _append(Sequencer.objects.select_for_update().get(pk=1), [], emptied=False)


def _append_batch(*, whole: bool) -> int:
    Sequencer.objects.get_or_create(pk=1)
    waiting = Event.objects.filter(position__isnull=True).order_by("uuid")
    if len(waiting.values_list("pk")[:BATCH]) < (BATCH if whole else 1):
        return 0  # without taking the lock
    with transaction.atomic():
        # PostgreSQL: whoever comes second waits here. SQLite: BEGIN IMMEDIATE already made it wait.
        lock = Sequencer.objects.select_for_update().get(pk=1)
        batch = list(waiting[:MOST])
        if whole:
            batch = batch[: len(batch) // BATCH * BATCH]
        if not batch:
            return 0
        _append(lock, batch, emptied=not whole and len(batch) < MOST)
    return len(batch)


def _append(lock: Sequencer, batch: list[Event], *, emptied: bool) -> None:
    """The batch, filled up with padding, at the end of the tree. The caller holds the sequencer's row."""
    if keys.ours().at(lock.size + 1) != notes.own_vkey():
        raise KeyRetired("the ledger's key was changed: start this process again with the new one")
    today = clock.today()
    count = -len(batch) % BATCH or (0 if batch else BATCH)
    padding = [build(kind=PADDING, actor="system", date=today, details={}) for _ in range(count)]
    Event.objects.bulk_create(padding)
    events = batch + padding
    secrets.SystemRandom().shuffle(events)
    _place(lock.size, events)
    leaves = [bytes(event.leaf_hash) for event in events]
    _grow(lock.size, leaves)
    pages.build(lock.size, today, leaves, emptied=emptied).save(force_insert=True)
    lock.size += len(events)
    lock.appended_on = today
    lock.save(update_fields=["size", "appended_on"])


def _place(start: int, events: list[Event]) -> None:
    """Write the positions: one prepared statement a row, several times as fast as bulk_update's CASE."""
    for position, event in enumerate(events, start=start):
        event.position = position
    key = Event._meta.get_field("uuid")
    rows = [(event.position, key.get_db_prep_value(event.uuid, connection)) for event in events]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE ledger_event SET position = %s WHERE uuid = %s", rows)


def _grow(size: int, leaves: list[bytes]) -> None:
    """Store the subtrees that these leaves complete in a tree of `size`."""
    known = tree.nodes(merkle.parts(0, size))
    made: list[Node] = []
    for position, leaf in enumerate(leaves, start=size):
        for place, value in merkle.completed(position, leaf, known.__getitem__):
            known[place] = value
            made.append(Node(level=place[0], index=place[1], hash=value))
    Node.objects.bulk_create(made, batch_size=300)
