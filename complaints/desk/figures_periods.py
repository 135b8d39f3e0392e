"""Two free periods side by side: what was received, and how long each step took, from the ledger's events.

Both read what lies in the periods by an index and nothing else: a period is at most LONGEST days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Count,
    DateField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from ledger.models import Event

from complaints.desk import transitions
from complaints.desk.figures import Table
from complaints.intake.models import Category, Region, Tip
from complaints.vault.models import Office

LONGEST = 1096  # days: three years
# What begins a tip's time in a state: a step, or that another office gave it, where it begins again.
BEGINS = ("state", "transferred", "returned")


@dataclass(frozen=True)
class Period:
    """Days, both included."""

    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        return _("%(first)s 至 %(last)s") % {"first": self.first.isoformat(), "last": self.last.isoformat()}


def tables(tips: QuerySet[Tip], one: Period, other: Period) -> list[Table]:
    """What both periods received by category, region and office, and their times per step: three queries
    over tips and events, however long the offices have been there."""
    cube = list(_received(tips, one, other))
    return [
        _beside(cube, "category", _("按类别比较"), _("类别"), Category.objects.all()),
        _beside(cube, "region", _("按地区比较"), _("地区"), Region.objects.all()),
        _beside(cube, "office", _("按机构比较"), _("机构"), Office.objects.all()),
        *(steps(tips, period) for period in (one, other)),
    ]


def _received(tips: QuerySet[Tip], one: Period, other: Period) -> Iterable[Any]:
    inside = [Q(received_on__range=(p.first, p.last)) for p in (one, other)]
    rows = tips.filter(inside[0] | inside[1]).order_by().values("category", "region", "office")
    return rows.annotate(one=Count("pk", filter=inside[0]), other=Count("pk", filter=inside[1]))


def _beside(cube: Sequence[Any], field: str, title: str, name: str, nodes: Iterable[Any]) -> Table:
    sums: dict[int, list[int]] = {}
    for row in cube:
        found = sums.setdefault(row[field], [0, 0])
        found[0] += row["one"]
        found[1] += row["other"]
    labels = {node.pk: node.label for node in nodes}
    rows = [[labels.get(pk, ""), a, b, a - b] for pk, (a, b) in sums.items()]
    rows.sort(key=lambda row: (-row[1], -row[2], row[0]))
    return Table(f"{field}-periods", title, [name, _("这一段"), _("另一段"), _("增减")], rows)


def steps(tips: QuerySet[Tip], period: Period) -> Table:
    """How many calendar days tips stood in a state before each step: number, median and 90th percentile.

    Of the tips that lie with these offices now, by the day on which the step was taken. Steps of destroyed
    tips are gone with their events.
    """
    found = _days(tips, period)
    rows: list[list[Any]] = []
    for step in transitions.TABLE:
        if days := found.get((step.source.value, step.target.value)):
            name = _("%(source)s → %(target)s") % {"source": step.source.label, "target": step.target.label}
            rows.append([name, *spread(days)])
    head = [_("步骤"), _("次数"), _("中位天数"), _("九成不超过的天数")]
    title = _("每一步用了多少天：%(period)s") % {"period": period}
    return Table(f"steps-{period.first}", title, head, rows, chart=2, unit=_("单位：天"))


def _days(tips: QuerySet[Tip], period: Period) -> dict[tuple[str, str], dict[int, int]]:
    """(from, to) → days → how many: one grouped query; each step looks up the one before it by its tag."""
    earlier = Event.objects.filter(tag=OuterRef("tag"), kind__in=BEGINS, at__lt=OuterRef("at"))
    received = Tip.objects.filter(tag=OuterRef("tag")).values("received_on")[:1]
    began = Coalesce(
        Subquery(earlier.order_by("-at").values("date")[:1]), Subquery(received), output_field=DateField()
    )
    rows = Event.objects.filter(kind="state", date__range=(period.first, period.last))
    # Exists, not IN: both databases then begin with the days, not with all tips of the offices.
    rows = rows.filter(Exists(tips.order_by().filter(tag=OuterRef("tag"))))
    taken = ExpressionWrapper(F("date") - F("began"), output_field=DurationField())
    grouped = (
        rows.annotate(began=began, source=KT("details__from"), target=KT("details__to"), taken=taken)
        .values("source", "target", "taken")
        .annotate(n=Count("pk"))
        .order_by()
    )
    found: dict[tuple[str, str], dict[int, int]] = {}
    for row in grouped:
        if row["taken"] is not None:
            days = found.setdefault((row["source"], row["target"]), {})
            days[row["taken"].days] = days.get(row["taken"].days, 0) + row["n"]
    return found


def spread(days: dict[int, int]) -> tuple[int, int, int]:
    """(how many, median, 90th percentile) of days → number, by nearest rank; zeros where there are none."""
    total = sum(days.values())
    return total, _rank(days, total, 50), _rank(days, total, 90)


def _rank(days: dict[int, int], total: int, percent: int) -> int:
    """The smallest number of days that at least so many per cent did not exceed."""
    reached = 0
    for day in sorted(days):
        reached += days[day]
        if reached * 100 >= total * percent:
            return day
    return 0
