"""Two of three holders open what nobody else can any more (VAULT: nobody left).

Each epoch's seed is sealed to every pair of holders. A drill opens them all and changes nothing; a recovery
names an administrator in the directory, signed by both holders, who is given the seed and then rotates it;
new holders are named by two of the present ones, who open what is then sealed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.keys import KeySeed
from accounts.models import StaffKey, User
from django.db import transaction
from django.utils.translation import gettext as _
from ledger import services as ledger
from nacl.signing import SigningKey
from workdays import clock

from complaints.vault import directory, holders, members, offices, wraps
from complaints.vault.directory import Chain, Keys
from complaints.vault.errors import BadSeal, DirectoryBroken, Refused
from complaints.vault.models import DirectoryEntry, Job, Membership, Office, Purpose, Wrap

Kind = DirectoryEntry.Kind
Role = Membership.Role


@dataclass(frozen=True, repr=False)
class Pair:
    """Two holders in the directory's order: their numbers (0 to 2) and keys."""

    numbers: tuple[int, int]
    keys: tuple[KeySeed, KeySeed]


@dataclass(frozen=True)
class Tried:
    """What a drill found of one epoch: whether the seed opens, and with it the canary."""

    office: str
    purpose: str
    epoch: int
    seed: bool
    canary: bool

    @property
    def well(self) -> bool:
        """Whether both open."""
        return self.seed and self.canary


def pair_of(one: str, other: str) -> Pair:
    """The holders of two codes. Raises Mistyped; Refused where they are not two holders of this site."""
    found = {}
    known = directory.verify(offices.root_office()).last.holders
    for code in (one, other):
        key = holders.from_code(code)
        if key.box_public not in known:
            raise Refused(_("这不是本站保管人的恢复码。"))
        found[known.index(key.box_public)] = key
    if len(found) != 2:
        raise Refused(_("需要两位保管人各自的恢复码。"))
    first, second = sorted(found)
    return Pair((first, second), (found[first], found[second]))


def drill(pair: Pair) -> list[Tried]:
    """Open every epoch of every office with the pair, and its canary. Leaves an event, changes nothing."""
    tried = []
    for office in Office.objects.order_by("pk"):
        chain = directory.verify(office)
        for purpose, keys in sorted(chain.last.epochs.items()):
            for number in range(1, len(keys) + 1):
                try:
                    seed = open_seed(chain, pair, purpose, number)
                except (BadSeal, DirectoryBroken):
                    tried.append(Tried(office.code, purpose, number, False, False))
                else:
                    canary = offices.open_canary(office, seed, purpose)
                    tried.append(Tried(office.code, purpose, number, True, canary))
    with transaction.atomic():
        ledger.record(
            kind="drill",
            actor="holders",
            at=clock.now(),
            details={"epochs": len(tried), "opened": sum(item.well for item in tried)},
        )
    return tried


def open_seed(chain: Chain, pair: Pair, purpose: str, number: int) -> KeySeed:
    """One epoch's seed. Raises BadSeal where nothing opens, DirectoryBroken where it is another seed."""
    kind, subject = offices.SEED_KINDS[purpose], chain.office.uuid
    recipient = wraps.recipient_hash(pair.keys[0].box_public + pair.keys[1].box_public)
    rows = Wrap.objects.filter(kind=kind, subject=subject, generation=number, recipient=recipient, user=None)
    row = rows.first()
    if row is None:
        raise BadSeal("holders: nothing is sealed to this pair")
    seed = holders.open_seed(*pair.keys, bytes(row.sealed), kind=kind, subject=subject, generation=number)
    if Keys(seed.box_public, seed.sign_public) != chain.last.epochs[purpose][number - 1]:
        raise DirectoryBroken("a seed is not the one the directory names")
    return seed


def recover(*, office: Office, pair: Pair, user: User, seed: KeySeed) -> Job:
    """Make `user` administrator of an office that nobody can open any more, and rotate its key.

    Who is in the directory with another key than the present one, or has left, is taken out of it first: the
    new epoch is sealed to who is really there. Raises Refused, BadSeal, DirectoryBroken.
    """
    keys = offices.staff_keys(user)
    if (seed.box_public, seed.sign_public) != (keys.box, keys.sign):
        raise Refused(_("所用密钥不是本人的密钥。"))
    with transaction.atomic():
        office = offices.locked(office)
        chain = directory.verify_to_seal(office)
        if chain.last.members.get((user.pk, str(Role.ADMINISTRATOR))) == keys:
            raise Refused(_("该人员已有这个角色。"))
        number = len(chain.last.epochs[Purpose.OFFICE])
        office_seed = open_seed(chain, pair, Purpose.OFFICE, number)
        chain = _name(chain, pair, user, keys, office_seed)
        offices.seal_seed(chain, Purpose.OFFICE, number, office_seed, office_seed, {user.pk: keys})
        chain = _take_out(chain, user, seed, office_seed)
        directory.pin_on_commit(chain)
    return members.rotate(office=office, administrator=user, seed=seed)


def hand_guardian(
    *, office: Office, pair: Pair, administrator: User, seed: KeySeed, user: User, role: str
) -> list[int]:
    """Make `user` custodian or approver and give them every epoch of that seed; the epochs handed on.

    Raises Refused, BadSeal, DirectoryBroken.
    """
    (purpose,) = (item for item in offices.SEEDS[role] if item != Purpose.OFFICE)
    known = len(directory.verify(office).last.epochs.get(purpose, ()))
    offices.grant(office=office, user=user, role=role, granter_seed=seed, granter=administrator)
    keys = offices.staff_keys(user)
    with transaction.atomic():
        office = offices.locked(office)
        chain = directory.verify_to_seal(office)
        signer = offices.administrators_office_seed(chain, administrator, seed)
        for number in range(1, known + 1):
            older = open_seed(chain, pair, purpose, number)
            offices.seal_seed(chain, purpose, number, older, signer, {user.pk: keys})
    return list(range(1, known + 1))


def replace_holders(*, pair: Pair, user: User, seed: KeySeed, tell: Callable[[Sequence[str]], None]) -> int:
    """Three new holders, to whom every epoch of every office is sealed instead; how many epochs that were.

    `user` administers the topmost office. `tell` is given the new codes before anything is final, and what it
    raises ends it all: codes that reached nobody would open nothing for ever. Raises Refused, BadSeal,
    DirectoryBroken.
    """
    fresh = holders.new_seeds()
    publics = tuple(item.box_public for item in fresh)
    with transaction.atomic():
        every = [offices.locked(office) for office in Office.objects.order_by("pk")]
        chain = directory.verify_to_seal(offices.root_office())
        former = chain.last.holders
        office_seed = offices.administrators_office_seed(chain, user, seed)
        fields = {
            "holders": [public.hex() for public in publics],
            "signs": [item.sign_public.hex() for item in fresh],
            "pair": list(pair.numbers),
        }
        signers = [("office", office_seed.signing), ("member", seed.signing)]
        top = offices.append(chain, Kind.HOLDERS, fields, user, [*signers, *_both(pair)])
        sealed = sum(_hand_on(office, top, pair, user, former, publics) for office in every)
        tell([holders.code_of(item) for item in fresh])
    return sealed


def _hand_on(
    office: Office, top: Chain, pair: Pair, user: User, former: tuple[bytes, ...], publics: tuple[bytes, ...]
) -> int:
    """Every epoch of one office, sealed to the new holders' pairs and to no pair of the former ones."""
    chain = directory.verify_to_seal(office)
    signer = open_seed(chain, pair, Purpose.OFFICE, len(chain.last.epochs[Purpose.OFFICE]))
    if chain.parent is not None:
        fields = {"top": top.last.hash.hex(), "pair": list(pair.numbers)}
        chain = offices.append(chain, Kind.HOLDERS, fields, user, [("office", signer.signing), *_both(pair)])
    count = 0
    for purpose, keys in sorted(chain.last.epochs.items()):
        for number in range(1, len(keys) + 1):
            opened = open_seed(chain, pair, purpose, number)
            offices.seal_to_holders(chain, purpose, number, opened, signer, publics)
            count += 1
    Wrap.objects.filter(
        subject=office.uuid,
        kind__in=list(offices.SEED_KINDS.values()),
        user=None,
        recipient__in=[wraps.recipient_hash(first + second) for first, second in holders.pairs(former)],
    ).delete()
    directory.pin_on_commit(chain)
    return count


def _both(pair: Pair) -> list[tuple[str, SigningKey]]:
    return [("holder", key.signing) for key in pair.keys]


def _name(chain: Chain, pair: Pair, user: User, keys: Keys, office_seed: KeySeed) -> Chain:
    """The entry by which the holders name an administrator, and the membership."""
    office = chain.office
    Membership.objects.get_or_create(
        office=office, user=user, role=Role.ADMINISTRATOR, ended_at=None, defaults={"granted_at": clock.now()}
    )
    fields = {
        "user": user.pk,
        "role": str(Role.ADMINISTRATOR),
        **keys.fields(),
        "holders": list(pair.numbers),
        "top": chain.top.last.hash.hex(),
    }
    signers = [("office", office_seed.signing), *_both(pair)]
    chain = offices.append(chain, Kind.RECOVERY, fields, user, signers)
    offices.forget_old_key(chain, user, keys)
    return chain


def _take_out(chain: Chain, administrator: User, seed: KeySeed, office_seed: KeySeed) -> Chain:
    """Removals of all whose key in the directory is not theirs any more."""
    present = {
        row.user_id: directory.keys_of(row)
        for row in StaffKey.objects.filter(user__is_active=True).select_related("user")
    }
    signers = [("office", office_seed.signing), ("member", seed.signing)]
    for (user, role), keys in sorted(chain.last.members.items(), key=lambda item: item[0]):
        if present.get(user) == keys:
            continue
        fields = {"user": user, "role": role}
        chain = offices.append(chain, Kind.REMOVAL, fields, administrator, signers)
        rows = Membership.objects.filter(office=chain.office, user=user, role=role, ended_at=None)
        rows.update(ended_at=clock.now())
        kinds = list(offices.SEED_KINDS.values())
        Wrap.objects.filter(subject=chain.office.uuid, kind__in=kinds, user=user).exclude(
            recipient=wraps.recipient_hash(keys.box) if user in present else b""
        ).delete()
    return chain
