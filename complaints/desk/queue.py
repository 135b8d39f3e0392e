"""The queue's rows: filters, order and pages. Pure builders over the clear columns of Tip."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from django.db.models import Count, F, Q, QuerySet

from complaints.desk.transitions import OPEN_STATES
from complaints.intake.models import Named, Tip

PAGE = 50
SOON_DAYS = 3


class NoSuchPage(Exception):
    """The address names a place in the list that cannot be."""


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: its due date (or day of receipt), then its uuid."""

    day: dt.date | None
    tip: uuid.UUID

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From "2026-11-18.<uuid hex>" or "none.<uuid hex>"; raises NoSuchPage."""
        day, _, tip = text.partition(".")
        try:
            return cls(None if day == "none" else dt.date.fromisoformat(day), uuid.UUID(hex=tip))
        except ValueError as error:
            raise NoSuchPage from error

    def __str__(self) -> str:
        return f"{self.day.isoformat() if self.day else 'none'}.{self.tip.hex}"


def branch(nodes: Iterable[Named], code: str) -> set[int]:
    """The ids of the node with this code and of all below it."""
    nodes = list(nodes)
    found = {n.pk for n in nodes if n.code == code}
    while more := {n.pk for n in nodes if n.parent_id in found} - found:  # type: ignore[attr-defined]
        found |= more
    return found


def filtered(
    tips: QuerySet[Tip],
    chosen: dict[str, Any],
    *,
    user: User,
    today: dt.date,
    categories: Iterable[Named],
    regions: Iterable[Named],
) -> QuerySet[Tip]:
    """The tips that pass every chosen filter; an empty value filters nothing."""
    if (state := chosen.get("state")) == "open":
        tips = tips.filter(state__in=OPEN_STATES)
    elif state and state != "all":
        tips = tips.filter(state=state)
    if code := chosen.get("category"):
        tips = tips.filter(category__in=branch(categories, code))
    if code := chosen.get("region"):
        tips = tips.filter(region__in=branch(regions, code))
    if due := chosen.get("due"):
        tips = tips.filter(
            {
                "overdue": Q(due_on__lt=today),
                "soon": Q(due_on__gte=today, due_on__lte=today + dt.timedelta(days=SOON_DAYS)),
                "none": Q(due_on__isnull=True),
            }[due]
        )
    if assignee := chosen.get("assignee"):
        tips = tips.filter(assignee=user if assignee == "me" else None)
    if named := chosen.get("named"):
        tips = tips.filter(named=named == "yes")
    return tips


def page(tips: QuerySet[Tip], *, sort: str = "due", after: str = "") -> tuple[list[Tip], str]:
    """One page by keyset, and the cursor of the next ("" on the last).

    sort "due": nearest deadline first, those without one last; "new": newest first.
    """
    cursor = Cursor.read(after) if after else None
    if sort == "new":
        tips = tips.order_by("-received_on", "-uuid")
        if cursor:
            if cursor.day is None:
                raise NoSuchPage
            tips = tips.filter(Q(received_on__lt=cursor.day) | Q(received_on=cursor.day, uuid__lt=cursor.tip))
    else:
        tips = tips.order_by(F("due_on").asc(nulls_last=True), "uuid")
        if cursor and cursor.day is None:
            tips = tips.filter(due_on__isnull=True, uuid__gt=cursor.tip)
        elif cursor:
            tips = tips.filter(
                Q(due_on__gt=cursor.day) | Q(due_on=cursor.day, uuid__gt=cursor.tip) | Q(due_on__isnull=True)
            )
    rows = list(tips.select_related("category", "region", "assignee", "office")[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], str(Cursor(last.received_on if sort == "new" else last.due_on, last.uuid))


def counts(tips: QuerySet[Tip], *, user: User, today: dt.date) -> dict[str, int]:
    """How many open tips there are, mine, unclaimed, near their deadline and over it: one query."""
    near = Q(due_on__gte=today, due_on__lte=today + dt.timedelta(days=SOON_DAYS))
    return tips.filter(state__in=OPEN_STATES).aggregate(
        open=Count("pk"),
        mine=Count("pk", filter=Q(assignee=user)),
        free=Count("pk", filter=Q(assignee__isnull=True)),
        soon=Count("pk", filter=near),
        overdue=Count("pk", filter=Q(due_on__lt=today)),
    )
