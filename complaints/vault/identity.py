"""Opening an identity takes two people, by their keys (VAULT: identity).

The reason is sealed to the approvers. An approver's session opens half B and seals it to that one custodian;
the custodian's session opens half A. Whoever writes the answer into the database has sealed no half.
"""

from __future__ import annotations

import os
from uuid import UUID, uuid4

from accounts.keys import KeySeed
from accounts.models import User

from complaints.vault import cells, directory, offices, wraps
from complaints.vault.errors import BadSeal, DirectoryBroken, NotAMember
from complaints.vault.models import Cell, Epoch, IdentityRequest, Membership, Office, Purpose, Wrap
from complaints.vault.tips import IDENTITY_LABEL, _to_epoch

REASON_LABEL = "identity-reason"
Kind = Wrap.Kind


def keeper_of(tip: UUID) -> Office | None:
    """The office whose custodians and approvers keep both halves of this identity, if one does."""
    rows = {
        row.kind: row.office
        for row in Wrap.objects.filter(
            subject=tip, kind__in=[Kind.IDENTITY_A, Kind.IDENTITY_B], user=None
        ).select_related("office")
    }
    kept, other = rows.get(Kind.IDENTITY_A), rows.get(Kind.IDENTITY_B)
    return kept if kept is not None and kept == other else None


def seal_reason(tip: UUID, office: Office, text: str) -> tuple[Cell, Wrap]:
    """The reason and its key for the office's approvers, unsaved. Raises DirectoryBroken, NotReady."""
    key, row = os.urandom(32), uuid4()
    epoch = directory.current_epoch(office, Purpose.APPROVAL)
    sealed = cells.seal_cell(key, label=REASON_LABEL, tip=tip, row=row, generation=1, text=text)
    cell = Cell(
        uuid=row, tip=tip, label=REASON_LABEL, generation=1, sealed=sealed, hash=cells.cell_hash(sealed)
    )
    wrap = _to_epoch(Kind.REASON, row, key, epoch)  # its subject is the cell: a tip may have several
    return cell, wrap


def read_reason(asked: IdentityRequest, approver: User, seed: KeySeed) -> str:
    """What the custodian wrote. Raises NotAMember, BadSeal."""
    row = Wrap.objects.filter(subject=asked.reason_id, kind=Kind.REASON).first()
    if row is None:
        raise NotAMember
    guardian = offices.open_office_seed(approver, seed, asked.office, Purpose.APPROVAL, row.epoch)
    cell = asked.reason
    key = wraps.open_wrap(guardian.box, bytes(row.sealed), kind=row.kind, subject=row.subject, generation=1)
    return cells.open_cell(
        key, label=REASON_LABEL, tip=cell.tip, row=cell.uuid, generation=1, sealed=bytes(cell.sealed)
    )


def hand_half(asked: IdentityRequest, approver: User, seed: KeySeed) -> Wrap:
    """Half B, sealed to the custodian by the key that the directory names; unsaved.

    Raises NotAMember where the approver holds no seed, the custodian is none any more, or the halves moved.
    """
    row, guardian = _half(asked, Kind.IDENTITY_B, Purpose.APPROVAL, approver, seed)
    half = _opened(row, guardian)
    chain = directory.verify_to_seal(asked.office)
    keys = chain.last.members.get((asked.custodian_id, str(Membership.Role.CUSTODIAN)))
    if keys is None:
        raise NotAMember
    sealed = wraps.seal_wrap(
        kind=row.kind, subject=asked.tip, generation=row.generation, recipient=keys.box, key=half
    )
    recipient = wraps.recipient_hash(keys.box)
    message = wraps.signed_part(
        kind=row.kind, subject=asked.tip, generation=row.generation, recipient=recipient, sealed=sealed
    )
    signer = offices.open_office_seed(approver, seed, asked.office)
    return Wrap(
        kind=row.kind,
        subject=asked.tip,
        generation=row.generation,
        recipient=recipient,
        user_id=asked.custodian_id,
        sealed=sealed,
        signature=signer.signing.sign(message).signature,
    )


def open_with(asked: IdentityRequest, custodian: User, seed: KeySeed) -> str:
    """The identity, by half A and the half that the approver has handed on. Raises NotAMember, BadSeal."""
    row, guardian = _half(asked, Kind.IDENTITY_A, Purpose.IDENTITY, custodian, seed)
    handed = Wrap.objects.filter(
        subject=asked.tip,
        kind=Kind.IDENTITY_B,
        user=custodian,
        recipient=wraps.recipient_hash(seed.box_public),
        generation=row.generation,
    ).first()
    cell = Cell.objects.filter(tip=asked.tip, label=IDENTITY_LABEL, generation=row.generation).first()
    if handed is None or cell is None:
        raise NotAMember
    both = zip(_opened(row, guardian), _opened(handed, seed), strict=True)
    return cells.open_cell(
        bytes(a ^ b for a, b in both),
        label=IDENTITY_LABEL,
        tip=asked.tip,
        row=cell.uuid,
        generation=cell.generation,
        sealed=bytes(cell.sealed),
    )


def drop_halves(asked: IdentityRequest) -> int:
    """Delete what was handed to this custodian for this tip, and the reason's key; in a transaction."""
    Wrap.objects.filter(subject=asked.reason_id, kind=Kind.REASON).delete()
    rows = Wrap.objects.filter(subject=asked.tip, kind=Kind.IDENTITY_B, user=asked.custodian_id)
    return rows.delete()[0]


def _half(asked: IdentityRequest, kind: str, purpose: str, user: User, seed: KeySeed) -> tuple[Wrap, KeySeed]:
    """The guardians' wrap of a half, and the seed that opens it."""
    row = (
        Wrap.objects.filter(subject=asked.tip, kind=kind, office=asked.office, user=None)
        .order_by("-generation")
        .first()
    )
    if row is None:
        raise NotAMember
    guardian = offices.open_office_seed(user, seed, asked.office, purpose, row.epoch)
    epoch = Epoch.objects.filter(office=asked.office, purpose=purpose, number=row.epoch or 0).first()
    if epoch is None or bytes(epoch.box_public) != guardian.box_public:
        raise DirectoryBroken("an epoch is not the one its directory names")
    return row, guardian


def _opened(row: Wrap, seed: KeySeed) -> bytes:
    try:
        return wraps.open_wrap(
            seed.box, bytes(row.sealed), kind=row.kind, subject=row.subject, generation=row.generation
        )
    except BadSeal:
        raise NotAMember from None
