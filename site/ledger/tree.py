"""Reading the tree: its head and the proofs, from the stored hashes of complete subtrees."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from ledger import merkle
from ledger.merkle import Place
from ledger.models import Node, Sequencer

TILE = 256


class TreeBroken(RuntimeError):
    """A stored hash that must be there is not."""


@dataclass(frozen=True)
class Head:
    """The tree as it stands: number of leaves, root (32 bytes), day of the last append (None: empty)."""

    size: int
    root: bytes
    appended_on: dt.date | None


def head() -> Head:
    """The present head. Raises TreeBroken."""
    state = Sequencer.objects.filter(pk=1).values_list("size", "appended_on").first()
    size, appended_on = state or (0, None)
    return Head(size, root_at(size), appended_on)


def root_at(size: int) -> bytes:
    """32 bytes: the root when the tree had `size` leaves, which must not be more than it has now."""
    return _roots([(0, size)])[0]


def inclusion_proof(position: int, size: int) -> list[bytes]:
    """The proof that leaf `position` is in the tree of `size` leaves. Raises ValueError, TreeBroken."""
    _check(size)
    return _roots(merkle.inclusion_ranges(position, size))


def consistency_proof(old: int, size: int) -> list[bytes]:
    """The proof that the tree of `old` leaves begins that of `size`. Raises ValueError, TreeBroken."""
    _check(size)
    return _roots(merkle.consistency_ranges(old, size))


def tile(level: int, index: int, width: int) -> bytes:
    """`width` hashes of 32 bytes from the tile `index` of `level` (C2SP tlog-tiles). Raises TreeBroken."""
    first = index * TILE
    wanted = [(8 * level, number) for number in range(first, first + width)]
    found = nodes(wanted)
    return b"".join(found[place] for place in wanted)


def nodes(places: Iterable[Place]) -> dict[Place, bytes]:
    """The stored hashes at these places, in one query. Raises TreeBroken where one is missing."""
    wanted = set(places)
    by_level: dict[int, list[int]] = defaultdict(list)
    for level, index in wanted:
        by_level[level].append(index)
    where = Q()
    for level, indexes in by_level.items():
        where |= Q(level=level, index__in=indexes)
    rows = Node.objects.filter(where).values_list("level", "index", "hash") if wanted else ()
    found = {(level, index): bytes(value) for level, index, value in rows}
    if missing := wanted - found.keys():
        level, index = min(missing)
        raise TreeBroken(f"no hash for subtree {index} of level {level}")
    return found


def _roots(ranges: list[merkle.Range]) -> list[bytes]:
    return merkle.hashes(ranges, nodes(merkle.places(ranges)).__getitem__)


def _check(size: int) -> None:
    now = Sequencer.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    if size > now:
        raise ValueError("the tree is not that large yet")
