"""Who may do what at the desk. One table decides; a tip of another office does not exist (404).

The keys say what a person *can* read (VAULT); this table says what a role *may* do with it.
"""

from __future__ import annotations

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from complaints.intake.models import Tip
from complaints.vault.models import Membership, Office

Role = Membership.Role
TRIAGE, HANDLER, APPROVER = Role.TRIAGE, Role.HANDLER, Role.APPROVER
CUSTODIAN, AUDITOR, ADMINISTRATOR = Role.CUSTODIAN, Role.AUDITOR, Role.ADMINISTRATOR

# action: the roles that may do it, each in its own office only.
TABLE: dict[str, frozenset[str]] = {
    # the queue's clear columns; a subject is shown only to those who may also open
    "queue": frozenset({TRIAGE, HANDLER, APPROVER, CUSTODIAN, AUDITOR}),
    "open": frozenset({TRIAGE, HANDLER, APPROVER}),
    "files": frozenset({TRIAGE, HANDLER, APPROVER}),
    "search": frozenset({TRIAGE, HANDLER, APPROVER}),
    "claim": frozenset({TRIAGE, HANDLER}),
    "assign": frozenset({TRIAGE, APPROVER}),
    "reply": frozenset({TRIAGE, HANDLER}),
    "note": frozenset({TRIAGE, HANDLER, APPROVER}),
    "state:screening": frozenset({TRIAGE, HANDLER}),
    "state:accepted": frozenset({TRIAGE, HANDLER}),
    "state:refused": frozenset({TRIAGE, APPROVER}),
    "state:repeat": frozenset({TRIAGE, HANDLER}),
    "state:moved": frozenset({TRIAGE, APPROVER}),
    "state:disposing": frozenset({HANDLER, APPROVER}),
    "state:closed": frozenset({HANDLER, APPROVER}),
    # what two persons decide: one proposes, an approver who is another person answers
    "propose": frozenset({TRIAGE, HANDLER, APPROVER}),
    "decide": frozenset({APPROVER}),
    "hold": frozenset({APPROVER}),
    # to another office, and back from there; the halves of an identity follow by those who hold them
    "transfer": frozenset({TRIAGE, APPROVER}),
    "half:a": frozenset({CUSTODIAN}),
    "half:b": frozenset({APPROVER}),
    "half": frozenset({CUSTODIAN, APPROVER}),
    # how the queue is kept
    "label": frozenset({TRIAGE, HANDLER}),
    "priority": frozenset({TRIAGE, APPROVER}),
    "link": frozenset({TRIAGE, HANDLER}),
    "pause": frozenset({HANDLER, APPROVER}),
    "bulk": frozenset({TRIAGE, HANDLER, APPROVER}),
    "share-view": frozenset({TRIAGE, APPROVER}),
    "identity-request": frozenset({CUSTODIAN}),
    "audit": frozenset({AUDITOR}),
    # what is kept no longer: the list is numbers and days, two persons agree to it (desk.retention)
    "retention": frozenset({APPROVER, AUDITOR, ADMINISTRATOR}),
    "destroy": frozenset({APPROVER, ADMINISTRATOR}),
    "redact": frozenset({HANDLER, APPROVER}),
    "export": frozenset({HANDLER, APPROVER}),
    "administer": frozenset({ADMINISTRATOR}),
}


def actions_of(user: User, *, office: Office | int) -> frozenset[str]:
    """All that this person may do in this office; empty for outsiders, the inactive and former members."""
    roles = set(
        Membership.objects.filter(
            user=user.pk, user__is_active=True, office=office, ended_at__isnull=True
        ).values_list("role", flat=True)
    )
    return frozenset(action for action, allowed in TABLE.items() if roles & allowed)


def can(user: User, action: str, *, office: Office | int, tip: Tip | None = None) -> bool:
    """Whether this person may do this here. A tip of another office: never. An unknown action: KeyError."""
    number = office if isinstance(office, int) else office.pk
    if tip is not None and tip.office_id != number:
        return False
    return Membership.objects.filter(
        user=user.pk,
        user__is_active=True,
        office=number,
        ended_at__isnull=True,
        role__in=sorted(TABLE[action]),
    ).exists()


def require(user: User, action: str, *, tip: Tip) -> None:
    """Raise PermissionDenied where `can` says no: the services ask too, whoever calls them."""
    if not can(user, action, office=tip.office_id, tip=tip):
        raise PermissionDenied


def offices_for(user: User, action: str) -> QuerySet[Office]:
    """The offices in which this person may do this, in a fixed order."""
    held = Membership.objects.filter(
        user=user.pk, user__is_active=True, ended_at__isnull=True, role__in=sorted(TABLE[action])
    )
    return Office.objects.filter(pk__in=held.values("office")).order_by("pk")


def tips_for(user: User, action: str = "queue") -> QuerySet[Tip]:
    """The tips on which this person may do this: those of the offices of which they are a member."""
    return Tip.objects.filter(office__in=offices_for(user, action).order_by().values("pk"))


def tip_or_404(user: User, number: str, action: str = "queue") -> Tip:
    """The tip with this number. 404 for another office's, as for one that never was.

    PermissionDenied where the tip is the person's to see, but not this action.
    """
    tip = (
        tips_for(user)
        .select_related("office", "category", "region", "assignee")
        .filter(number=number)
        .first()
    )
    if tip is None:
        raise Http404
    if action != "queue":
        require(user, action, tip=tip)
    return tip


def roles_of(user: User) -> list[Membership]:
    """Live memberships with their offices, for the header and the members' page."""
    return list(
        Membership.objects.filter(user=user.pk, ended_at__isnull=True).select_related("office").order_by("pk")
    )
