"""Numbers over clear columns: the statistics page, its charts, its CSV. No sealed text is involved."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from workdays import clock

from complaints import access
from complaints.desk.models import Transfer
from complaints.intake.models import OPEN, Category, Region, State, Tip
from complaints.vault.models import Office

MONTHS = 12
ROOM = 34  # columns of a fixed-width terminal, where a Chinese letter has two (UAX 11), over a bar at 320 px
AGES = ((0, 7), (8, 30), (31, 90), (91, None))


@dataclass(frozen=True)
class Table:
    """One table of numbers; `chart` is the column drawn as bars."""

    key: str
    title: str
    head: list[str]
    rows: list[list[Any]]
    chart: int = 1
    unit: str = ""  # "" for tips

    def sums(self) -> list[int]:
        """The sum of each column of numbers."""
        return [sum(row[i] for row in self.rows) for i in range(1, len(self.head))]

    @property
    def bars(self) -> list[tuple[str, int, float]]:
        """(name, number, width in per cent) of the drawn column."""
        top = max((row[self.chart] for row in self.rows), default=0) or 1
        return [
            (_short(str(row[0])), row[self.chart], round(row[self.chart] / top * 100, 1)) for row in self.rows
        ]


def _short(name: str) -> str:
    """What of `name` fits over a bar on the narrowest phone, beside the number; the table has all of it."""
    width = 0
    for at, letter in enumerate(name):
        width += 2 if unicodedata.east_asian_width(letter) in "WFA" else 1
        if width > ROOM:
            return name[: at - 1] + "…"
    return name


def tables(user: User, tips: QuerySet[Tip], *, today: dt.date | None = None) -> list[Table]:
    """All tables of the person's tips (access.tips_for), each in one query; what lies below, in numbers."""
    today, offices = today or clock.today(), list(Office.objects.all())
    cube = list(tips.order_by().values("category", "region", "office", "state").annotate(**_tally(today)))
    held = set(access.offices_for(user, "queue").values_list("pk", flat=True))
    return [
        _by_month(tips, today),
        _by_state(cube),
        _by_age(tips, today),
        _by(cube, "category", _("按类别"), _("类别"), {c.pk: c.label for c in Category.objects.all()}),
        _by(cube, "region", _("按地区"), _("地区"), {r.pk: r.label for r in Region.objects.all()}),
        _by(cube, "office", _("按机构"), _("机构"), {o.pk: o.label for o in offices}),
        _handlers(tips, today),
        _transfers(held),
        below(offices, held, today),
    ]


def _tally(today: dt.date) -> dict[str, Count]:
    """Counts of columns that the index `tip_figures` holds: a million rows are not read for them."""
    return {
        "n": Count("state"),
        "open": Count("state", filter=OPEN),
        "overdue": Count("due_on", filter=Q(due_on__lt=today)),
    }


def _columns(name: str) -> list[str]:
    return [name, _("全部"), _("未办结"), _("超期")]


def _by(cube: Sequence[Any], field: str, title: str, name: str, labels: dict[int, str]) -> Table:
    sums: dict[int, list[int]] = {}
    for row in cube:
        found = sums.setdefault(row[field], [0, 0, 0])
        for i, key in enumerate(("n", "open", "overdue")):
            found[i] += row[key]
    rows: list[list[Any]] = [[labels.get(pk, ""), *numbers] for pk, numbers in sums.items()]
    return Table(field, title, _columns(name), sorted(rows, key=_most))


def _by_month(tips: QuerySet[Tip], today: dt.date) -> Table:
    """The last twelve months, and the same month a year before for comparison."""
    first = _month(today, -2 * MONTHS + 1)
    days = tips.filter(received_on__gte=first).order_by().values_list("received_on")
    counts: Counter[dt.date] = Counter()
    for day, number in days.annotate(n=Count("received_on")):  # by the day: the index is in that order
        counts[day.replace(day=1)] += number
    rows = [
        [f"{m:%Y-%m}", counts[m], counts[_month(m, -MONTHS)]]
        for m in (_month(today, back) for back in range(-MONTHS + 1, 1))
    ]
    return Table("month", _("按月收到"), [_("月份"), _("收到"), _("上年同月")], rows)


def _month(day: dt.date, plus: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + plus
    return dt.date(index // 12, index % 12 + 1, 1)


def _by_state(cube: Sequence[Any]) -> Table:
    counts: dict[str, int] = {}
    for row in cube:
        counts[row["state"]] = counts.get(row["state"], 0) + row["n"]
    rows: list[list[Any]] = [[str(label), counts.get(value, 0)] for value, label in State.choices]
    return Table("state", _("按状态"), [_("状态"), _("件")], rows)


def _by_age(tips: QuerySet[Tip], today: dt.date) -> Table:
    spans = {}
    for low, high in AGES:
        inside = Q(received_on__lte=today - dt.timedelta(days=low))
        if high is not None:
            inside &= Q(received_on__gte=today - dt.timedelta(days=high))
        spans[f"a{low}"] = Count("received_on", filter=inside)
    found = tips.filter(OPEN).aggregate(**spans)
    names = [
        _("%(low)d 至 %(high)d 天") % {"low": low, "high": high} if high else _("91 天以上")
        for low, high in AGES
    ]
    rows: list[list[Any]] = [[name, found[f"a{low}"]] for name, (low, _high) in zip(names, AGES, strict=True)]
    return Table("age", _("未办结的等了多久"), [_("自收到起"), _("件")], rows)


def _handlers(tips: QuerySet[Tip], today: dt.date) -> Table:
    rows: Sequence[Any] = list(tips.filter(OPEN).order_by().values("assignee").annotate(**_tally(today)))
    names = {u.pk: u.name for u in User.objects.filter(pk__in=[r["assignee"] for r in rows if r["assignee"]])}
    found = [[names.get(r["assignee"], _("未领取")), r["n"], r["overdue"]] for r in rows]
    return Table(
        "handler", _("每人手上的未办结"), [_("办理人"), _("未办结"), _("超期")], sorted(found, key=_most)
    )


def _most(row: Sequence[Any]) -> tuple[int, str]:
    return (-row[1], row[0])


def _transfers(held: set[int]) -> Table:
    rows = Transfer.objects.filter(Q(source__in=held) | Q(target__in=held)).order_by()
    counts = {
        (r["direction"], r["answer"]): r["n"]
        for r in rows.values("direction", "answer").annotate(n=Count("pk"))
    }
    table: list[list[Any]] = [
        [
            str(way.label),
            sum(n for (w, _a), n in counts.items() if w == way),
            *(counts.get((way, answer), 0) for answer in Transfer.Answer),
        ]
        for way in Transfer.Direction
    ]
    head = [_("方向"), _("全部"), *(str(a.label) for a in Transfer.Answer)]
    return Table("transfer", _("转办"), head, table)


def below(all_offices: Sequence[Office], held: set[int], today: dt.date) -> Table:
    """The offices under one's own, as numbers and deadlines, live; nothing of what is in them."""
    offices = {o.pk: o.label for o in _under(all_offices, held)}
    if not offices:
        return Table("below", _("下级机构"), _columns(_("机构")), [])
    rows = Tip.objects.filter(office__in=list(offices)).order_by().values("office").annotate(**_tally(today))
    found: dict[int, Any] = {r["office"]: r for r in rows}
    table = [
        [name, *(found[pk][key] if pk in found else 0 for key in ("n", "open", "overdue"))]
        for pk, name in offices.items()
    ]
    return Table("below", _("下级机构"), _columns(_("机构")), table)


def _under(offices: Sequence[Office], held: set[int]) -> list[Office]:
    """All offices beneath those held, however deep, each after the one above it; none of those held.

    Of one level the oldest first: a database gives rows in the order it likes.
    """
    children: dict[int | None, list[Office]] = {}
    for office in sorted(offices, key=lambda office: office.pk):
        children.setdefault(office.parent_id, []).append(office)
    found: list[Office] = []
    waiting = [child for pk in sorted(held, reverse=True) for child in reversed(children.get(pk, []))]
    seen = set(held)
    while waiting:
        office = waiting.pop()
        if office.pk not in seen:
            seen.add(office.pk)
            found.append(office)
            waiting += reversed(children.get(office.pk, []))
    return found


Writer = Callable[[list[Any]], Any]


def write_csv(found: Sequence[Table], write: Writer) -> None:
    """All tables, one under the other, through a csv writer's `writerow`."""
    for table in found:
        write([table.title])
        write(table.head)
        for row in table.rows:
            write([_safe(value) for value in row])
        write([])


def _safe(value: Any) -> Any:
    """A name that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
