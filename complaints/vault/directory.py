"""The signed directory: which public keys are real (VAULT: signed directory).

Each office has a chain of entries. The root signs the first entry of the topmost office and its holders; any
other entry is signed by the office's current key (the first entry of a lower office: by the office above) and
by the staff key of an administrator whom the entries before it name. New holders, and an administrator where
nobody is left, need two of the present holders. Replaying a chain checks every signature and every rule, and
gives the keys that may be sealed to. Nothing else in the database is believed about keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import rfc8785
from accounts.models import StaffKey
from django.db import transaction
from ledger import services as ledger
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from workdays import clock

from complaints.vault import pins, root
from complaints.vault.errors import DirectoryBroken, NotReady
from complaints.vault.models import DirectoryEntry, Epoch, Membership, Office, Purpose

Kind = DirectoryEntry.Kind
Role = Membership.Role

FIRST = b"\0" * 32  # "the entry before" of the first
CONTEXT = b"qf1-directory\0"


@dataclass(frozen=True)
class Keys:
    """The public halves of one key: X25519 and Ed25519, 32 bytes each."""

    box: bytes
    sign: bytes

    def fields(self) -> dict[str, str]:
        """As they stand in an entry."""
        return {"box": self.box.hex(), "sign": self.sign.hex()}


@dataclass(frozen=True)
class State:
    """What the entries up to one of them say."""

    hash: bytes = FIRST
    epochs: Mapping[str, tuple[Keys, ...]] = field(default_factory=dict)  # purpose → keys of epoch 1, 2, …
    members: Mapping[tuple[int, str], Keys] = field(default_factory=dict)  # (user id, role) → staff key
    holders: tuple[bytes, ...] = ()
    holder_signs: tuple[bytes, ...] = ()  # their Ed25519 keys: two of them sign a recovery
    child: tuple[UUID, bytes] | None = None  # of the last entry, where it names a lower office
    since: int = 0  # of the states of the topmost chain, from which on its holders count (lower offices)

    def current(self, purpose: str) -> Keys | None:
        """The newest keys of a purpose."""
        return self.epochs[purpose][-1] if self.epochs.get(purpose) else None

    def with_role(self, role: str) -> dict[int, Keys]:
        """Who holds a role, by user id."""
        return {user: keys for (user, held), keys in self.members.items() if held == role}


@dataclass(frozen=True)
class Chain:
    """A verified chain: the state before the first entry, and after each."""

    office: Office
    states: tuple[State, ...]
    parent: Chain | None

    @property
    def last(self) -> State:
        """What holds now."""
        return self.states[-1]

    @property
    def hashes(self) -> list[bytes]:
        """The hash of each entry."""
        return [state.hash for state in self.states[1:]]

    @property
    def top(self) -> Chain:
        """The chain of the topmost office."""
        return self.parent.top if self.parent else self

    @property
    def epoch_numbers(self) -> dict[str, int]:
        """The newest epoch of each purpose."""
        return {purpose: len(keys) for purpose, keys in self.last.epochs.items()}


def verify(office: Office) -> Chain:
    """The office's chain and those above it, with every signature and rule checked, but no pin.

    Good enough to read by. Raises DirectoryBroken, or NotReady where no root key is pinned.
    """
    lineage = _lineage(office)
    offices = {item.pk: item for item in lineage}
    rows: dict[int, list[DirectoryEntry]] = {item.pk: [] for item in lineage}
    for row in DirectoryEntry.objects.filter(office__in=lineage).order_by("office", "number"):
        row.office = offices[row.office_id]
        rows[row.office_id].append(row)
    chain = _replay(lineage[0], rows[lineage[0].pk], None)
    for item in lineage[1:]:
        chain = _replay(item, rows[item.pk], chain)
    return chain


def verify_to_seal(office: Office) -> Chain:
    """`verify`, and no chain lies behind or beside its pin. The pins move on when the transaction commits.

    Raises DirectoryBroken: then nothing may be sealed.
    """
    chain = verify(office)
    for item in _upwards(chain):
        pins.check(item.office.uuid, item.hashes, item.epoch_numbers)
        pin_on_commit(item)
    return chain


def pin_on_commit(chain: Chain) -> None:
    """Pin the chain's last entry once it is certain that it stands in the database."""
    pin = pins.Pin(len(chain.hashes), chain.last.hash, chain.epoch_numbers)
    office = chain.office.uuid
    transaction.on_commit(lambda: pins.advance(office, pin))


def current_epoch(office: Office, purpose: str = Purpose.OFFICE) -> Epoch:
    """The epoch to seal to, whose keys the verified chain names.

    Raises DirectoryBroken; NotReady where the office has no such key (yet).
    """
    chain = verify_to_seal(office)
    return epoch_of(chain, purpose)


def epoch_of(chain: Chain, purpose: str, number: int | None = None) -> Epoch:
    """The row of an epoch (None: the newest), if it holds the keys that the chain names."""
    keys = chain.last.epochs.get(purpose, ())
    if not keys or (number is not None and not 0 < number <= len(keys)):
        raise NotReady(f"the office has no key for the purpose {purpose!s}")
    rows = Epoch.objects.filter(office=chain.office, purpose=purpose)
    # The newest by number, not the one the chain names: a row too many is somebody's work, too.
    row = (rows if number is None else rows.filter(number=number)).order_by("-number").first()
    wanted = len(keys) if number is None else number
    if row is None or row.number != wanted or keys_of(row) != keys[wanted - 1]:
        raise DirectoryBroken("an epoch is not the one its directory names")
    return row


def keys_of(row: Epoch | StaffKey) -> Keys:
    """The public keys in a row."""
    return Keys(bytes(row.box_public), bytes(row.sign_public))


def append(
    *,
    office: Office,
    kind: str,
    number: int,
    previous: bytes,
    fields: Mapping[str, Any],
    by: int,
    signers: Sequence[tuple[str, SigningKey]],
) -> DirectoryEntry:
    """Write the signed entry `number` and its ledger event, in the caller's transaction.

    `by` is the administrator who signs. The caller verifies the chain afterwards, still inside.
    """
    now = clock.now()
    body = rfc8785.dumps(
        {
            "v": 1,
            "office": str(office.uuid),
            "number": number,
            "kind": str(kind),
            "previous": previous.hex(),
            "date": now.date().isoformat(),
            "by": by,
            **fields,
        }
    )
    entry = DirectoryEntry(
        uuid=uuid4(),
        office=office,
        number=number,
        kind=kind,
        body=body,
        previous=previous,
        hash=entry_hash(body),
        signatures=[
            {
                "by": name,
                "key": bytes(key.verify_key).hex(),
                "signature": key.sign(CONTEXT + body).signature.hex(),
            }
            for name, key in signers
        ],
    )
    entry.save(force_insert=True)
    ledger.record(
        kind="directory",
        actor=f"user:{by}",
        at=now,
        details={"office": office.code, "entry": number, "kind": str(kind)},
        cell_hash=bytes(entry.hash),
    )
    return entry


def _signature(name: str, key: SigningKey, body: bytes) -> dict[str, str]:
    signature = key.sign(CONTEXT + body).signature
    return {"by": name, "key": bytes(key.verify_key).hex(), "signature": signature.hex()}


def entry_hash(body: bytes) -> bytes:
    """SHA-256 of an entry's body, with its context."""
    return hashlib.sha256(CONTEXT + body).digest()


# Replaying ----------------------------------------------------------------------------------------------


def _lineage(office: Office) -> list[Office]:
    """The office and all above it, topmost first."""
    found = [office]
    while (above := found[-1].parent) is not None:
        if above in found:
            raise DirectoryBroken("an office stands above itself")
        found.append(above)
    return found[::-1]


def _upwards(chain: Chain) -> Iterable[Chain]:
    while True:
        yield chain
        if chain.parent is None:
            return
        chain = chain.parent


def _replay(office: Office, rows: Sequence[DirectoryEntry], parent: Chain | None) -> Chain:
    if not rows:
        raise DirectoryBroken("an office has no directory")
    states = [State()]
    for number, row in enumerate(rows, start=1):
        body = _body(row, office, number, states[-1].hash)
        try:
            state = _apply(row, body, number, states[-1], parent)
        except (KeyError, TypeError, ValueError) as error:
            raise DirectoryBroken("an entry of the directory cannot be read") from error
        states.append(replace(state, hash=bytes(row.hash)))
    return Chain(office, tuple(states), parent)


def _body(row: DirectoryEntry, office: Office, number: int, previous: bytes) -> dict[str, Any]:
    """The entry's statement, if row and statement agree and it follows the entry before."""
    raw = bytes(row.body)
    try:
        body = json.loads(raw)
        canonical = rfc8785.dumps(body)
    except (ValueError, RecursionError) as error:
        raise DirectoryBroken("an entry of the directory cannot be read") from error
    names = ("v", "office", "number", "kind", "previous")
    stated = [body.get(name) for name in names] if isinstance(body, dict) else []
    expected = [1, str(office.uuid), number, row.kind, previous.hex()]
    agrees = (
        canonical == raw
        and stated == expected
        and row.number == number
        and bytes(row.previous) == previous
        and bytes(row.hash) == entry_hash(raw)
    )
    if not agrees:
        raise DirectoryBroken("an entry of the directory is missing, moved or changed")
    return dict(body)


def _apply(
    row: DirectoryEntry, body: dict[str, Any], number: int, before: State, parent: Chain | None
) -> State:
    """The state after an entry, if the right keys have signed it and the rules allow it."""
    if number == 1:
        return _first(row, body, parent)
    if row.kind == Kind.RECOVERY:
        return _recovery(row, body, before, parent)
    if row.kind == Kind.HOLDERS and parent is not None:
        return _holders_above(row, body, before, parent.top)
    administrator = before.members.get((body["by"], Role.ADMINISTRATOR))
    if administrator is None:
        raise DirectoryBroken("an entry is signed by somebody who was not an administrator")
    named = ("member", administrator.sign)
    if row.kind == Kind.HOLDERS and number == 2:
        _signed(row, [("root", root.public()), named])
    elif row.kind == Kind.HOLDERS:
        _signed(row, [("office", _office_key(before)), named, *_two_holders(body["pair"], before)])
    else:
        _signed(row, [("office", _office_key(before)), named])
    match row.kind:
        case Kind.MEMBER:
            return _member(body, before)
        case Kind.REMOVAL:
            return _removal(body, before)
        case Kind.EPOCH:
            return _epoch(body, before)
        case Kind.CHILD:
            return replace(before, child=(UUID(body["child"]), _bytes(body["entry"])))
        case Kind.HOLDERS:
            return replace(
                before,
                child=None,
                holders=tuple(_bytes(item) for item in body["holders"]),
                holder_signs=tuple(_bytes(item) for item in body.get("signs", [])),
            )
    raise DirectoryBroken("an entry stands where it may not")


def _first(row: DirectoryEntry, body: dict[str, Any], parent: Chain | None) -> State:
    if row.kind != Kind.OFFICE:
        raise DirectoryBroken("a directory does not begin with its office")
    administrator, since = _keys(body["administrator"]), 0
    if parent is None:
        if body["parent"] is not None:
            raise DirectoryBroken("an office was moved")
        _signed(row, [("root", root.public()), ("member", administrator.sign)])
    else:
        above = _state_above(row, body, parent)
        granter = above.members.get((body["by"], Role.ADMINISTRATOR))
        if granter is None:
            raise DirectoryBroken("an office was made by somebody who was not an administrator")
        _signed(row, [("office", _office_key(above)), ("member", granter.sign)])
        since = parent.states.index(above) if parent.parent is None else above.since
    user = body["administrator"]["user"]
    if not isinstance(user, int):
        raise TypeError("a user is a number")
    return State(
        epochs={str(Purpose.OFFICE): (_keys(body["epoch"]),)},
        members={(user, str(Role.ADMINISTRATOR)): administrator},
        since=since,
    )


def _state_above(row: DirectoryEntry, body: dict[str, Any], parent: Chain) -> State:
    """The state of the office above, just before it named this office."""
    named = (row.office.uuid, bytes(row.hash))
    for before, after in zip(parent.states, parent.states[1:], strict=False):
        if after.child == named:
            if body["parent"] != str(parent.office.uuid) or body["parent_entry"] != before.hash.hex():
                break
            return before
    raise DirectoryBroken("the office above does not name this office")


def _member(body: dict[str, Any], before: State) -> State:
    user, role = body["user"], body["role"]
    if not isinstance(user, int) or role not in Role.values:
        raise DirectoryBroken("an entry names no role")
    apart = {Role.CUSTODIAN: Role.APPROVER, Role.APPROVER: Role.CUSTODIAN}
    if role in apart and (user, str(apart[Role(role)])) in before.members:
        raise DirectoryBroken("one person was made custodian and approver of one office")
    # Another key than before (a reset): the person's other roles wait until they are granted to it, too.
    keys = _keys(body)
    kept = {held: old for held, old in before.members.items() if held[0] != user or old == keys}
    return replace(before, child=None, members={**kept, (user, role): keys})


def _recovery(row: DirectoryEntry, body: dict[str, Any], before: State, parent: Chain | None) -> State:
    """Two holders, with the office's key, name an administrator where nobody is left who could sign."""
    top = before
    if parent is not None:
        states = parent.top.states
        top = states[_place(body["top"], states, before.since)]
    _signed(row, [("office", _office_key(before)), *_two_holders(body["holders"], top)])
    if body["role"] != Role.ADMINISTRATOR:
        raise DirectoryBroken("a recovery names an administrator only")
    return _member(body, before)


def _holders_above(row: DirectoryEntry, body: dict[str, Any], before: State, top: Chain) -> State:
    """Two holders, with the office's key, say from which state of the topmost chain on others count: what
    they signed before stands, and nothing that they sign afterwards.
    """
    place = _place(body["top"], top.states, before.since + 1)
    _signed(row, [("office", _office_key(before)), *_two_holders(body["pair"], top.states[place - 1])])
    return replace(before, child=None, since=place)


def _place(named: str, states: Sequence[State], least: int) -> int:
    """Where in the topmost chain the state with this hash stands; not before `least`."""
    for place, state in enumerate(states):
        if place >= least and state.hash == _bytes(named):
            return place
    raise DirectoryBroken("an entry relies on holders who do not count (any more)")


def _two_holders(pair: Any, top: State) -> list[tuple[str, bytes]]:
    """The names and keys of two different holders, in the directory's order."""
    well = isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, int) for item in pair)
    if not well or not 0 <= pair[0] < pair[1] < len(top.holder_signs):
        raise DirectoryBroken("an entry is not signed by two holders")
    return [("holder", top.holder_signs[number]) for number in pair]


def _removal(body: dict[str, Any], before: State) -> State:
    gone = (body["user"], body["role"])
    if gone not in before.members:
        raise DirectoryBroken("somebody was removed who was not there")
    left = {held: keys for held, keys in before.members.items() if held != gone}
    return replace(before, child=None, members=left)


def _epoch(body: dict[str, Any], before: State) -> State:
    purpose = body["purpose"]
    keys = before.epochs.get(purpose, ())
    if purpose not in Purpose.values or body["epoch"] != len(keys) + 1:
        raise DirectoryBroken("an epoch does not follow the one before")
    return replace(before, child=None, epochs={**before.epochs, purpose: (*keys, _keys(body))})


def _office_key(state: State) -> bytes:
    keys = state.current(Purpose.OFFICE)
    if keys is None:
        raise DirectoryBroken("an office has no key")
    return keys.sign


def _signed(row: DirectoryEntry, expected: Sequence[tuple[str, bytes]]) -> None:
    """Exactly these keys have signed, in this order."""
    listed = row.signatures
    named = [(item["by"], item["key"]) for item in listed]
    if named != [(name, key.hex()) for name, key in expected]:
        raise DirectoryBroken("an entry is not signed by those who must")
    message = CONTEXT + bytes(row.body)
    for item, (_, key) in zip(listed, expected, strict=True):
        signature = bytes.fromhex(item["signature"])
        if signature.hex() != item["signature"] or not is_signed(key, message, signature):
            raise DirectoryBroken("a signature of the directory is wrong")


class Signers:
    """The offices' signing keys of all epochs, read and verified when they are first asked for."""

    def __init__(self) -> None:
        self._rows: list[Epoch] | None = None
        self._named: dict[int, bool] = {}

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether any epoch of any office of this site has signed it. Raises DirectoryBroken."""
        if self._rows is None:
            offices = Epoch.objects.filter(purpose=Purpose.OFFICE).select_related("office")
            self._rows = list(offices.order_by("-pk"))
        for row in self._rows:
            if is_signed(bytes(row.sign_public), message, signature):
                if row.pk not in self._named:
                    known = verify(row.office).last.epochs.get(Purpose.OFFICE, ())
                    self._named[row.pk] = keys_of(row) in known
                return self._named[row.pk]
        return False


@lru_cache(maxsize=8192)
def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 signature holds. Remembered: a chain is replayed for every submission."""
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _keys(fields: Mapping[str, Any]) -> Keys:
    return Keys(_bytes(fields["box"]), _bytes(fields["sign"]))


def _bytes(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != 32 or value.hex() != text:
        raise ValueError("32 bytes in lower-case hex")
    return value
