"""Offices, their seeds, and who holds them (VAULT: office seed, identity seed, approval seed).

No verb here derives a key from a password: callers open the staff seed first, outside any transaction.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from accounts.keys import KeySeed
from accounts.models import StaffKey, User
from django.db import transaction
from django.utils.translation import gettext as _
from nacl.signing import SigningKey
from workdays import clock

from complaints.vault import cells, directory, holders, root, wraps
from complaints.vault.directory import Chain, Keys
from complaints.vault.errors import BadSeal, DirectoryBroken, NotAMember, NotReady, Refused
from complaints.vault.models import Cell, DirectoryEntry, Epoch, Membership, Office, Purpose, Wrap

Kind = DirectoryEntry.Kind
Role = Membership.Role

SEED_KINDS: Mapping[str, str] = {
    Purpose.OFFICE: Wrap.Kind.OFFICE_SEED,
    Purpose.IDENTITY: Wrap.Kind.IDENTITY_SEED,
    Purpose.APPROVAL: Wrap.Kind.APPROVAL_SEED,
}
# Which seeds a role holds. An auditor sees what stands in clear and no text.
SEEDS: Mapping[str, tuple[Purpose, ...]] = {
    Role.TRIAGE: (Purpose.OFFICE,),
    Role.HANDLER: (Purpose.OFFICE,),
    Role.APPROVER: (Purpose.OFFICE, Purpose.APPROVAL),
    Role.CUSTODIAN: (Purpose.OFFICE, Purpose.IDENTITY),
    Role.ADMINISTRATOR: (Purpose.OFFICE,),
    Role.AUDITOR: (),
}
GUARDIAN: Mapping[str, Role] = {Purpose.IDENTITY: Role.CUSTODIAN, Purpose.APPROVAL: Role.APPROVER}
APART: Mapping[str, Role] = {Role.CUSTODIAN: Role.APPROVER, Role.APPROVER: Role.CUSTODIAN}


# Making -------------------------------------------------------------------------------------------------


def create_root(
    *,
    code: str,
    name: str,
    name_en: str = "",
    administrator: User,
    administrator_seed: KeySeed,
    outside_address: str,
) -> Office:
    """The topmost office, signed by the root key, whose private half is dropped on commit.

    Raises NotReady where vault_init has not run or the root has signed before, Refused where the seed is not
    the administrator's, IntegrityError for a code in use.
    """
    pending = root.pending()
    keys = staff_keys(administrator)
    _is_own(administrator_seed, keys)
    seed = KeySeed(os.urandom(32))
    with transaction.atomic():
        if Office.objects.filter(parent=None).exists():
            raise Refused(_("最上级机构已经建立。"))
        office = Office.objects.create(code=code, name=name, name_en=name_en, outside_address=outside_address)
        signers = [("root", pending.key), ("member", administrator_seed.signing)]
        first = directory.append(
            office=office,
            kind=Kind.OFFICE,
            number=1,
            previous=directory.FIRST,
            fields=_office_fields(None, b"", seed, administrator, keys),
            by=administrator.pk,
            signers=signers,
        )
        directory.append(
            office=office,
            kind=Kind.HOLDERS,
            number=2,
            previous=bytes(first.hash),
            fields={
                "holders": [public.hex() for public in pending.holders],
                "signs": [public.hex() for public in pending.signs],
            },
            by=administrator.pk,
            signers=signers,
        )
        _furnish(office, seed, administrator, keys, pending.holders)
        transaction.on_commit(root.drop)
    return office


def create_office(
    *,
    parent: Office,
    code: str,
    name: str,
    name_en: str = "",
    administrator: User,
    granter: KeySeed,
    granted_by: User,
    outside_address: str = "",
    heard: str | None = None,
) -> Office:
    """An office below `parent`, signed with its key and by `granted_by`, an administrator of it.

    Only `administrator` receives the new office's seed; `heard` is their fingerprint as read aloud.
    Raises NotAMember, Refused, DirectoryBroken.
    """
    keys = staff_keys(administrator)
    _was_heard(heard, keys)
    seed = KeySeed(os.urandom(32))
    with transaction.atomic():
        parent = locked(parent)
        above = directory.verify_to_seal(parent)
        parent_seed = administrators_office_seed(above, granted_by, granter)
        office = Office.objects.create(
            code=code, name=name, name_en=name_en, parent=parent, outside_address=outside_address
        )
        signers = [("office", parent_seed.signing), ("member", granter.signing)]
        first = directory.append(
            office=office,
            kind=Kind.OFFICE,
            number=1,
            previous=directory.FIRST,
            fields=_office_fields(parent, above.last.hash, seed, administrator, keys),
            by=granted_by.pk,
            signers=signers,
        )
        directory.append(
            office=parent,
            kind=Kind.CHILD,
            number=len(above.states),
            previous=above.last.hash,
            fields={"child": str(office.uuid), "entry": bytes(first.hash).hex()},
            by=granted_by.pk,
            signers=signers,
        )
        _furnish(office, seed, administrator, keys, above.top.last.holders)
    return office


def grant(
    *,
    office: Office,
    user: User,
    role: str,
    granter_seed: KeySeed,
    granter: User,
    heard: str | None = None,
) -> Membership:
    """Give `user` a role: a signed entry, and the seeds of that role sealed to the person's key.

    `granter` is an administrator of the office. A first custodian (or approver) makes the identity (or
    approval) epoch; so does a later one, unless the granter holds that seed: administrators do not, and a new
    guardian reads what is sealed from then on, until a guardian hands the older seed on.
    `heard` is the fingerprint as the person read it aloud: it must be that of the very key that is granted.
    Raises NotAMember, Refused (the message says why), DirectoryBroken.
    """
    role = Role(role)
    keys = staff_keys(user)
    _was_heard(heard, keys)
    with transaction.atomic():
        office = locked(office)
        chain = directory.verify_to_seal(office)
        office_seed = administrators_office_seed(chain, granter, granter_seed)
        _may_get(chain, user, role, keys)
        signers = [("office", office_seed.signing), ("member", granter_seed.signing)]
        membership, _created = Membership.objects.get_or_create(
            office=office, user=user, role=role, ended_at=None, defaults={"granted_at": clock.now()}
        )
        chain = append(
            chain, Kind.MEMBER, {"user": user.pk, "role": str(role), **keys.fields()}, granter, signers
        )
        forget_old_key(chain, user, keys)
        for purpose in SEEDS[role]:
            if purpose == Purpose.OFFICE:
                seal_seed(
                    chain, purpose, len(chain.last.epochs[purpose]), office_seed, office_seed, {user.pk: keys}
                )
            else:
                chain = _hand_guardian_seed(
                    chain, purpose, user, keys, office_seed, granter, granter_seed, signers
                )
        directory.pin_on_commit(chain)
    return membership


# Opening ------------------------------------------------------------------------------------------------


def open_office_seed(
    user: User, seed: KeySeed, office: Office, purpose: str = Purpose.OFFICE, epoch: int | None = None
) -> KeySeed:
    """The office's seed of a purpose and epoch (None: the newest), opened with the member's own seed.

    Raises NotAMember where nothing is sealed to this person, DirectoryBroken where what was sealed is not the
    key that the directory names.
    """
    if not Membership.objects.filter(office=office, user=user, ended_at=None).exists():
        raise NotAMember
    return open_seed(directory.verify(office), user, seed, purpose, epoch)


def open_canary(office: Office, seed: KeySeed, purpose: str = Purpose.OFFICE) -> bool:
    """Whether this epoch still opens what was sealed to it when it was made."""
    recipient = wraps.recipient_hash(seed.box_public)
    wrap = Wrap.objects.filter(subject=office.uuid, kind=Wrap.Kind.CANARY, recipient=recipient).first()
    cell = Cell.objects.filter(
        tip=office.uuid, label=f"canary-{purpose}", generation=wrap.generation if wrap else 0
    ).first()
    if wrap is None or cell is None:
        return False
    try:
        key = wraps.open_wrap(
            seed.box, bytes(wrap.sealed), kind=wrap.kind, subject=office.uuid, generation=wrap.generation
        )
        text = cells.open_cell(
            key,
            label=cell.label,
            tip=office.uuid,
            row=cell.uuid,
            generation=cell.generation,
            sealed=bytes(cell.sealed),
        )
    except BadSeal:
        return False
    return text == str(cell.uuid)


def staff_keys(user: User) -> Keys:
    """The public keys of a person. Raises Refused where there are none."""
    row = StaffKey.objects.filter(user=user).first()
    if row is None or not user.is_active:
        raise Refused(_("该人员还没有密钥，或已离任。"))
    return directory.keys_of(row)


def fingerprint(user: User) -> str:
    """Six groups of five digits to compare by voice before a grant: 99 bits of both public keys."""
    return fingerprint_of(staff_keys(user))


def fingerprint_of(keys: Keys) -> str:
    """The fingerprint of one person's public keys."""
    digest = hashlib.blake2b(keys.box + keys.sign, digest_size=32, person=b"qf1-voice").digest()
    digits = f"{int.from_bytes(digest, 'big') % 10**30:030d}"
    return " ".join(digits[i : i + 5] for i in range(0, 30, 5))


def _was_heard(heard: str | None, keys: Keys) -> None:
    """The fingerprint as it was heard is that of these keys. Raises Refused."""
    if heard is not None and _digits(heard) != _digits(fingerprint_of(keys)):
        raise Refused(
            _("这些数字和系统里的钥匙不一致，没有授权。请对方再读一遍；还是不一致，就是有人换了钥匙。"),
            "heard",
        )


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


# Parts --------------------------------------------------------------------------------------------------


def locked(office: Office) -> Office:
    """The office, locked: one writer of a chain at a time (on SQLite the transaction is that lock)."""
    return Office.objects.select_for_update().get(pk=office.pk)


def _is_own(seed: KeySeed, keys: Keys) -> None:
    if (seed.box_public, seed.sign_public) != (keys.box, keys.sign):
        raise Refused(_("所用密钥不是本人的密钥。"))


def _office_fields(
    parent: Office | None, parent_entry: bytes, seed: KeySeed, administrator: User, keys: Keys
) -> dict[str, object]:
    return {
        "parent": str(parent.uuid) if parent else None,
        "parent_entry": parent_entry.hex(),
        "epoch": Keys(seed.box_public, seed.sign_public).fields(),
        "administrator": {"user": administrator.pk, **keys.fields()},
    }


def _furnish(office: Office, seed: KeySeed, user: User, keys: Keys, holding: tuple[bytes, ...]) -> None:
    """Epoch 1, its wraps for the administrator and the holders, its canary, the membership."""
    new_epoch_row(office, Purpose.OFFICE, 1, seed)
    Membership.objects.create(office=office, user=user, role=Role.ADMINISTRATOR, granted_at=clock.now())
    chain = directory.verify_to_seal(office)
    seal_seed(chain, Purpose.OFFICE, 1, seed, seed, {user.pk: keys})
    seal_to_holders(chain, Purpose.OFFICE, 1, seed, seed, holding)


def administrators_office_seed(chain: Chain, user: User, seed: KeySeed) -> KeySeed:
    """The newest office seed, if `user` is an administrator in the directory and `seed` is theirs."""
    keys = chain.last.members.get((user.pk, str(Role.ADMINISTRATOR)))
    live = Membership.objects.filter(
        office=chain.office, user=user, role=Role.ADMINISTRATOR, ended_at=None
    ).exists()
    if keys is None or not live:
        raise Refused(_("只有本机构的管理员可以这样做。"))
    _is_own(seed, keys)
    return open_seed(chain, user, seed, Purpose.OFFICE, None)


def _may_get(chain: Chain, user: User, role: Role, keys: Keys) -> None:
    held = chain.last.members
    if held.get((user.pk, str(role))) == keys:
        raise Refused(_("该人员已有这个角色。"))
    if role in APART and (user.pk, str(APART[role])) in held:
        raise Refused(_("同一机构的身份保管人与审批人不得由同一人担任。"))


def append(
    chain: Chain,
    kind: str,
    fields: Mapping[str, object],
    by: User,
    signers: Sequence[tuple[str, SigningKey]],
) -> Chain:
    """Write the next entry, and the chain with it, verified."""
    directory.append(
        office=chain.office,
        kind=kind,
        number=len(chain.states),
        previous=chain.last.hash,
        fields=fields,
        by=by.pk,
        signers=signers,
    )
    return directory.verify(chain.office)


def _hand_guardian_seed(
    chain: Chain,
    purpose: Purpose,
    user: User,
    keys: Keys,
    office_seed: KeySeed,
    granter: User,
    granter_seed: KeySeed,
    signers: Sequence[tuple[str, SigningKey]],
) -> Chain:
    """The identity or approval seed for a new guardian: the present one if the granter holds it, else new."""
    number = len(chain.last.epochs.get(purpose, ()))
    if number:
        try:
            seed = open_seed(chain, granter, granter_seed, purpose, number)
        except NotAMember:
            pass
        else:
            seal_seed(chain, purpose, number, seed, office_seed, {user.pk: keys})
            return chain
    seed = KeySeed(os.urandom(32))
    number += 1
    Epoch.objects.filter(office=chain.office, purpose=purpose, retired_at=None).update(retired_at=clock.now())
    new_epoch_row(chain.office, purpose, number, seed)
    fields = {"purpose": str(purpose), "epoch": number, **Keys(seed.box_public, seed.sign_public).fields()}
    chain = append(chain, Kind.EPOCH, fields, granter, signers)
    seal_seed(chain, purpose, number, seed, office_seed, chain.last.with_role(GUARDIAN[purpose]))
    seal_to_holders(chain, purpose, number, seed, office_seed, chain.top.last.holders)
    return chain


def new_epoch_row(office: Office, purpose: str, number: int, seed: KeySeed) -> None:
    """The public row of an epoch, and a canary: a cell that only this epoch opens."""
    Epoch.objects.create(
        office=office,
        purpose=purpose,
        number=number,
        box_public=seed.box_public,
        sign_public=seed.sign_public,
        created_at=clock.now(),
    )
    key, row, label = os.urandom(32), uuid4(), f"canary-{purpose}"
    sealed = cells.seal_cell(key, label=label, tip=office.uuid, row=row, generation=number, text=str(row))
    Cell.objects.create(
        uuid=row,
        tip=office.uuid,
        label=label,
        generation=number,
        sealed=sealed,
        hash=cells.cell_hash(sealed),
    )
    Wrap.objects.create(
        kind=Wrap.Kind.CANARY,
        subject=office.uuid,
        generation=number,
        recipient=wraps.recipient_hash(seed.box_public),
        office=office,
        epoch=number,
        sealed=wraps.seal_wrap(
            kind=Wrap.Kind.CANARY, subject=office.uuid, generation=number, recipient=seed.box_public, key=key
        ),
    )


def seal_seed(
    chain: Chain, purpose: str, number: int, seed: KeySeed, signer: KeySeed, members: Mapping[int, Keys]
) -> None:
    """Seal epoch `number` of a purpose to each member (user id → keys) that does not have it yet."""
    kind, subject = SEED_KINDS[purpose], chain.office.uuid
    for user, keys in members.items():
        recipient = wraps.recipient_hash(keys.box)
        known = Wrap.objects.filter(
            kind=kind, subject=subject, generation=number, recipient=recipient, user=user
        )
        if known.exists():
            continue
        sealed = wraps.seal_wrap(
            kind=kind, subject=subject, generation=number, recipient=keys.box, key=seed.seed
        )
        save_seed_wrap(chain, kind, number, recipient, sealed, signer, user)


def seal_to_holders(
    chain: Chain, purpose: str, number: int, seed: KeySeed, signer: KeySeed, holding: tuple[bytes, ...]
) -> None:
    """Seal epoch `number` of a purpose to each pair of holders."""
    kind, subject = SEED_KINDS[purpose], chain.office.uuid
    for first, second in holders.pairs(holding):
        sealed = wraps.seal_to_pair(
            kind=kind, subject=subject, generation=number, first=first, second=second, key=seed.seed
        )
        save_seed_wrap(chain, kind, number, wraps.recipient_hash(first + second), sealed, signer, None)


def save_seed_wrap(
    chain: Chain, kind: str, number: int, recipient: bytes, sealed: bytes, signer: KeySeed, user: int | None
) -> None:
    message = wraps.signed_part(
        kind=kind, subject=chain.office.uuid, generation=number, recipient=recipient, sealed=sealed
    )
    Wrap.objects.create(
        kind=kind,
        subject=chain.office.uuid,
        generation=number,
        recipient=recipient,
        office=chain.office,
        epoch=len(chain.last.epochs[Purpose.OFFICE]),
        user_id=user,
        sealed=sealed,
        signature=signer.signing.sign(message).signature,
    )


def forget_old_key(chain: Chain, user: User, keys: Keys) -> None:
    """After a reset: what was sealed to the former key opens for nobody, and the other roles wait."""
    Wrap.objects.filter(subject=chain.office.uuid, kind__in=SEED_KINDS.values(), user=user).exclude(
        recipient=wraps.recipient_hash(keys.box)
    ).delete()
    held = [role for member, role in chain.last.members if member == user.pk]
    Membership.objects.filter(office=chain.office, user=user, ended_at=None).exclude(role__in=held).update(
        ended_at=clock.now()
    )


def wrap_is_signed(chain: Chain, wrap: Wrap) -> bool:
    """Whether the office has signed this wrap of a seed, with the key of the epoch that the row names."""
    signers = chain.last.epochs.get(Purpose.OFFICE, ())
    if wrap.epoch is None or not 0 < wrap.epoch <= len(signers):
        return False
    message = wraps.signed_part(
        kind=wrap.kind,
        subject=wrap.subject,
        generation=wrap.generation,
        recipient=bytes(wrap.recipient),
        sealed=bytes(wrap.sealed),
    )
    return directory.is_signed(signers[wrap.epoch - 1].sign, message, bytes(wrap.signature))


def open_seed(chain: Chain, user: User, seed: KeySeed, purpose: str, epoch: int | None) -> KeySeed:
    """Directly, or from a later epoch's seed down the chain (seed e-1 is sealed under seed e)."""
    known = chain.last.epochs.get(purpose, ())
    wanted = len(known) if epoch is None else epoch
    if not 0 < wanted <= len(known):
        raise NotAMember
    subject, kind = chain.office.uuid, SEED_KINDS[purpose]
    rows = _wraps_of(subject, kind, seed.box_public, user.pk)
    for number in sorted(n for n in rows if wanted <= n <= len(known)):
        opened = _checked(chain, rows[number], seed, known[number - 1])
        while number > wanted:
            lower = _wraps_of(subject, kind, opened.box_public, None).get(number - 1)
            if lower is None:
                break
            number -= 1
            opened = _checked(chain, lower, opened, known[number - 1])
        else:
            return opened
    raise NotAMember


def _wraps_of(subject: UUID, kind: str, public: bytes, user: int | None) -> dict[int, Wrap]:
    found = Wrap.objects.filter(subject=subject, kind=kind, recipient=wraps.recipient_hash(public))
    found = found.filter(user=None) if user is None else found.filter(user_id=user)
    return {wrap.generation: wrap for wrap in found}


def _checked(chain: Chain, wrap: Wrap, opener: KeySeed, named: Keys) -> KeySeed:
    """The seed in a wrap, if the office signed the wrap and the directory names the seed's keys."""
    try:
        opened = KeySeed(
            wraps.open_wrap(
                opener.box,
                bytes(wrap.sealed),
                kind=wrap.kind,
                subject=wrap.subject,
                generation=wrap.generation,
            )
        )
    except BadSeal:
        raise NotAMember from None
    if not wrap_is_signed(chain, wrap) or (opened.box_public, opened.sign_public) != (named.box, named.sign):
        raise DirectoryBroken("a seed is not the one the directory names")
    return opened


def root_office() -> Office:
    """The topmost office. Raises NotReady where there is none."""
    office = Office.objects.filter(parent=None).order_by("pk").first()
    if office is None:
        raise NotReady("there is no office yet: run vault_init --office")
    return office
