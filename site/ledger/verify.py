"""Checking the whole ledger from its rows: each leaf from its openings, each stored hash, the root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger import leaves, merkle, tree
from ledger.models import Event, Node, Sequencer

CHUNK = 2048


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was recorded. `event` is a UUID, or empty for the tree itself."""

    event: str
    what: str

    def __str__(self) -> str:
        return f"event {self.event}: {self.what}" if self.event else self.what


@dataclass
class Result:
    """How many leaves were read, how many events wait, and the root made again from the leaves."""

    size: int = 0
    waiting: int = 0
    root: bytes = merkle.EMPTY_ROOT


def verify(result: Result) -> Iterator[Fault]:
    """Faults as they are found, reading the rows once, in order; fills `result`. Memory does not grow."""
    compact = merkle.Compact()
    size = Sequencer.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    for start in range(0, size, CHUNK):
        yield from _chunk(compact, start, min(start + CHUNK, size))
    for event in Event.objects.filter(position__gte=size).order_by("position").iterator(CHUNK):
        yield Fault(str(event.uuid), f"stands at {event.position}, beyond the {size} leaves of the tree")
    for event in Event.objects.filter(position__isnull=True).iterator(CHUNK):
        result.waiting += 1
        yield from _leaf(event)
    result.size, result.root = size, compact.root()
    yield from _head(result)


def _chunk(compact: merkle.Compact, start: int, end: int) -> Iterator[Fault]:
    events = {event.position: event for event in Event.objects.filter(position__gte=start, position__lt=end)}
    stored = _stored(start, end)
    for position in range(start, end):
        event = events.get(position)
        if event is None:
            yield Fault("", f"no event stands at {position}: it was deleted")
            leaf = stored.get((0, position), bytes(32))
        else:
            yield from _leaf(event)
            leaf = bytes(event.leaf_hash)
        who = str(event.uuid) if event else ""
        for place, value in compact.append(leaf):
            if (known := stored.get(place)) is None:
                yield Fault("", f"the hash of subtree {place[1]} of level {place[0]} is missing")
            elif known != value and place[0] == 0:
                yield Fault(who, f"its leaf is not the one in the tree at {position}")
            elif known != value:
                yield Fault(
                    "", f"the hash of subtree {place[1]} of level {place[0]} is not that of its leaves"
                )


def _stored(start: int, end: int) -> dict[merkle.Place, bytes]:
    """The stored hashes of all subtrees that become complete in [start, end)."""
    found: dict[merkle.Place, bytes] = {}
    for level in range(end.bit_length()):
        rows = Node.objects.filter(level=level, index__gte=start >> level, index__lt=end >> level)
        found |= {(level, index): bytes(value) for index, value in rows.values_list("index", "hash")}
    return found


def _leaf(event: Event) -> Iterator[Fault]:
    try:
        right = leaves.leaf_of(event) == bytes(event.leaf_hash)
    except ValueError:
        right = False
    if not right:
        yield Fault(str(event.uuid), "its content is not what its leaf commits to")


def _head(result: Result) -> Iterator[Fault]:
    try:
        head = tree.head()
    except tree.TreeBroken as error:
        yield Fault("", str(error))
        return
    if head.size == result.size and head.root != result.root:
        yield Fault("", "the head's root is not that of the leaves")
