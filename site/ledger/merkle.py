"""The Merkle tree of RFC 6962, section 2.1, without storage: hashes in, hashes out.

A proof is a list of subtree roots, and a subtree is a half-open range of leaves; where a range is not a
complete subtree it falls apart into complete ones (`parts`). So one description of a proof serves a list of
leaves in memory and rows of nodes in a database alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

Range = tuple[int, int]  # [start, end) of leaves
Place = tuple[int, int]  # (level, index) of a complete subtree of 2**level leaves
Lookup = Callable[[Place], bytes]


class ProofInvalid(ValueError):
    """A proof that does not lead to the root it claims."""


def leaf_hash(data: bytes) -> bytes:
    """32 bytes: SHA-256(00 ‖ data)."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes: SHA-256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\1" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size` (at least 2): where a tree of that size divides."""
    return 1 << (size - 1).bit_length() - 1


def parts(start: int, end: int) -> list[Place]:
    """The complete subtrees, left to right and ever smaller, that make up [start, end).

    `start` is a multiple of the largest of them, as is every range that occurs in a proof.
    """
    places = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over subtrees of falling size, joined from the right; of none, the hash of nothing."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def inclusion_ranges(position: int, size: int) -> list[Range]:
    """Ranges whose roots are PATH(position, D[size]), deepest first. Raises ValueError outside the tree."""
    if not 0 <= position < size:
        raise ValueError("no such leaf in a tree of this size")
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + split(end - start)
        if position < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """Ranges whose roots are PROOF(old, D[size]). Raises ValueError unless 0 <= old <= size."""
    if not 0 <= old <= size:
        raise ValueError("no such older tree")
    if old in (0, size):
        return []
    start, end, ranges, whole = 0, size, [], True
    while old != end:
        middle = start + split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:  # the old tree is not itself a subtree on the left edge: its last part must be given
        ranges.append((start, end))
    return ranges[::-1]


def is_subtree(start: int, end: int) -> bool:
    """Is [start, end) a range that a tree of at least `end` leaves can be asked about alone?

    `start` must be a multiple of the smallest power of two that holds the range (draft-ietf-plants-merkle-
    tree-certs, 4.1).
    """
    return 0 <= start <= end and (start == end or start % (1 << (end - start - 1).bit_length()) == 0)


def subtree_ranges(start: int, end: int, size: int) -> list[Range]:
    """Ranges whose roots prove that [start, end) is part of the tree of `size` leaves, deepest first.

    With start 0 they are those of `consistency_ranges`. Raises ValueError for what is no subtree.
    """
    if not (is_subtree(start, end) and start < end <= size):
        raise ValueError("no such subtree")
    low, high, ranges, whole = 0, size, [], True
    while (low, high) != (start, end):
        middle = low + split(high - low)
        if end <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
            if start < middle:  # the subtree goes over the middle: what is left of it is not a whole one
                start, whole = middle, False
    if not whole:
        ranges.append((low, high))
    return ranges[::-1]


def places(ranges: Iterable[Range]) -> list[Place]:
    """All complete subtrees that a proof over these ranges needs."""
    return [place for start, end in ranges for place in parts(start, end)]


def hashes(ranges: Iterable[Range], lookup: Lookup) -> list[bytes]:
    """The roots of the ranges, each folded from the complete subtrees that `lookup` gives."""
    return [fold([lookup(place) for place in parts(start, end)]) for start, end in ranges]


def completed(position: int, leaf: bytes, lookup: Lookup) -> list[tuple[Place, bytes]]:
    """The subtrees that `leaf` completes by taking this position: itself, then each parent it closes."""
    level, index, value = 0, position, leaf
    made = [((0, position), leaf)]
    while index & 1:
        value = node_hash(lookup((level, index - 1)), value)
        level, index = level + 1, index >> 1
        made.append(((level, index), value))
    return made


class Compact:
    """The running root of a tree that is only ever read from the left: O(log n) hashes in memory."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: dict[Place, bytes] = {}

    def append(self, leaf: bytes) -> list[tuple[Place, bytes]]:
        """Add a leaf; the complete subtrees that it closed."""
        made = completed(self.size, leaf, self._edge.__getitem__)
        for (level, index), _ in made[:-1]:
            self._edge.pop((level, index ^ 1), None)
        place, value = made[-1]
        self._edge[place] = value
        self.size += 1
        return made

    def root(self) -> bytes:
        """32 bytes: the root over all leaves so far."""
        return fold([self._edge[place] for place in parts(0, self.size)])


def _lookup_in(leaves: Sequence[bytes]) -> Lookup:
    def lookup(place: Place) -> bytes:
        level, index = place
        if level == 0:
            return leaves[index]
        return node_hash(lookup((level - 1, 2 * index)), lookup((level - 1, 2 * index + 1)))

    return lookup


def root(leaves: Sequence[bytes]) -> bytes:
    """32 bytes: the root over leaf hashes."""
    return hashes([(0, len(leaves))], _lookup_in(leaves))[0]


def inclusion_proof(position: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the leaf hash at `position` is in the tree over `leaves`."""
    return hashes(inclusion_ranges(position, len(leaves)), _lookup_in(leaves))


def consistency_proof(old: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The proof that the tree over the first `old` leaf hashes is a beginning of the tree over all."""
    return hashes(consistency_ranges(old, len(leaves)), _lookup_in(leaves))


def root_from_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to. Raises ProofInvalid where its form cannot be right."""
    if not 0 <= position < size:
        raise ProofInvalid("position outside the tree")
    ranges = inclusion_ranges(position, size)
    if len(ranges) != len(proof):
        raise ProofInvalid("wrong number of hashes")
    _check_hashes([leaf, *proof])
    value = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        value = node_hash(sibling, value) if start < position else node_hash(value, sibling)
    return value


def verify_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Raises ProofInvalid unless the leaf hash stands at `position` of the tree with root `expected`."""
    if root_from_inclusion(leaf, position, size, proof) != expected:
        raise ProofInvalid("leads to another root")


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises ProofInvalid unless the tree `old_root` of `old` leaves is a beginning of `new_root` of `size`.

    Every tree begins with the empty one: that needs no proof, so one that is offered proves nothing either.
    """
    if not 0 <= old <= size:
        raise ProofInvalid("the older tree is larger")
    if old == 0 and (size or old_root != EMPTY_ROOT):
        raise ProofInvalid("nothing is proven from an empty tree")
    _check_hashes(proof)
    if old == size and old_root != new_root:
        raise ProofInvalid("two roots for one size")
    ranges = consistency_ranges(old, size)
    if len(ranges) != len(proof):
        raise ProofInvalid("wrong number of hashes")
    if not ranges:
        return
    # Where the old tree is a complete subtree on the left edge, its root is where both folds begin.
    pairs = list(zip(ranges, proof, strict=True))
    if ranges[0][1] == old and ranges[0][0] < old:
        before = after = proof[0]
        pairs = pairs[1:]
    else:
        before = after = old_root
    for (start, _), sibling in pairs:
        if start < old:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if before != old_root:
        raise ProofInvalid("leads to another old root")
    if after != new_root:
        raise ProofInvalid("leads to another new root")


def verify_subtree_inclusion(
    leaf: bytes, position: int, start: int, end: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Raises ProofInvalid unless the leaf hash stands at `position` of the subtree [start, end)."""
    if not (is_subtree(start, end) and start <= position < end):
        raise ProofInvalid("no such subtree, or position outside it")
    verify_inclusion(leaf, position - start, end - start, proof, expected)


def verify_subtree_consistency(
    start: int, end: int, size: int, proof: Sequence[bytes], part_root: bytes, root: bytes
) -> None:
    """Raises ProofInvalid unless `part_root` over [start, end) is part of the tree `root` of `size` leaves.

    An empty range is part of every tree: its root is the hash of nothing, and its proof is empty.
    """
    if not (is_subtree(start, end) and end <= size):
        raise ProofInvalid("no such subtree")
    _check_hashes(proof)
    if start == end:
        if proof or part_root != EMPTY_ROOT:
            raise ProofInvalid("nothing is proven from an empty range")
        return
    ranges = subtree_ranges(start, end, size)
    if len(ranges) != len(proof):
        raise ProofInvalid("wrong number of hashes")
    pairs = list(zip(ranges, proof, strict=True))
    before = after = part_root
    if ranges and ranges[0][1] == end:  # the last part of the range is given: both folds begin there
        before = after = proof[0]
        pairs = pairs[1:]
    for (low, _), sibling in pairs:
        if low >= end:
            after = node_hash(after, sibling)
        else:
            after = node_hash(sibling, after)
            before = node_hash(sibling, before) if low >= start else before
    if before != part_root:
        raise ProofInvalid("leads to another root of the part")
    if after != root:
        raise ProofInvalid("leads to another root of the tree")


def _check_hashes(values: Iterable[bytes]) -> None:
    if any(len(value) != 32 for value in values):
        raise ProofInvalid("a hash has 32 bytes")
