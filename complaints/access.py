"""Who may do what at the desk. One table decides; a tip of another office does not exist (404).

The keys say what a person *can* read (VAULT); this table says what a role *may* do with it. A role may be
bound to some categories and regions (a remit): what lies outside does not exist for it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from workdays import clock

from complaints.intake.models import Category, Named, Region, Remit, Tip, below
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

# The roles that can be bound to categories and regions. Who keeps identities, or looks at what the others do,
# is there for the whole office.
BOUND = (TRIAGE, HANDLER, APPROVER)
# What concerns an office and not one tip of it, or an identity and not what the tip is about.
UNBOUND = frozenset({"share-view", "retention", "destroy", "identity-request", "half", "half:a", "half:b"})


@dataclass(frozen=True)
class Share:
    """What a role in an office is for: ids of categories and of regions, None for all of them."""

    office: int
    role: str
    categories: frozenset[int] | None = None
    regions: frozenset[int] | None = None

    def holds(self, tip: Tip) -> bool:
        """Whether a tip is within it, wherever it lies."""
        return (self.categories is None or tip.category_id in self.categories) and (
            self.regions is None or tip.region_id in self.regions
        )

    def where(self, office: str, tip: str) -> Q:
        """The same as a condition on rows: `office` and `tip` say where those stand."""
        q = Q(**{office: self.office})
        if self.categories is not None:
            q &= Q(**{f"{tip}category__in": sorted(self.categories)})
        if self.regions is not None:
            q &= Q(**{f"{tip}region__in": sorted(self.regions)})
        return q


def actions_of(user: User, *, office: Office | int, tip: Tip | None = None) -> frozenset[str]:
    """All that this person may do in this office, with this tip where it is named.

    Empty for outsiders, the inactive and former members. The tip may lie with another office that shares it.
    """
    held = _held(user).filter(office=office)
    roles = set(held.values_list("role", flat=True))
    kept = roles if tip is None else {share.role for share in _shares(held) if share.holds(tip)}
    actions = frozenset(
        action for action, allowed in TABLE.items() if (roles if action in UNBOUND else kept) & allowed
    )
    if ADMINISTRATOR in roles and _running().filter(user=user.pk, office=office).exists():
        actions |= EMERGENCY
    return actions


def can(user: User, action: str, *, office: Office | int, tip: Tip | None = None) -> bool:
    """Whether this person may do this here. A tip of another office: never. An unknown action: KeyError."""
    number = office if isinstance(office, int) else office.pk
    if tip is not None and tip.office_id != number:
        return False
    held = _held(user).filter(_holding(action), office=number)
    if tip is None or action in UNBOUND:
        return held.exists()
    return any(share.holds(tip) for share in _shares(held))


def require(user: User, action: str, *, tip: Tip) -> None:
    """Raise PermissionDenied where `can` says no: the services ask too, whoever calls them."""
    if not can(user, action, office=tip.office_id, tip=tip):
        raise PermissionDenied


def people(action: str, *, office: Office | int, tip: Tip | None = None) -> list[User]:
    """The members who may do this in this office, to this tip where it is named, in a fixed order."""
    held = Membership.objects.filter(
        office=office, user__is_active=True, ended_at__isnull=True, role__in=sorted(TABLE[action])
    )
    found = {row.user_id: row.user for row in held.select_related("user").order_by("user")}
    if tip is None or not Remit.objects.filter(office=office, user__in=found).exists():
        return list(found.values())
    return [user for user in found.values() if action in actions_of(user, office=office, tip=tip)]


def offices_for(user: User, action: str) -> QuerySet[Office]:
    """The offices in which this person may do this, in a fixed order."""
    held = _held(user).filter(_holding(action))
    return Office.objects.filter(pk__in=held.values("office")).order_by("pk")


def tips_for(user: User, action: str = "queue") -> QuerySet[Tip]:
    """The tips on which this person may do this: those of their offices, within their remits."""
    tips = Tip.objects.filter(office__in=offices_for(user, action).order_by().values("pk"))
    return tips.filter(limits(user, action))


def of_these(user: User, action: str, tips: Sequence[Tip]) -> set[UUID]:
    """The ids of those of these tips on which this person may do this; one query where no role is bound."""
    shares = _shares(_held(user).filter(_holding(action))) if tips else []
    return {t.pk for t in tips if any(s.office == t.office_id and s.holds(t) for s in shares)}


def limits(user: User, action: str = "queue", *, office: str = "office", tip: str = "") -> Q:
    """What remits leave of this person's offices, as a condition; empty where that is all, as it mostly is.

    `office` and `tip`: where rows that are no tips name theirs ("target", "tip__").
    """
    shares: dict[int, list[Share]] = {}
    for share in _shares(_held(user).filter(_holding(action))) if action not in UNBOUND else ():
        shares.setdefault(share.office, []).append(share)
    found = Q()
    for number, parts in shares.items():
        if all(part != Share(number, part.role) for part in parts):
            within = ~Q(**{office: number})
            for part in parts:
                within |= part.where(office, tip)
            found &= within
    return found


def remits(user: User) -> list[Share]:
    """The roles of this person that are bound, for those who ask why they see no more."""
    return [share for share in _shares(_held(user)) if share != Share(share.office, share.role)]


def _held(user: User) -> QuerySet[Membership]:
    """This person's live roles; none of the inactive."""
    return Membership.objects.filter(user=user.pk, user__is_active=True, ended_at__isnull=True)


def _shares(held: QuerySet[Membership]) -> list[Share]:
    """What each of these roles is for. One query where none is bound."""
    rows = list(held.annotate(bound=Exists(_lines())).values_list("user", "office", "role", "bound"))
    bound = {row[:3] for row in rows if row[3] and row[2] in BOUND}
    made = [Share(office, role) for user, office, role, _b in rows if (user, office, role) not in bound]
    if not bound:
        return made
    trees: tuple[Sequence[Named], Sequence[Named]] = list(Category.objects.all()), list(Region.objects.all())
    nodes: dict[tuple[int, int, str], tuple[set[int], set[int]]] = {key: (set(), set()) for key in bound}
    for line in Remit.objects.filter(user__in={key[0] for key in bound}):
        if (pair := nodes.get((line.user_id, line.office_id, line.role))) is not None:
            for kept, node in zip(pair, (line.category_id, line.region_id), strict=True):
                kept.update([node] if node else [])
    for (_user, office, role), pair in nodes.items():
        made.append(Share(office, role, _under(trees[0], pair[0]), _under(trees[1], pair[1])))
    return made


def _lines() -> QuerySet[Remit]:
    """The remit of a membership, within a question about memberships."""
    return Remit.objects.filter(user=OuterRef("user"), office=OuterRef("office"), role=OuterRef("role"))


def _under(tree: Sequence[Named], keys: set[int]) -> frozenset[int] | None:
    return frozenset(below(tree, keys)) if keys else None


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

    `loud`: an emergency runs in that office; `bound`: the role has a remit.
    """
    running = _running().filter(office=OuterRef("office"))
    rows = Membership.objects.filter(user=user.pk, ended_at__isnull=True)
    rows = rows.annotate(loud=Exists(running), bound=Exists(_lines()))
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
