"""The labels of an FTS5 index in memory, a bit a document: facets are counted by intersecting them.

In SQL every document that is found is looked up once for each facet and filter: a second at 100,000.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection
from itertools import groupby
from typing import Any

import numpy as np

from search.engines.base import MAX_FACET_VALUES

SPARSE = 2_000
"""A value that fewer than one document in so many has is kept as the list of its documents: a bit a document
would take more room there.
"""


class Bitmaps:
    """The labels of all documents in one version of the file; each facet is read when it is asked for."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._facets: dict[str, dict[str, int | array[int]]] = {}

    def any(self, db: Any, name: str, values: Collection[str]) -> int:
        """The documents that have one of the values."""
        held, found = self._facet(db, name), 0
        for value in values:
            kept = held.get(value, 0)
            found |= kept if isinstance(kept, int) else bits(kept)
        return found

    def everything(self, db: Any) -> int:
        """All documents: each has a kind."""
        return self.any(db, "kind", self._facet(db, "kind"))

    def count(self, db: Any, name: str, among: int) -> dict[str, int]:
        """How many of the documents of `among` have each value; the most frequent first, none with none."""
        member, counted = member_of(among), []
        for value, kept in self._facet(db, name).items():
            if n := (kept & among).bit_count() if isinstance(kept, int) else sum(map(member, kept)):
                counted.append((value, n))
        return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:MAX_FACET_VALUES])

    def _facet(self, db: Any, name: str) -> dict[str, int | array[int]]:
        if name not in self._facets:
            rows = db.execute("SELECT value, n FROM facet WHERE name = ? ORDER BY value, n", (name,))
            kept: dict[str, int | array[int]] = {}
            for value, group in groupby(rows, key=lambda row: row[0]):
                numbers = array("q", (n for _, n in group))
                kept[value] = numbers if len(numbers) * SPARSE < numbers[-1] else bits(numbers)
            self._facets[name] = kept
        return self._facets[name]


def bits(numbers: Collection[int]) -> int:
    """The set of these numbers."""
    return _packed(np.fromiter(numbers, dtype=np.int64, count=len(numbers)))


def listed(text: str) -> int:
    """The set of the numbers of a text, which stand between commas."""
    return _packed(np.fromstring(text, dtype=np.int64, sep=",")) if text else 0


def _packed(numbers: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    if not numbers.size:
        return 0
    signs = np.zeros(int(numbers.max()) + 1, dtype=np.uint8)
    signs[numbers] = 1
    return int.from_bytes(np.packbits(signs, bitorder="little").tobytes(), "little")


def numbers_of(found: int) -> list[int]:
    """The numbers of the set, in order."""
    octets = np.frombuffer(found.to_bytes(found.bit_length() // 8 + 1, "little"), dtype=np.uint8)
    numbers: list[int] = np.flatnonzero(np.unpackbits(octets, bitorder="little")).tolist()
    return numbers


def member_of(found: int) -> Callable[[int], int]:
    """Tells of a number, 1 or 0, whether it is in the set; for Python and for SQL."""
    one_by_one = found.to_bytes(found.bit_length() // 8 + 1, "little")
    size = len(one_by_one)

    def member(n: int) -> int:
        at = n >> 3
        return one_by_one[at] >> (n & 7) & 1 if at < size else 0

    return member
