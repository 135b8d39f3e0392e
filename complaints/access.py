"""Who may do what at the desk. One table decides; a tip of another office does not exist (404).

The keys say what a person *can* read (VAULT); this table says what a role *may* do with it.
"""

from __future__ import annotations

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from workdays import clock

from complaints.intake.models import Tip
from complaints.vault.models import Emergency, Membership, Office

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
    # with another office: to ask, to take part or not, to end it (either office, each for its own side)
    "joint": frozenset({TRIAGE, APPROVER}),
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

# What an administrator may do for the hour of an emergency (complaints.desk.emergency): see what is there,
# read it, and give it to somebody. Never an identity, an export, a decision, or a word to the reporter.
EMERGENCY = frozenset({"queue", "open", "assign", "note"})


def actions_of(user: User, *, office: Office | int) -> frozenset[str]:
    """All that this person may do in this office; empty for outsiders, the inactive and former members."""
    roles = set(
        Membership.objects.filter(
            user=user.pk, user__is_active=True, office=office, ended_at__isnull=True
        ).values_list("role", flat=True)
    )
    actions = frozenset(action for action, allowed in TABLE.items() if roles & allowed)
    if ADMINISTRATOR in roles and _running().filter(user=user.pk, office=office).exists():
        actions |= EMERGENCY
    return actions


def can(user: User, action: str, *, office: Office | int, tip: Tip | None = None) -> bool:
    """Whether this person may do this here. A tip of another office: never. An unknown action: KeyError."""
    number = office if isinstance(office, int) else office.pk
    if tip is not None and tip.office_id != number:
        return False
    held = Membership.objects.filter(user=user.pk, user__is_active=True, office=number, ended_at__isnull=True)
    return held.filter(_holding(action)).exists()


def require(user: User, action: str, *, tip: Tip) -> None:
    """Raise PermissionDenied where `can` says no: the services ask too, whoever calls them."""
    if not can(user, action, office=tip.office_id, tip=tip):
        raise PermissionDenied


def offices_for(user: User, action: str) -> QuerySet[Office]:
    """The offices in which this person may do this, in a fixed order."""
    held = Membership.objects.filter(user=user.pk, user__is_active=True, ended_at__isnull=True).filter(
        _holding(action)
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
    """Live memberships with their offices, for the header and the members' page.

    `loud`: an emergency runs in that office.
    """
    running = _running().filter(office=OuterRef("office"))
    rows = Membership.objects.filter(user=user.pk, ended_at__isnull=True).annotate(loud=Exists(running))
    return list(rows.select_related("office").order_by("pk"))


def emergencies(offices: QuerySet[Office]) -> QuerySet[Emergency]:
    """Those that run now in these offices, the one that ends first in front."""
    rows = _running().filter(office__in=offices.order_by().values("pk"))
    return rows.select_related("user", "office").order_by("until", "uuid")


def _running() -> QuerySet[Emergency]:
    return Emergency.objects.filter(ended_at__isnull=True, until__gt=clock.now())


def _holding(action: str) -> Q:
    """The memberships that may do this: by role, or as an administrator in an emergency."""
    held = Q(role__in=sorted(TABLE[action]))
    if action not in EMERGENCY:
        return held
    mine = _running().filter(user=OuterRef("user"), office=OuterRef("office"))
    return held | Q(Exists(mine), role=ADMINISTRATOR)
