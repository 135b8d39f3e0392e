"""Sealing tips anew: under a new epoch of their office, or for another office (VAULT: talk and case key).

Each tip gets new generations of its talk and case key, the older ones sealed under them: who knew the old
keys opens nothing that is written from then on. What is built here is unsaved; the caller replaces and saves.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.keys import KeySeed

from complaints.vault import directory, joint, tips, wraps
from complaints.vault.errors import BadSeal
from complaints.vault.models import Epoch, Wrap
from complaints.vault.tips import TipKeys, _below, _signed, _to_epoch, _to_reporter


@dataclass(repr=False)
class Renewed:
    """New wraps of a tip, the rows they replace, and the generations from now on."""

    tip: UUID
    talk: int
    case: int
    wraps: list[Wrap] = field(default_factory=list)
    replaced: list[UUID] = field(default_factory=list)
    others: list[Epoch] = field(default_factory=list)  # of offices that handle it jointly (vault.joint)
    joined: bool = False  # by an office that only has a part of it: the tip itself is another's


def renew(
    *, tip_uuids: Sequence[UUID], seeds: Mapping[int, KeySeed], target: Epoch, signer: KeySeed
) -> list[Renewed]:
    """The tips that any of `seeds` (epoch → seed) opens, sealed to `target` and to their reporters.

    A reporter is sealed to by the key in the tip's own cell, and only while a wrap for that key is there: a
    closed mailbox stays closed. Where the cell does not open, the talk key stays as it is.
    """
    made = []
    done: set[UUID] = set()
    for seed in (seeds[number] for number in sorted(seeds, reverse=True)):
        opened = tips.open_many_as_office(
            tip_uuids=[tip for tip in tip_uuids if tip not in done], office_seed=seed
        )
        done |= opened.keys()
        rows = _rows(opened, seed)
        publics = tips.reporters_of(opened)
        for tip, keys in opened.items():
            made.append(_renew(tip, keys, rows.get(tip, []), publics.get(tip), seed, target, signer))
    return made + _renew_parts([tip for tip in tip_uuids if tip not in done], seeds, target, signer)


def reseal(
    *, kind: str, tip_uuids: Sequence[UUID], seeds: Mapping[int, KeySeed], target: Epoch, signer: KeySeed
) -> list[Renewed]:
    """The halves of identities (`kind`) that `seeds` open, sealed to `target`; the identity key stays.

    `signer` is the guardians' own newest seed: they do not need the office's for this.
    """
    made = []
    for seed in seeds.values():
        recipient = wraps.recipient_hash(seed.box_public)
        for row in Wrap.objects.filter(subject__in=tip_uuids, kind=kind, recipient=recipient):
            try:
                half = wraps.open_wrap(
                    seed.box, bytes(row.sealed), kind=kind, subject=row.subject, generation=row.generation
                )
            except BadSeal:
                continue
            fresh = _to_epoch(kind, row.subject, half, target, row.generation)
            made.append(Renewed(row.subject, 0, 0, [_signed(fresh, signer)], [row.pk]))
    return made


def _renew(
    tip: UUID,
    keys: TipKeys,
    rows: Sequence[Wrap],
    reporter: bytes | None,
    seed: KeySeed,
    target: Epoch,
    signer: KeySeed,
) -> Renewed:
    case, case_number = os.urandom(32), keys.case_generation + 1
    made = Renewed(tip, keys.generation, case_number)
    made.wraps = [
        _to_epoch(Wrap.Kind.CASE, tip, case, target, case_number),
        _below(tip, keys.case or b"", case, keys.case_generation),
    ]
    made.replaced = [row.pk for row in rows if row.recipient == wraps.recipient_hash(seed.box_public)]
    together = any(row.kind == Wrap.Kind.JOINT for row in rows)
    if together:
        _together(made, keys, rows, reporter, seed, target, signer)
    if reporter is None:
        made.wraps.append(_to_epoch(Wrap.Kind.TALK, tip, keys.talk, target, keys.generation))
    elif not together:
        talk, made.talk = os.urandom(32), keys.generation + 1
        made.wraps.append(_to_epoch(Wrap.Kind.TALK, tip, talk, target, made.talk))
        made.wraps.append(_below(tip, keys.talk, talk, keys.generation))
        theirs = [row.pk for row in rows if row.recipient == wraps.recipient_hash(reporter)]
        if theirs:
            made.wraps.append(_to_reporter(tip, talk, reporter, made.talk))
            made.replaced += theirs
    made.wraps = [_signed(wrap, signer) for wrap in made.wraps]
    return made


def _together(
    made: Renewed,
    keys: TipKeys,
    rows: Sequence[Wrap],
    reporter: bytes | None,
    seed: KeySeed,
    target: Epoch,
    signer: KeySeed,
) -> None:
    """The talk key and the keys of its parts, for every office that handles this tip."""
    own = wraps.recipient_hash(seed.box_public)
    mine = [row for row in rows if row.recipient == own]
    opened = tips._opened(seed, mine, Wrap.Kind.JOINT, directory.Signers())
    built = joint.anew(
        tip_uuid=made.tip,
        keys=keys,
        parts=joint.newest_of_each(opened),
        rows=[row for row in rows if row.kind != Wrap.Kind.CASE],
        reporter=reporter,
        own=own,
        target=target,
        signer=signer,
    )
    made.wraps += built.wraps
    made.replaced += [pk for pk in built.replaced if pk not in made.replaced]
    made.others += built.epochs
    made.talk = built.talk or made.talk


def _renew_parts(
    tip_uuids: Sequence[UUID], seeds: Mapping[int, KeySeed], target: Epoch, signer: KeySeed
) -> list[Renewed]:
    """The tips that another office leads and of which this one has a part."""
    made: list[Renewed] = []
    if not tip_uuids:
        return made
    for tip, rows in joint.rows_of(tip_uuids).items():
        for seed in seeds.values():
            own = wraps.recipient_hash(seed.box_public)
            mine = [row for row in rows if bytes(row.recipient) == own]
            talk = tips._opened(seed, mine, Wrap.Kind.TALK, directory.Signers())
            if not talk:
                continue
            tips._down([(tip, talk)])
            keys = tips._keys(talk, {})
            for row in rows:
                row.recipient = bytes(row.recipient)
            part = Renewed(tip, keys.generation, 0, replaced=[row.pk for row in mine], joined=True)
            reporter = tips.reporter_keys(keys, tip)
            _together(part, keys, rows, reporter.box if reporter else None, seed, target, signer)
            if part.talk == keys.generation:
                part.wraps.append(
                    _signed(_to_epoch(Wrap.Kind.TALK, tip, keys.talk, target, part.talk), signer)
                )
            made.append(part)
            break
    return made


def _rows(opened: Mapping[UUID, TipKeys], seed: KeySeed) -> dict[UUID, list[Wrap]]:
    """All talk and case wraps of these tips."""
    found: dict[UUID, list[Wrap]] = {}
    for row in Wrap.objects.filter(subject__in=list(opened), kind__in=tips.RENEWED):
        row.recipient = bytes(row.recipient)
        found.setdefault(row.subject, []).append(row)
    return found
