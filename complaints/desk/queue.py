"""The queue's rows: filters, order, pages and counts. Pure builders over the clear columns of Tip.

However many tips there are, a page reads some fifty rows an office, in the order of an index, and a count
stops at a thousand (docs/decisions/queue-indexes.md).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from complaints.desk.models import Labelled
from complaints.intake.models import IsOpen, Message, Named, Tip, below

PAGE = 50
SOON_DAYS = 3
COUNT_MOST = 1000  # beyond it a view says "1000+"


class NoSuchPage(Exception):
    """The address names a place in the list that cannot be."""


# The orders of the queue; each is read as parts that stand one after another, each in the order of an index.
SORTS = ("due", "priority", "age", "new", "activity")
LEVELS = (3, 2, 1, 0)  # of priority, the pressing first


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: its due date (or day of receipt), its uuid, and what else its order needs.

    `rank`: the priority by "priority", the change number by "activity"; `office`: of the row, by "activity".
    """

    day: dt.date | None
    tip: uuid.UUID
    rank: int = 0
    office: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From "2026-11-18.<uuid hex>" or "none.<uuid hex>", more behind it; raises NoSuchPage."""
        try:
            day, tip, *more = text.split(".")
            rank, office = (int(number) for number in (*more, "0", "0")[:2])
            made = cls(
                None if day == "none" else dt.date.fromisoformat(day), uuid.UUID(hex=tip), rank, office
            )
        except ValueError as error:
            raise NoSuchPage from error
        if len(more) > 2 or max(abs(rank), office) >= 2**63 or office < 0:  # a number no column holds
            raise NoSuchPage
        return made

    @classmethod
    def at(cls, tip: Tip, sort: str) -> Cursor:
        """The place behind this row."""
        if sort == "activity":
            return cls(None, tip.uuid, tip.change, tip.office_id)
        day = tip.received_on if sort in ("new", "age") else tip.due_on
        return cls(day, tip.uuid, tip.priority if sort == "priority" else 0)

    def __str__(self) -> str:
        place = f"{self.day.isoformat() if self.day else 'none'}.{self.tip.hex}"
        return f"{place}.{self.rank}.{self.office}" if self.rank or self.office else place


def branch(nodes: Iterable[Named], code: str) -> set[int]:
    """The ids of the node with this code and of all below it."""
    nodes = list(nodes)
    return below(nodes, {n.pk for n in nodes if n.code == code})


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
        tips = tips.filter(IsOpen())
    elif state and state != "all":
        tips = tips.filter(state=state)
    if code := chosen.get("category"):
        tips = tips.filter(category__in=branch(categories, code))
    if code := chosen.get("region"):
        tips = tips.filter(region__in=branch(regions, code))
    if due := chosen.get("due"):
        tips = tips.filter(_due(due, today))
    if assignee := chosen.get("assignee"):
        tips = tips.filter(_assignee(assignee, user))
    if named := chosen.get("named"):
        tips = tips.filter(named=named == "yes")
    if priority := chosen.get("priority"):
        tips = tips.filter(priority__gt=0) if priority == "any" else tips.filter(priority=int(priority))
    if hold := chosen.get("hold"):
        tips = tips.filter(hold=hold == "yes")
    if answer := chosen.get("answer"):
        # In order, for a count too: without, SQLite reads all that is open and not the index of the mark.
        tips = tips.filter(_answer(answer)).order_by("due_on", "uuid")
    if label := chosen.get("label"):
        tips = tips.filter(Exists(Labelled.objects.filter(tip=OuterRef("pk"), label=int(label))))
    return tips


def _due(due: str, today: dt.date) -> Q:
    return {
        "overdue": Q(due_on__lt=today),
        "today": Q(due_on=today),
        "soon": Q(due_on__gte=today, due_on__lte=today + dt.timedelta(days=SOON_DAYS)),
        "none": Q(due_on__isnull=True),
    }[due]


def _assignee(assignee: str, user: User) -> Q:
    if assignee == "me":
        return Q(assignee=user)
    return Q(assignee__isnull=True) if assignee == "none" else Q(assignee=int(assignee))


def _answer(answer: str) -> Q:
    """unread: the reporter wrote what nobody has opened; waiting: asked, and not answered yet."""
    if answer == "unread":
        said = Message.objects.filter(
            tip=OuterRef("pk"), author=Message.Author.REPORTER, read_on__isnull=True
        )
        return Q(Exists(said), unread=True)
    return {
        "waiting": Q(waiting=True),
        "proposed": Q(proposed=True),
        "objected": Q(objected=True),
    }[answer]


def page(
    tips: QuerySet[Tip], *, offices: Sequence[int], sort: str = "due", after: str = ""
) -> tuple[list[Tip], str]:
    """One page by keyset, and the cursor of the next ("" on the last).

    sort "due": nearest deadline first, those without one last; "priority": the pressing first, each level so;
    "age": the longest here first; "new": newest first; "activity": last written first (a report, a message,
    a note; not a claim), office after office, because each office numbers its own changes and the hour of a
    reporter is kept nowhere. `offices`: those of the person; each is asked for a page of its own in index
    order, and the heads are merged.
    """
    cursor = Cursor.read(after) if after else None
    if cursor and cursor.day is None and sort in ("new", "age"):
        raise NoSuchPage
    rows: list[Tip] = []
    if sort == "activity":
        parts = _changed(tips, cursor, sorted(offices))
    else:
        parts = [(part, offices) for part in PARTS[sort](tips, cursor)]
    for part, of in parts:
        if len(rows) <= PAGE:
            rows += _merged(part, of, KEYS[sort], PAGE + 1 - len(rows))
    if len(rows) <= PAGE:
        return _joined(rows), ""
    return _joined(rows[:PAGE]), str(Cursor.at(rows[PAGE - 1], sort))


def _joined(rows: Sequence[Tip]) -> list[Tip]:
    """The same with what stands beside them: with joins in it SQLite orders a page by a worse index."""
    beside = Tip.objects.select_related("category", "region", "assignee", "office")
    found = beside.in_bulk([tip.pk for tip in rows])
    return [found[tip.pk] for tip in rows if tip.pk in found]


def _nearest(tips: QuerySet[Tip], cursor: Cursor | None) -> list[QuerySet[Tip]]:
    """Those with a day, then those without: two reads, each in the order of an index on either database."""
    dated = tips.filter(due_on__isnull=False).order_by("due_on", "uuid")
    undated = tips.filter(due_on__isnull=True).order_by("uuid")
    if cursor is None:
        return [dated, undated]
    if cursor.day is None:
        return [undated.filter(uuid__gt=cursor.tip)]
    beyond = Q(due_on__gt=cursor.day) | Q(uuid__gt=cursor.tip)
    return [dated.filter(beyond, due_on__gte=cursor.day), undated]


def _pressing(tips: QuerySet[Tip], cursor: Cursor | None) -> list[QuerySet[Tip]]:
    """Level after level, each by deadline; a level that holds a whole page ends the reading."""
    if cursor is not None and cursor.rank not in LEVELS:
        raise NoSuchPage
    found: list[QuerySet[Tip]] = []
    for level in LEVELS:
        if cursor is None or level <= cursor.rank:
            begun = cursor if cursor is not None and level == cursor.rank else None
            found += _nearest(tips.filter(priority=level), begun)
    return found


def _newest(tips: QuerySet[Tip], cursor: Cursor | None) -> list[QuerySet[Tip]]:
    tips = tips.order_by("-received_on", "-uuid")
    if cursor is None:
        return [tips]
    beyond = Q(received_on__lt=cursor.day) | Q(uuid__lt=cursor.tip)
    return [tips.filter(beyond, received_on__lte=cursor.day)]


def _oldest(tips: QuerySet[Tip], cursor: Cursor | None) -> list[QuerySet[Tip]]:
    tips = tips.order_by("received_on", "uuid")
    if cursor is None:
        return [tips]
    beyond = Q(received_on__gt=cursor.day) | Q(uuid__gt=cursor.tip)
    return [tips.filter(beyond, received_on__gte=cursor.day)]


def _changed(
    tips: QuerySet[Tip], cursor: Cursor | None, offices: Sequence[int]
) -> Sequence[tuple[QuerySet[Tip], Sequence[int]]]:
    """Each office by its change numbers, downwards; from the cursor's office on."""
    tips = tips.order_by("-change")
    if cursor is None:
        return [(tips, [office]) for office in offices]
    begun = [(tips.filter(change__lt=cursor.rank), [o]) for o in offices if o == cursor.office]
    return begun + [(tips, [o]) for o in offices if o > cursor.office]


def _nearest_key(tip: Tip) -> tuple[Any, ...]:
    return (tip.due_on or dt.date.max, tip.uuid)


def _newest_key(tip: Tip) -> tuple[Any, ...]:
    return (-tip.received_on.toordinal(), -tip.uuid.int)


PARTS = {"due": _nearest, "priority": _pressing, "age": _oldest, "new": _newest}
KEYS: dict[str, Callable[[Tip], tuple[Any, ...]]] = {
    "due": _nearest_key,
    "priority": _nearest_key,  # within one level
    "age": lambda tip: (tip.received_on, tip.uuid),
    "new": _newest_key,
    "activity": lambda tip: (-tip.change,),
}


def _merged(
    part: QuerySet[Tip], offices: Sequence[int], key: Callable[[Tip], tuple[Any, ...]], most: int
) -> list[Tip]:
    """The first rows of all offices. One office at a time, because only so an index gives the order."""
    if len(offices) == 1:
        return list(part.filter(office=offices[0])[:most])
    rows = [tip for office in offices for tip in part.filter(office=office)[:most]]
    return sorted(rows, key=key)[:most]


def counts(
    tips: QuerySet[Tip], views: Sequence[Callable[[QuerySet[Tip]], QuerySet[Tip]]], *, offices: Sequence[int]
) -> list[int]:
    """How many tips each view holds, at most COUNT_MOST + 1: one query for all of them.

    Each count is of a subquery that stops there, one for each office, so that it reads in index order.
    """
    if not views or not offices:
        return [0] * len(views)
    columns: list[str] = []
    params: list[Any] = []
    for view in views:
        terms = []
        for office in offices:
            rows = view(tips).filter(office=office).values("pk")[: COUNT_MOST + 1]
            sql, given = rows.query.sql_with_params()
            terms.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608  (Django's own SQL)
            params += given
        columns.append(" + ".join(terms))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", params)
        row = cursor.fetchone()
    return [min(int(n), COUNT_MOST + 1) for n in row]


def count_words(n: int) -> str:
    """ "1000+" beyond what is counted."""
    return f"{COUNT_MOST}+" if n > COUNT_MOST else str(n)
