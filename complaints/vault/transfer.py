"""Re-sealing a tip to another office (VAULT: Transfer).

New generations of talk and case key are sealed to the receiving office, the talk key to the reporter too; the
keys before them lie chained under the new ones; every wrap to the office before is deleted. Nothing is read
for it but the reporter's public keys, which stand in a cell: a tip can be moved unread.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User

from complaints.vault import directory, offices, wraps
from complaints.vault.errors import BadSeal, NoIdentityOffice, NotAMember
from complaints.vault.models import Cell, Epoch, Office, Purpose, Wrap
from complaints.vault.tips import (
    IDENTITY_LABEL,
    TipKeys,
    _below,
    _custody,
    _signed,
    _to_epoch,
    _to_reporter,
    reporter_keys,
)

Kind = Wrap.Kind
HALVES: dict[str, tuple[str, Purpose]] = {
    "a": (Kind.IDENTITY_A, Purpose.IDENTITY),
    "b": (Kind.IDENTITY_B, Purpose.APPROVAL),
}


@dataclass(frozen=True, repr=False)
class Resealed:
    """A tip sealed anew, not yet saved: `keys` write cells of the new generation."""

    epoch: Epoch
    keys: TipKeys
    wraps: list[Wrap]


def reseal(*, tip_uuid: UUID, keys: TipKeys, sender_seed: KeySeed, receiver: Office) -> Resealed:
    """Build every wrap for the receiving office, in memory. Call it outside any transaction.

    `keys` are the tip's as the sender opens them; `sender_seed` (of its newest epoch) signs. Raises
    DirectoryBroken, NotReady; NotAMember where the case key or the reporter's keys do not open.
    """
    if keys.case is None or (reporter := reporter_keys(keys, tip_uuid)) is None:
        raise NotAMember
    epoch = directory.epoch_of(directory.verify_to_seal(receiver), Purpose.OFFICE)
    talk, case = os.urandom(32), os.urandom(32)
    number, case_number = keys.generation + 1, keys.case_generation + 1
    made = [
        _to_epoch(Kind.TALK, tip_uuid, talk, epoch, number),
        _to_reporter(tip_uuid, talk, reporter.box, number),
        _to_epoch(Kind.CASE, tip_uuid, case, epoch, case_number),
        _below(tip_uuid, keys.talk, talk, keys.generation),
        _below(tip_uuid, keys.case, case, keys.case_generation),
    ]
    for wrap in made:
        _signed(wrap, sender_seed)
    new = TipKeys(
        talk,
        case,
        number,
        case_number,
        {**keys.talk_keys, number: talk},
        {**keys.case_keys, case_number: case},
    )
    return Resealed(epoch, new, made)


def store(*, tip_uuid: UUID, made: Resealed) -> int:
    """In the caller's transaction: delete the wraps before, save the new; how many were deleted.

    What is left of the wraps before are the chains, which open with the new keys alone.
    """
    before = Wrap.objects.filter(subject=tip_uuid, kind__in=[Kind.TALK, Kind.CASE, Kind.JOINT])
    gone, _rows = before.delete()
    Wrap.objects.bulk_create(made.wraps)
    return gone


def halves_follow(tip_uuid: UUID, receiver: Office) -> bool:
    """Whether the identity's halves lie with other guardians than the receiver's."""
    now = Wrap.objects.filter(subject=tip_uuid, kind=Kind.IDENTITY_A).first()
    if now is None:
        return False
    chain = _custody(directory.verify(receiver))
    return chain is not None and chain.office.pk != now.office_id


def keeper_of(tip_uuid: UUID, half: str) -> Office | None:
    """The office whose guardians hold a half of this tip's identity."""
    wrap = Wrap.objects.filter(subject=tip_uuid, kind=HALVES[half][0]).select_related("office").first()
    return wrap.office if wrap else None


def reseal_half(
    *, tip_uuid: UUID, half: str, user: User, seed: KeySeed, receiver: Office
) -> tuple[UUID, Wrap]:
    """(the wrap's row now, the new wrap): one half of the identity, sealed to the receiver's guardians.

    Half "a" needs a custodian of the office that keeps it, "b" an approver: neither sees the identity.
    Raises NotAMember, NoIdentityOffice, DirectoryBroken.
    """
    kind, purpose = HALVES[half]
    row = Wrap.objects.filter(subject=tip_uuid, kind=kind).select_related("office").order_by("uuid").first()
    if row is None or row.office is None:
        raise NotAMember
    guardian = offices.open_office_seed(user, seed, row.office, purpose, row.epoch)
    try:
        key = wraps.open_wrap(
            guardian.box, bytes(row.sealed), kind=kind, subject=tip_uuid, generation=row.generation
        )
    except BadSeal:
        raise NotAMember from None
    custody = _custody(directory.verify_to_seal(receiver))
    if custody is None:
        raise NoIdentityOffice
    made = _to_epoch(kind, tip_uuid, key, directory.epoch_of(custody, purpose), row.generation)
    _signed(made, offices.open_office_seed(user, seed, row.office))
    return row.pk, made


def opens_any(seeds: Iterable[KeySeed], tip_uuid: UUID) -> bool:
    """Whether any of these seeds opens any wrap of the tip as it lies now (for checks, not for reading)."""
    for seed in seeds:
        for wrap in Wrap.objects.filter(subject=tip_uuid):
            try:
                wraps.open_wrap(
                    seed.box, bytes(wrap.sealed), kind=wrap.kind, subject=tip_uuid, generation=wrap.generation
                )
            except BadSeal:
                continue
            return True
    return False


def has_identity(tip_uuid: UUID) -> bool:
    """Whether an identity is sealed with this tip."""
    return Cell.objects.filter(tip=tip_uuid, label=IDENTITY_LABEL).exists()
