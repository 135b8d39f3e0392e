"""Which key signs which part of the ledger, and how one follows another.

A change of key is a note signed by both: the old one says who comes after it, the new one that it agrees.
So whoever holds one printed key can walk to all others; and each is good only for the trees of its time,
so that an old key, found years later in a drawer, signs nothing new.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from nacl.signing import SigningKey
from workdays import clock

from ledger import notes
from ledger.models import KeyChange, Sequencer
from ledger.notes import NoteInvalid

FOR_EVER = 2**63


@dataclass(frozen=True)
class Term:
    """The key `vkey` signs trees of more than `after` and at most `until` leaves."""

    vkey: str
    after: int
    until: int


class Keys:
    """All keys that follow from one that is trusted."""

    def __init__(self, vkey: str, changes: Iterable[str]) -> None:
        """`vkey`: the trusted one; `changes`: the notes of all changes. Raises NoteInvalid."""
        notes.parse_vkey(vkey)
        self.terms = _terms(vkey, [_read(note) for note in changes])

    def verify(self, note: str, *, at: int) -> str:
        """The text of a note about a tree of `at` leaves, by the key of that time. Raises NoteInvalid."""
        return notes.verify(note, vkey=self.at(at))

    def at(self, size: int) -> str:
        """The verifier key for a tree of `size` leaves. Raises NoteInvalid where none is known."""
        for term in self.terms:
            if term.after < size <= term.until:
                return term.vkey
        raise NoteInvalid("no known key is good for a tree of this size")


@dataclass(frozen=True)
class Change:
    """What a note of change says."""

    size: int
    old: str
    new: str


def text(size: int, old: str, new: str) -> str:
    """What both keys sign."""
    return f"{notes.key_name()}/key\nsize {size}\nold {old}\nnew {new}\n"


def _read(note: str) -> Change:
    lines = notes.split(note)[0].split("\n")
    if len(lines) != 5 or not lines[0].endswith("/key"):
        raise NoteInvalid("not a change of key")
    said = dict(line.split(" ", 1) for line in lines[1:4] if " " in line)
    try:
        change = Change(int(said["size"]), said["old"], said["new"])
    except (KeyError, ValueError):
        raise NoteInvalid("not a change of key") from None
    for vkey in (change.old, change.new):
        notes.verify(note, vkey=vkey)
    return change


def _terms(vkey: str, changes: list[Change]) -> list[Term]:
    """The chain through `vkey`, both ways; each change takes one place in it."""
    after: dict[str, Change] = {}
    before: dict[str, Change] = {}
    for change in changes:
        if change.old in after or change.new in before:
            raise NoteInvalid("two changes of one key")
        after[change.old] = before[change.new] = change
    chain, seen = [vkey], {vkey}
    while (earlier := before.get(chain[0])) and earlier.old not in seen:
        chain.insert(0, earlier.old)
        seen.add(earlier.old)
    while (later := after.get(chain[-1])) and later.new not in seen:
        chain.append(later.new)
        seen.add(later.new)
    # An empty tree can be signed too: the first key's term begins before it.
    starts = [before[key].size if key in before else -1 for key in chain]
    ends = [after[key].size if key in after else FOR_EVER for key in chain]
    if any(a >= b for a, b in zip(starts, ends, strict=True)):
        raise NoteInvalid("the changes of key are not in order")
    return [Term(key, a, b) for key, a, b in zip(chain, starts, ends, strict=True)]


def ours() -> Keys:
    """The keys that follow from the one in use here. Raises NoteInvalid."""
    return from_vkey(notes.own_vkey())


def from_vkey(vkey: str) -> Keys:
    """The keys that follow from `vkey` by the changes stored here. Raises NoteInvalid."""
    return Keys(vkey, changes())


def changes() -> list[str]:
    """The notes of all changes, oldest first."""
    return list(KeyChange.objects.order_by("size").values_list("note", flat=True))


def change_to(new: SigningKey) -> KeyChange:
    """Write down that from the next leaf on `new` signs. The process goes on with the old key until restart.

    The caller has just signed a checkpoint over everything appended; nothing is appended meanwhile, because
    this holds the sequencer's row. Raises NoteInvalid for a key that is or was in use.
    """
    with transaction.atomic():
        size = Sequencer.objects.select_for_update().get(pk=1).size
        old, name = notes.own_vkey(), notes.key_name()
        fresh = notes.vkey(name, bytes(new.verify_key))
        if fresh in {term.vkey for term in ours().terms}:
            raise NoteInvalid("this key is in use, or was")
        if KeyChange.objects.filter(size__gte=size).exists():
            raise NoteInvalid("nothing was appended since the last change of key")
        said = text(size, old, fresh)
        note = notes.sign(said, name=name, key=notes.signing_key())
        note += notes.signature_line(said, name=name, key=new) + "\n"
        return KeyChange.objects.create(size=size, note=note, created_at=clock.now())


def write_secret(file: Path, seed: bytes) -> None:
    """The seed as hex in a file for this user alone, whole or not at all. Raises OSError."""
    half = file.with_name(f"{file.name}.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(seed.hex() + "\n")
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
