"""Leaving an office: the keys it had are no longer the office's (VAULT: remove a member).

A removal is one transaction: entries, memberships, wraps, and a new epoch of each seed that the person held,
sealed to those who stay and to the holders. Sealing the tips anew is large work (complaints.vault.jobs).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from nacl.signing import SigningKey
from workdays import clock

from complaints.vault import directory, jobs, offices, wraps
from complaints.vault.directory import Chain, Keys
from complaints.vault.errors import Refused
from complaints.vault.models import DirectoryEntry, Epoch, Job, Membership, Office, Purpose, Wrap

Kind = DirectoryEntry.Kind
Role = Membership.Role
Signers = Sequence[tuple[str, SigningKey]]


def remove(
    *, office: Office, user: User, remover: User, remover_seed: KeySeed, roles: Sequence[str] | None = None
) -> list[Job]:
    """End a person's roles (None: all) in an office; the jobs that follow from it.

    A seed that no role left to the person holds gets a new epoch. Raises Refused (the message says why),
    NotAMember, DirectoryBroken.
    """
    with transaction.atomic():
        office = offices.locked(office)
        chain = directory.verify_to_seal(office)
        office_seed = offices.administrators_office_seed(chain, remover, remover_seed)
        gone = _roles(chain, user, roles)
        if user.pk == remover.pk:
            raise Refused(_("自己的角色要由另一位管理员来结束。"))
        signers = [("office", office_seed.signing), ("member", remover_seed.signing)]
        held = seeds_held(chain, user)
        for role in gone:
            fields = {"user": user.pk, "role": str(role)}
            chain = offices.append(chain, Kind.REMOVAL, fields, remover, signers)
        Membership.objects.filter(office=office, user=user, role__in=gone, ended_at=None).update(
            ended_at=clock.now()
        )
        lost = held - seeds_held(chain, user)
        kinds = [offices.SEED_KINDS[purpose] for purpose in lost]
        Wrap.objects.filter(subject=office.uuid, kind__in=kinds, user=user).delete()
        chain, office_seed, renewed = renew_epochs(chain, lost, office_seed, remover, remover_seed)
        made = [jobs.begin(office=office, purpose=purpose, user=remover) for purpose in renewed]
        directory.pin_on_commit(chain)
    return made


def rotate(*, office: Office, administrator: User, seed: KeySeed) -> Job:
    """A new office epoch without a removal: after a recovery, or where a key may have been seen."""
    with transaction.atomic():
        office = offices.locked(office)
        chain = directory.verify_to_seal(office)
        office_seed = offices.administrators_office_seed(chain, administrator, seed)
        chain, _new, _renewed = renew_epochs(chain, {Purpose.OFFICE}, office_seed, administrator, seed)
        job = jobs.begin(office=office, purpose=Purpose.OFFICE, user=administrator)
        directory.pin_on_commit(chain)
    return job


def seeds_held(chain: Chain, user: User) -> set[Purpose]:
    """The seeds that a person's roles hold, as the directory names them."""
    return {
        purpose for member, role in chain.last.members if member == user.pk for purpose in offices.SEEDS[role]
    }


def renew_epochs(
    chain: Chain, purposes: set[Purpose], office_seed: KeySeed, administrator: User, seed: KeySeed
) -> tuple[Chain, KeySeed, list[Purpose]]:
    """A new epoch of each purpose, the office's first: then it signs the others. Inside a transaction.

    The chain as it is then, the newest office seed, and the purposes that have got a new epoch. Guardians of
    whom nobody is left get none: the next one that is granted makes it.
    """
    done = []
    for purpose in (Purpose.OFFICE, Purpose.IDENTITY, Purpose.APPROVAL):
        if purpose not in purposes or not (holding := _holding(chain, purpose)):
            continue
        older, number = chain.last.current(purpose), len(chain.last.epochs.get(purpose, ()))
        if older is None:
            continue
        signers = [("office", office_seed.signing), ("member", seed.signing)]
        fresh = KeySeed(os.urandom(32))
        chain = _new_epoch(chain, purpose, number + 1, fresh, administrator, signers)
        if purpose == Purpose.OFFICE:
            # The administrator holds the older seed: whoever opens the newer one finds it there.
            _chain_below(chain, number, office_seed, fresh)
            office_seed = fresh
        offices.seal_seed(chain, purpose, number + 1, fresh, office_seed, holding)
        offices.seal_to_holders(chain, purpose, number + 1, fresh, office_seed, chain.top.last.holders)
        done.append(purpose)
    return chain, office_seed, done


def _roles(chain: Chain, user: User, roles: Sequence[str] | None) -> list[str]:
    """The roles to end. Raises Refused for one the person has not, and for the last administrator."""
    held = sorted(role for member, role in chain.last.members if member == user.pk)
    gone = held if roles is None else sorted({str(role) for role in roles})
    if not gone or set(gone) - set(held):
        raise Refused(_("该人员在本机构没有这个角色。"))
    if Role.ADMINISTRATOR in gone and len(chain.last.with_role(Role.ADMINISTRATOR)) == 1:
        raise Refused(_("本机构只有这一位管理员。请先请另一人担任管理员。"))
    return gone


def _holding(chain: Chain, purpose: Purpose) -> dict[int, Keys]:
    """Who holds a seed by role: user id → keys."""
    return {user: keys for (user, role), keys in chain.last.members.items() if purpose in offices.SEEDS[role]}


def _new_epoch(
    chain: Chain, purpose: Purpose, number: int, seed: KeySeed, administrator: User, signers: Signers
) -> Chain:
    Epoch.objects.filter(office=chain.office, purpose=purpose, retired_at=None).update(retired_at=clock.now())
    offices.new_epoch_row(chain.office, purpose, number, seed)
    fields = {"purpose": str(purpose), "epoch": number, **Keys(seed.box_public, seed.sign_public).fields()}
    return offices.append(chain, Kind.EPOCH, fields, administrator, signers)


def _chain_below(chain: Chain, number: int, older: KeySeed, newer: KeySeed) -> None:
    """Seed e-1 sealed under seed e, until no tip lies under e-1 any more."""
    kind, subject = Wrap.Kind.OFFICE_SEED, chain.office.uuid
    sealed = wraps.seal_wrap(
        kind=kind, subject=subject, generation=number, recipient=newer.box_public, key=older.seed
    )
    recipient = wraps.recipient_hash(newer.box_public)
    offices.save_seed_wrap(chain, kind, number, recipient, sealed, newer, None)
