"""The keys and cells of a tip: sealing, opening, reading (VAULT: talk, case and identity key).

What seals returns unsaved rows; the caller saves them in its transaction. The talk key is the reporter's and
the office's, the case key the office's alone. The identity key is A xor B; A goes to the custodians, B to the
approvers, of the office or of the nearest one above that has both.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from accounts.keys import KeySeed

from complaints.vault import cells, directory, wraps
from complaints.vault.directory import Chain
from complaints.vault.errors import BadSeal, NoIdentityOffice, NotAMember
from complaints.vault.models import Cell, Epoch, Membership, Office, Purpose, Wrap

TALK_LABELS = frozenset(
    {
        "subject",
        "narrative",
        "respondents",
        "about",
        "answers",
        "reporter-keys",
        "message",
        "file",
        "file-text",
    }
)
CASE_LABELS = frozenset({"note", "times", "disposal", "file-meta", "reply-draft", "redaction"})
IDENTITY_LABEL = "identity"
# The kinds whose later generations an office signs.
RENEWED = (Wrap.Kind.TALK, Wrap.Kind.CASE, Wrap.Kind.JOINT)
REPORTER_KEYS = "reporter-keys"


@dataclass(frozen=True, repr=False)
class NewCell:
    """A text to seal. `uuid` becomes the row's, so that the caller can name it beforehand."""

    label: str
    text: str
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, repr=False)
class SealedTip:
    """Everything of a new tip, sealed. `cells` has those asked for first, in their order."""

    epoch: Epoch
    cells: list[Cell]
    wraps: list[Wrap]
    talk_key: bytes
    case_key: bytes
    identity_office: Office | None = None


@dataclass(frozen=True, repr=False)
class TipKeys:
    """Opened keys of a tip, newest generation and, in the maps, every one. A reporter has no case key."""

    talk: bytes
    case: bytes | None
    generation: int
    case_generation: int = 0
    talk_keys: Mapping[int, bytes] = field(default_factory=dict)
    case_keys: Mapping[int, bytes] = field(default_factory=dict)

    def key_for(self, label: str, generation: int) -> bytes | None:
        """The key of a cell, or None where these keys do not open it."""
        if label in TALK_LABELS:
            return self.talk_keys.get(generation)
        return self.case_keys.get(generation) if label in CASE_LABELS else None


@dataclass(frozen=True, repr=False)
class OpenCell:
    """An opened cell. `changed`: the stored bytes are not those that were sealed, and `text` is empty."""

    uuid: UUID
    label: str
    text: str
    changed: bool


# Sealing ------------------------------------------------------------------------------------------------


def seal_tip(
    *, tip_uuid: UUID, office: Office, reporter: KeySeed, cells: Sequence[NewCell], identity: str | None
) -> SealedTip:
    """Build every cell and wrap of a new tip, in memory. Call it outside any transaction.

    `cells` are talk or case cells; the reporter's public keys are added. `identity` is the text of the
    identity cell (JSON), or None for an anonymous tip.
    Raises DirectoryBroken, NotReady, NoIdentityOffice; ValueError for a label that is not one.
    """
    chain = directory.verify_to_seal(office)
    epoch = directory.epoch_of(chain, Purpose.OFFICE)
    talk, case = os.urandom(32), os.urandom(32)
    keys = _keys({1: talk}, {1: case})
    public = json.dumps({"box": reporter.box_public.hex(), "sign": reporter.sign_public.hex()})
    if any(item.label == REPORTER_KEYS for item in cells):
        raise ValueError("the reporter's keys are added here")
    rows = [
        new_cell(keys, tip_uuid=tip_uuid, label=item.label, text=item.text, uuid=item.uuid)
        for item in (*cells, NewCell(REPORTER_KEYS, public))
    ]
    sealed = [
        _to_epoch(Wrap.Kind.TALK, tip_uuid, talk, epoch),
        _to_reporter(tip_uuid, talk, reporter.box_public),
        _to_epoch(Wrap.Kind.CASE, tip_uuid, case, epoch),
    ]
    custody = None
    if identity is not None:
        custody, cell, halves = _seal_identity(tip_uuid, chain, identity)
        rows.append(cell)
        sealed += halves
    return SealedTip(epoch, rows, sealed, talk, case, custody)


def new_cell(
    keys: TipKeys | bytes,
    *,
    tip_uuid: UUID,
    label: str,
    text: str,
    generation: int | None = None,
    uuid: UUID | None = None,
) -> Cell:
    """An unsaved cell under the newest key that its label asks for, or under the one key given.

    With one key, `generation` is that key's (1 where it is not said). Raises ValueError for a label that is
    not one, or that these keys may not write.
    """
    if isinstance(keys, TipKeys):
        key, generation = _newest(keys, label)
    else:
        key, generation = keys, generation or 1
        if label not in TALK_LABELS | CASE_LABELS:
            raise ValueError("no such label")
    return _cell(key, tip_uuid, label, text, generation, uuid or uuid4())


def epoch_unchanged(office: Office, epoch: Epoch) -> bool:
    """Whether `epoch` is still the newest of an office that takes tips. Ask inside the transaction."""
    epochs = Epoch.objects.filter(office=office, office__active=True, purpose=epoch.purpose)
    newest = epochs.order_by("-number").values_list("pk", "box_public").first()
    return newest is not None and (newest[0], bytes(newest[1])) == (epoch.pk, bytes(epoch.box_public))


def identity_office(office: Office) -> Office | None:
    """Where identities of this office's tips are kept: itself or the nearest above with both guardians.

    The page that asks for a name tells whose office it is. None: nowhere, so only anonymous tips.
    """
    chain = _custody(directory.verify(office))
    return chain.office if chain else None


def cells_hash(cells_: Iterable[Cell]) -> bytes:
    """One hash for an event over several cells: a single cell's own, else over all (uuid ‖ hash), sorted."""
    items = sorted((cell.uuid.bytes, bytes(cell.hash)) for cell in cells_)
    if len(items) == 1:
        return items[0][1]
    return hashlib.sha256(b"qf1-cells\0" + b"".join(uuid + digest for uuid, digest in items)).digest()


# Opening ------------------------------------------------------------------------------------------------


def open_as_office(*, tip_uuid: UUID, office_seed: KeySeed) -> TipKeys:
    """The tip's talk and case keys. Raises NotAMember where nothing is sealed to this epoch."""
    found = open_many_as_office(tip_uuids=[tip_uuid], office_seed=office_seed)
    if tip_uuid not in found:
        raise NotAMember
    return found[tip_uuid]


def open_many_as_office(*, tip_uuids: Sequence[UUID], office_seed: KeySeed) -> dict[UUID, TipKeys]:
    """The keys of each tip that this epoch opens, in two or three queries for all of them."""
    found: dict[UUID, tuple[dict[int, bytes], dict[int, bytes]]] = {}
    signers = directory.Signers()
    for tip, own in _wraps_of(tip_uuids, office_seed.box_public).items():
        talk = _opened(office_seed, own, Wrap.Kind.TALK, signers)
        case = _opened(office_seed, own, Wrap.Kind.CASE, signers)
        if talk and case:
            found[tip] = talk, case
    _down([(tip, keys) for tip, both in found.items() for keys in both])
    return {tip: _keys(talk, case) for tip, (talk, case) in found.items()}


def open_as_reporter(*, tip_uuid: UUID, reporter: KeySeed) -> TipKeys:
    """The tip's talk keys. Raises NotAMember where nothing is sealed to this receipt."""
    talk = _opened(reporter, _wraps_of([tip_uuid], reporter.box_public).get(tip_uuid, []), Wrap.Kind.TALK)
    if not talk:
        raise NotAMember
    _down([(tip_uuid, talk)])
    return _keys(talk, {})


def read_cells(keys: TipKeys, tip_uuid: UUID, labels: Iterable[str] | None = None) -> list[OpenCell]:
    """The tip's cells that these keys open, of the labels asked for (None: all), in no particular order."""
    return read_many({tip_uuid: keys}, labels)[tip_uuid]


def read_many(
    keys: Mapping[UUID, TipKeys], labels: Iterable[str] | None = None
) -> dict[UUID, list[OpenCell]]:
    """`read_cells` of many tips in one query."""
    wanted = TALK_LABELS | CASE_LABELS if labels is None else set(labels)
    found: dict[UUID, list[OpenCell]] = {tip: [] for tip in keys}
    for cell in Cell.objects.filter(tip__in=list(keys), label__in=wanted).order_by("uuid"):
        key = keys[cell.tip].key_for(cell.label, cell.generation)
        if key is not None or _unreadable(keys[cell.tip], cell):
            found[cell.tip].append(_open(key, cell))
    return found


def open_cell(keys: TipKeys, cell: Cell) -> OpenCell:
    """One cell. `changed` also where these keys are not for it."""
    return _open(keys.key_for(cell.label, cell.generation), cell)


def reporter_keys(keys: TipKeys, tip_uuid: UUID) -> directory.Keys | None:
    """The reporter's public keys as sealed at submit: later generations go to these only."""
    return _stated(read_cells(keys, tip_uuid, [REPORTER_KEYS]))


def reporters_of(keys: Mapping[UUID, TipKeys]) -> dict[UUID, bytes]:
    """The reporter's X25519 key of each tip whose cell opens, in one query."""
    found = {tip: _stated(read) for tip, read in read_many(keys, [REPORTER_KEYS]).items()}
    return {tip: stated.box for tip, stated in found.items() if stated is not None}


def _stated(read: Sequence[OpenCell]) -> directory.Keys | None:
    well = [item for item in read if not item.changed]
    if len(well) != 1:
        return None
    stated = json.loads(well[0].text)
    return directory.Keys(bytes.fromhex(stated["box"]), bytes.fromhex(stated["sign"]))


def open_identity(*, tip_uuid: UUID, custodian_seed: KeySeed, approver_seed: KeySeed) -> str:
    """The identity, with both seeds of the office that keeps it. Raises NotAMember, BadSeal."""
    halves = [
        _opened(seed, _wraps_of([tip_uuid], seed.box_public).get(tip_uuid, []), kind)
        for seed, kind in ((custodian_seed, Wrap.Kind.IDENTITY_A), (approver_seed, Wrap.Kind.IDENTITY_B))
    ]
    cell = Cell.objects.filter(tip=tip_uuid, label=IDENTITY_LABEL).order_by("-generation").first()
    if cell is None or any(cell.generation not in half for half in halves):
        raise NotAMember
    key = _xor(halves[0][cell.generation], halves[1][cell.generation])
    return cells.open_cell(
        key,
        label=IDENTITY_LABEL,
        tip=tip_uuid,
        row=cell.uuid,
        generation=cell.generation,
        sealed=bytes(cell.sealed),
    )


# Messages of the office -----------------------------------------------------------------------------------


def sign_message(office_seed: KeySeed, cell: Cell) -> bytes:
    """The writing office's signature over a message to the reporter: 64 bytes."""
    return bytes(office_seed.signing.sign(_message(cell)).signature)


def is_from_office(office: Office, cell: Cell, signature: bytes) -> bool:
    """Whether any epoch of the office has signed this message. Raises DirectoryBroken."""
    return are_from_office(office, [(cell, signature)])[0]


def are_from_office(office: Office, signed: Sequence[tuple[Cell, bytes]]) -> list[bool]:
    """`is_from_office` of several messages: the directory is read and verified once."""
    keys = directory.verify(office).last.epochs.get(Purpose.OFFICE, ())
    return [
        any(directory.is_signed(key.sign, _message(cell), bytes(signature)) for key in keys)
        for cell, signature in signed
    ]


def _message(cell: Cell) -> bytes:
    return b"qf1-message\0" + cell.tip.bytes + cell.uuid.bytes + cells.cell_hash(bytes(cell.sealed))


# Parts --------------------------------------------------------------------------------------------------


def _keys(talk: Mapping[int, bytes], case: Mapping[int, bytes]) -> TipKeys:
    newest, newest_case = max(talk), max(case, default=0)
    return TipKeys(talk[newest], case.get(newest_case), newest, newest_case, talk, case)


def _newest(keys: TipKeys, label: str) -> tuple[bytes, int]:
    if label in TALK_LABELS:
        return keys.talk, keys.generation
    if label in CASE_LABELS and keys.case is not None:
        return keys.case, keys.case_generation
    raise ValueError("no such label, or not with these keys")


def _cell(key: bytes, tip: UUID, label: str, text: str, generation: int, row: UUID) -> Cell:
    sealed = cells.seal_cell(key, label=label, tip=tip, row=row, generation=generation, text=text)
    return Cell(
        uuid=row, tip=tip, label=label, generation=generation, sealed=sealed, hash=cells.cell_hash(sealed)
    )


def _to_epoch(kind: str, tip: UUID, key: bytes, epoch: Epoch, generation: int = 1) -> Wrap:
    """An unsaved wrap of a tip's key for an epoch."""
    public = bytes(epoch.box_public)
    return Wrap(
        kind=kind,
        subject=tip,
        generation=generation,
        recipient=wraps.recipient_hash(public),
        office_id=epoch.office_id,
        epoch=epoch.number,
        sealed=wraps.seal_wrap(kind=kind, subject=tip, generation=generation, recipient=public, key=key),
    )


def _to_reporter(tip: UUID, key: bytes, public: bytes, generation: int = 1) -> Wrap:
    """An unsaved wrap of a tip's talk key for its reporter's X25519 key."""
    return Wrap(
        kind=Wrap.Kind.TALK,
        subject=tip,
        generation=generation,
        recipient=wraps.recipient_hash(public),
        sealed=wraps.seal_wrap(
            kind=Wrap.Kind.TALK, subject=tip, generation=generation, recipient=public, key=key
        ),
    )


def _below(tip: UUID, older: bytes, newer: bytes, generation: int) -> Wrap:
    """An unsaved wrap of the key of `generation`, for whoever has the key of the next."""
    public, kind = KeySeed(newer).box_public, Wrap.Kind.CHAIN
    return Wrap(
        kind=kind,
        subject=tip,
        generation=generation,
        recipient=wraps.recipient_hash(public),
        sealed=wraps.seal_wrap(kind=kind, subject=tip, generation=generation, recipient=public, key=older),
    )


def _signed(wrap: Wrap, signer: KeySeed) -> Wrap:
    """The wrap with the signature of the office that writes it."""
    message = wraps.signed_part(
        kind=wrap.kind,
        subject=wrap.subject,
        generation=wrap.generation,
        recipient=bytes(wrap.recipient),
        sealed=bytes(wrap.sealed),
    )
    wrap.signature = bytes(signer.signing.sign(message).signature)
    return wrap


def _seal_identity(tip: UUID, chain: Chain, text: str) -> tuple[Office, Cell, list[Wrap]]:
    custody = _custody(chain)
    if custody is None:
        raise NoIdentityOffice
    half_a, half_b = os.urandom(32), os.urandom(32)
    cell = _cell(_xor(half_a, half_b), tip, IDENTITY_LABEL, text, 1, uuid4())
    halves = [
        _to_epoch(Wrap.Kind.IDENTITY_A, tip, half_a, directory.epoch_of(custody, Purpose.IDENTITY)),
        _to_epoch(Wrap.Kind.IDENTITY_B, tip, half_b, directory.epoch_of(custody, Purpose.APPROVAL)),
    ]
    return custody.office, cell, halves


def _custody(chain: Chain | None) -> Chain | None:
    """The nearest chain upwards with a custodian and an approver and an epoch for each."""
    while chain is not None:
        state = chain.last
        guarded = state.with_role(Membership.Role.CUSTODIAN) and state.with_role(Membership.Role.APPROVER)
        if guarded and state.current(Purpose.IDENTITY) and state.current(Purpose.APPROVAL):
            return chain
        chain = chain.parent
    return None


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _wraps_of(tips: Sequence[UUID], public: bytes) -> dict[UUID, list[Wrap]]:
    found: dict[UUID, list[Wrap]] = {}
    recipient = wraps.recipient_hash(public)
    for wrap in Wrap.objects.filter(subject__in=tips, recipient=recipient).order_by("uuid"):
        found.setdefault(wrap.subject, []).append(wrap)
    return found


def _opened(
    seed: KeySeed, rows: Iterable[Wrap], kind: str, signers: directory.Signers | None = None
) -> dict[int, bytes]:
    """Generation → key, of the wraps of a kind. One that does not open counts as not there.

    So does a later generation that no office has signed: anybody can seal a key of their own to a public key.
    """
    keys: dict[int, bytes] = {}
    signers = signers or directory.Signers()
    for wrap in rows:
        if wrap.kind != kind or (
            wrap.generation > 1 and kind in RENEWED and not _is_signed(wrap, seed, signers)
        ):
            continue
        try:
            keys[wrap.generation] = wraps.open_wrap(
                seed.box, bytes(wrap.sealed), kind=kind, subject=wrap.subject, generation=wrap.generation
            )
        except BadSeal:
            continue
    return keys


def _is_signed(wrap: Wrap, seed: KeySeed, signers: directory.Signers) -> bool:
    """Whether the epoch it is sealed to has signed it, or another epoch of an office of this site."""
    message = wraps.signed_part(
        kind=wrap.kind,
        subject=wrap.subject,
        generation=wrap.generation,
        recipient=bytes(wrap.recipient),
        sealed=bytes(wrap.sealed),
    )
    signature = bytes(wrap.signature)
    return directory.is_signed(seed.sign_public, message, signature) or signers.signed(message, signature)


def _down(found: Sequence[tuple[UUID, dict[int, bytes]]]) -> None:
    """Add the lower generations, each sealed under the next higher key: one query for all tips."""
    deep = [(tip, keys) for tip, keys in found if min(keys) > 1]
    chained: dict[tuple[UUID, bytes], list[Wrap]] = {}
    for wrap in (
        Wrap.objects.filter(subject__in={tip for tip, _ in deep}, kind=Wrap.Kind.CHAIN) if deep else ()
    ):
        chained.setdefault((wrap.subject, bytes(wrap.recipient)), []).append(wrap)
    for tip, keys in deep:
        number = min(keys)
        while number > 1:
            above = KeySeed(keys[number])
            rows = chained.get((tip, wraps.recipient_hash(above.box_public)), [])
            lower = _opened(above, (wrap for wrap in rows if wrap.generation == number - 1), Wrap.Kind.CHAIN)
            if not lower:
                break
            number -= 1
            keys[number] = lower[number]


def _unreadable(keys: TipKeys, cell: Cell) -> bool:
    """A cell that these keys should open but whose generation they do not know: somebody changed the row."""
    return cell.label in TALK_LABELS or (cell.label in CASE_LABELS and keys.case is not None)


def _open(key: bytes | None, cell: Cell) -> OpenCell:
    sealed = bytes(cell.sealed)
    if key is None or cells.cell_hash(sealed) != bytes(cell.hash):
        return OpenCell(cell.uuid, cell.label, "", changed=True)
    try:
        text = cells.open_cell(
            key, label=cell.label, tip=cell.tip, row=cell.uuid, generation=cell.generation, sealed=sealed
        )
    except BadSeal:
        return OpenCell(cell.uuid, cell.label, "", changed=True)
    return OpenCell(cell.uuid, cell.label, text, changed=False)
