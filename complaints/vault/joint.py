"""Joint handling: an office beside the leading one reads a tip and has a part of its own (VAULT: transfer).

The talk key's newest generation is sealed to each office, so that all of them read what the reporter says.
The leading office's case key stays its own. What the two offices write to each other lies under the key of
the joined office's part, which is sealed to these two alone: wraps of kind "joint", whose generation is the
number of the part times 256, and the generation of its key.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from accounts.keys import KeySeed
from django.db.models import Q

from complaints.vault import directory, tips, wraps
from complaints.vault.errors import NotAMember
from complaints.vault.models import Cell, Epoch, Office, Purpose, Wrap
from complaints.vault.tips import TipKeys, _below, _signed, _to_epoch, _to_reporter

Kind = Wrap.Kind
LABEL = "joint"
GENERATIONS = 256  # of a part's key; a tip has as many parts at most


@dataclass(frozen=True, repr=False)
class Part:
    """One part as one of its two offices opens it: the talk keys, and the part's keys by generation."""

    talk: TipKeys
    keys: Mapping[int, bytes]

    @property
    def generation(self) -> int:
        """The newest."""
        return max(self.keys)


@dataclass(repr=False)
class Built:
    """Wraps not yet saved, and what they replace; `epochs` must still be the newest when they are saved."""

    wraps: list[Wrap] = field(default_factory=list)
    replaced: list[UUID] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    talk: int = 0  # the talk generation from now on, 0 where it stays


def number_of(generation: int) -> int:
    """The part to which a generation of kind "joint" belongs."""
    return generation // GENERATIONS


def share(
    *, tip_uuid: UUID, number: int, keys: TipKeys, signer: KeySeed, lead: Office, joined: Office
) -> tuple[Part, Built]:
    """A new part: the talk key for the joined office, a key of the part for both. Outside any transaction.

    Raises DirectoryBroken, NotReady.
    """
    theirs, own = newest(joined), newest(lead)
    key, generation = os.urandom(32), number * GENERATIONS + 1
    made = [
        _to_epoch(Kind.TALK, tip_uuid, keys.talk, theirs, keys.generation),
        _to_epoch(Kind.JOINT, tip_uuid, key, own, generation),
        _to_epoch(Kind.JOINT, tip_uuid, key, theirs, generation),
    ]
    for wrap in made:
        _signed(wrap, signer)
    return Part(keys, {generation: key}), Built(made, [], [theirs, own])


def open_part(*, tip_uuid: UUID, number: int, seed: KeySeed) -> Part:
    """As either of the two offices, by a seed of its. Raises NotAMember where this epoch opens no part."""
    rows = tips._wraps_of([tip_uuid], seed.box_public).get(tip_uuid, [])
    signers = directory.Signers()
    talk = tips._opened(seed, rows, Kind.TALK, signers)
    keys = _of(tips._opened(seed, rows, Kind.JOINT, signers), number)
    if not talk or not keys:
        raise NotAMember
    tips._down([(tip_uuid, talk), (tip_uuid, keys)])
    return Part(tips._keys(talk, {}), keys)


def new_cell(part: Part, *, tip_uuid: UUID, text: str) -> Cell:
    """An unsaved text under the part's newest key."""
    generation = part.generation
    return tips._cell(part.keys[generation], tip_uuid, LABEL, text, generation, uuid4())


def open_cells(part: Part, rows: Iterable[Cell]) -> dict[UUID, tips.OpenCell]:
    """The texts of a part; one that was changed in the database has none."""
    return {row.uuid: tips._open(part.keys.get(row.generation), row) for row in rows}


def leave(*, tip_uuid: UUID, joined: Office) -> int:
    """In the caller's transaction: delete every key of this tip that the joined office had; how many."""
    rows = Wrap.objects.filter(subject=tip_uuid, kind__in=[Kind.TALK, Kind.JOINT], office=joined)
    return rows.delete()[0]


def anew(
    *,
    tip_uuid: UUID,
    keys: TipKeys,
    parts: Mapping[int, bytes],
    rows: Sequence[Wrap],
    reporter: bytes | None,
    own: bytes,
    target: Epoch,
    signer: KeySeed,
    without: Office | None = None,
) -> Built:
    """New generations of the talk key, and of each part's key, for all who have them now but `without`.

    `rows`: the tip's talk and joint wraps; `parts`: the newest key of each part by its generation; `own`: the
    recipient of the writing office's wraps, which go to `target` from now on. Without the reporter's key the
    talk key stays. Raises DirectoryBroken, NotReady.
    """
    built = Built()
    if reporter is not None:
        talk, built.talk = os.urandom(32), keys.generation + 1
        built.wraps += [
            _to_epoch(Kind.TALK, tip_uuid, talk, target, built.talk),
            _below(tip_uuid, keys.talk, talk, keys.generation),
        ]
        mine = [row for row in rows if row.kind == Kind.TALK and _recipient(row) == own]
        theirs = [
            row for row in rows if row.kind == Kind.TALK and _recipient(row) == wraps.recipient_hash(reporter)
        ]
        if theirs:
            built.wraps.append(_to_reporter(tip_uuid, talk, reporter, built.talk))
        built.replaced += [row.pk for row in (*mine, *theirs)]
        _others(built, rows, Kind.TALK, 0, own, talk, built.talk, without)
    for generation, key in parts.items():
        fresh, number = os.urandom(32), number_of(generation)
        built.wraps += [
            _to_epoch(Kind.JOINT, tip_uuid, fresh, target, generation + 1),
            _below(tip_uuid, key, fresh, generation),
        ]
        built.replaced += [
            row.pk
            for row in rows
            if row.kind == Kind.JOINT and number_of(row.generation) == number and _recipient(row) == own
        ]
        _others(built, rows, Kind.JOINT, number, own, fresh, generation + 1, without)
    for wrap in built.wraps:
        _signed(wrap, signer)
    return built


def _others(
    built: Built,
    rows: Sequence[Wrap],
    kind: str,
    number: int,
    own: bytes,
    key: bytes,
    generation: int,
    without: Office | None,
) -> None:
    """The new key for every other office that has the one before."""
    found = [
        row
        for row in rows
        if row.kind == kind
        and row.office_id is not None
        and _recipient(row) != own
        and (kind == Kind.TALK or number_of(row.generation) == number)
    ]
    built.replaced += [row.pk for row in found]
    gone = without.pk if without else None
    for pk in sorted({row.office_id or 0 for row in found} - {gone}):
        epoch = newest(Office.objects.get(pk=pk))
        built.epochs.append(epoch)
        built.wraps.append(_to_epoch(kind, rows[0].subject, key, epoch, generation))


def newest_of_each(opened: Mapping[int, bytes]) -> dict[int, bytes]:
    """Of each part the newest generation and its key."""
    numbers = {number_of(generation) for generation in opened}
    return {top: opened[top] for n in numbers for top in [max(g for g in opened if number_of(g) == n)]}


def rows_of(tip_uuids: Sequence[UUID]) -> dict[UUID, list[Wrap]]:
    """The talk and joint wraps of these tips."""
    found: dict[UUID, list[Wrap]] = {}
    kinds = Q(kind__in=[Kind.TALK, Kind.JOINT])
    for row in Wrap.objects.filter(kinds, subject__in=list(tip_uuids)).order_by("uuid"):
        found.setdefault(row.subject, []).append(row)
    return found


def newest(office: Office) -> Epoch:
    """The newest epoch of an office, its chain verified. Raises DirectoryBroken, NotReady."""
    return directory.epoch_of(directory.verify_to_seal(office), Purpose.OFFICE)


def _of(opened: Mapping[int, bytes], number: int) -> dict[int, bytes]:
    return {generation: key for generation, key in opened.items() if number_of(generation) == number}


def _recipient(row: Wrap) -> bytes:
    return bytes(row.recipient)
