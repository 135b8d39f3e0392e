"""What an office's administrator does for its people: invite, grant, reset, remove (VAULT: sequences)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts import services as accounts
from accounts import visits
from accounts.keys import KeySeed
from accounts.models import StaffKey, User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from ledger import services as ledger
from workdays import clock

from complaints.intake.models import Tip
from complaints.vault import directory, jobs, offices
from complaints.vault import members as vault
from complaints.vault.models import Job, Membership, Office


@dataclass(frozen=True)
class Person:
    """Somebody in an office: live roles, and those that wait for a new grant since their key is another."""

    user: User
    roles: list[Membership]
    waiting: bool
    has_key: bool


def people(office: Office) -> list[Person]:
    """The live members, by name; `waiting` where the directory has another key than the person."""
    rows = Membership.objects.filter(office=office, ended_at=None).select_related("user", "office")
    by_user: dict[int, list[Membership]] = {}
    for row in rows.order_by("user__last_name", "user__first_name", "user", "role"):
        by_user.setdefault(row.user_id, []).append(row)
    present = {row.user_id: directory.keys_of(row) for row in StaffKey.objects.filter(user__in=by_user)}
    named = directory.verify(office).last.members
    return [
        Person(
            held[0].user,
            held,
            any(named.get((user, row.role)) != present.get(user) for row in held),
            user in present,
        )
        for user, held in by_user.items()
    ]


def newcomers() -> QuerySet[User]:
    """Active people without any office: invited, and not granted anything yet."""
    none = ~Q(memberships__ended_at=None, memberships__isnull=False)
    return User.objects.filter(none, is_active=True, is_superuser=False).order_by("-pk").distinct()


def is_ours(office: Office, user: User) -> bool:
    """Whether this office's administrator may reset this person: a member, a former one, a newcomer."""
    return (
        Membership.objects.filter(office=office, user=user).exists()
        or newcomers().filter(pk=user.pk).exists()
    )


def invite(*, by: User, username: str, family_name: str, given_name: str) -> tuple[User, str]:
    """A new person and the path of their invitation: 24 hours, one use. Raises ValidationError."""
    with transaction.atomic():
        user = accounts.invite_staff(username=username, family_name=family_name, given_name=given_name)
        _record(by, "invited", user)
    return user, accounts.invitation(user)


def grant(*, office: Office, user: User, role: str, heard: str, by: User, seed: KeySeed) -> Membership:
    """Give a role, the fingerprint compared by voice. Raises Refused, NotAMember, DirectoryBroken."""
    return offices.grant(office=office, user=user, role=role, granter_seed=seed, granter=by, heard=heard)


def reset(*, by: User, user: User) -> str:
    """The path of a page on which this person sets a new password. Their sessions end at once.

    With the password comes a new key pair: roles wait until they are granted to it.
    """
    with transaction.atomic():
        _record(by, "reset", user)
    accounts.end_sessions(user)
    return accounts.invitation(user)


def drop_second_factor(*, by: User, user: User) -> None:
    """A lost phone: the second step is enrolled anew at the next login, which still asks for the password."""
    with transaction.atomic():
        accounts.drop_second_factor(user)
        _record(by, "second-step-dropped", user)
    accounts.end_sessions(user)


def remove(*, office: Office, user: User, roles: Sequence[str] | None, by: User, seed: KeySeed) -> list[Job]:
    """End roles (None: all); what the person had in hand is free again. Raises Refused, DirectoryBroken."""
    with transaction.atomic():
        made = vault.remove(office=office, user=user, remover=by, remover_seed=seed, roles=roles)
        if not Membership.objects.filter(office=office, user=user, ended_at=None).exists():
            _free(office, user, by)
    accounts.end_sessions(user)
    jobs.offer(by, seed)
    return made


def _free(office: Office, user: User, by: User) -> None:
    now = clock.now()
    for tip in Tip.objects.filter(office=office, assignee=user):
        Tip.objects.filter(pk=tip.pk, assignee=user).update(
            assignee=None, claimed_at=None, revision=F("revision") + 1
        )
        ledger.record(kind="released", actor=f"user:{by.pk}", tag=bytes(tip.tag), at=now)


def keep_last_administrators() -> None:
    """Called once: nobody without whom an office could grant nothing is locked for not having come."""
    if _only_administrator not in visits.KEEPERS:
        visits.KEEPERS.append(_only_administrator)


def _only_administrator(user: User) -> str:
    """Why this person cannot be missed: the office of which they are the only administrator who can come."""
    rows = Membership.objects.filter(role=Membership.Role.ADMINISTRATOR, ended_at=None)
    for office in rows.filter(user=user).values_list("office", flat=True):
        others = rows.filter(office=office, user__is_active=True).exclude(user=user)
        if not others.exists():
            return f"the only administrator of office {office}"
    return ""


def wake(*, by: User, user: User) -> bool:
    """Somebody locked for not having come may come again; False where there was nothing to undo."""
    with transaction.atomic():
        if not visits.wake(user):
            return False
        _record(by, "woken", user)
    return True


def _record(by: User, act: str, user: User) -> None:
    details = {"act": act, "user": user.pk}
    ledger.record(kind="account", actor=f"user:{by.pk}", at=clock.now(), details=details)
