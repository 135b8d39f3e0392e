"""Who published what when, and what is due: obligations and notices of one year as cells by month.

A notice fulfils the period that it names; one without a period fulfils the month, quarter or year that its
own date is in, or, within the days allowed after it, the last one still empty.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from workdays import clock
from workdays.calendar import Calendar, CalendarMissing, load

from cms.models import NoticePage, Obligation

STARTS = {"month": 1, "quarter": 3, "year": 12}


@dataclass
class Cell:
    """One period: `state` is published, late, due, soon, exempt, future or none."""

    period: str
    due: dt.date | None = None
    state: str = "none"
    days: int = 0  # late by, or days left
    reason: str = ""
    notices: list[NoticePage] = field(default_factory=list)


def period_of(every: str, month: int, year: int) -> str:
    """The name of the period that ends in `month`: 2026-07, 2026-Q3, 2026; "" where none ends then."""
    if month % STARTS[every]:
        return ""
    return {"month": f"{year}-{month:02d}", "quarter": f"{year}-Q{month // 3}", "year": f"{year}"}[every]


def end_of(period: str) -> dt.date:
    """Its last day."""
    year, _dash, part = period.partition("-")
    month = 12 if not part else int(part[1]) * 3 if part.startswith("Q") else int(part)
    return dt.date(int(year), month, calendar.monthrange(int(year), month)[1])


def containing(every: str, day: dt.date) -> str:
    """The period of that length that holds `day`."""
    step = STARTS[every]
    return period_of(every, -(-day.month // step) * step, day.year)


def due_of(rule: Obligation, period: str, days: Calendar) -> dt.date:
    """The last day for a period; calendar days where no calendar of working days is known."""
    end = end_of(period)
    if rule.unit == Obligation.Unit.WORKDAY:
        try:
            return days.add(end, rule.days)
        except CalendarMissing:
            pass
    return end + dt.timedelta(days=rule.days)


def applies(rule: Obligation, period: str) -> bool:
    """Whether the rule was in force when the period ended."""
    end = end_of(period)
    return rule.begins_on <= end and (rule.ends_on is None or end <= rule.ends_on)


def row_of(rule: Obligation, notices: Iterable[NoticePage], year: int) -> list[Cell]:
    """Twelve cells; a quarter or year stands in the month in which it ends."""
    days, today = load(strict=False), clock.today()
    cells = [Cell(period_of(rule.every, month, year)) for month in range(1, 13)]
    exempt = {one.period: one.reason for one in rule.exemptions.all()}
    wanted = {cell.period: cell for cell in cells if cell.period and applies(rule, cell.period)}
    for cell in wanted.values():
        cell.due = due_of(rule, cell.period, days)
    _assign(rule, sorted(notices, key=lambda page: (page.date, page.pk)), wanted)
    for cell in wanted.values():
        _judge(cell, exempt.get(cell.period), today)
    return cells


def _assign(rule: Obligation, notices: list[NoticePage], wanted: dict[str, Cell]) -> None:
    open_ones = [page for page in notices if not page.period]
    for page in notices:
        if page.period in wanted:
            wanted[page.period].notices.append(page)
    for page in open_ones:
        own = containing(rule.every, page.date)
        earlier = [
            cell
            for cell in wanted.values()
            if cell.due and end_of(cell.period) < page.date <= cell.due and not cell.notices
        ]
        target = earlier[0] if earlier else wanted.get(own)
        if target is not None:
            target.notices.append(page)


def _judge(cell: Cell, exempt: str | None, today: dt.date) -> None:
    if cell.due is None:
        return
    if cell.notices:
        cell.days = max(0, (cell.notices[0].date - cell.due).days)
        cell.state = "published"
    elif exempt is not None:
        cell.state, cell.reason = "exempt", exempt
    elif today > cell.due:
        cell.state, cell.days = "late", (today - cell.due).days
    elif today > end_of(cell.period):
        cell.state, cell.days = "due", (cell.due - today).days
    else:
        cell.state = "future"


def loose_row(notices: Iterable[NoticePage], year: int) -> list[Cell]:
    """Twelve cells of what was published without any obligation, by the month of its date."""
    cells = [Cell(f"{year}-{month:02d}") for month in range(1, 13)]
    for page in sorted(notices, key=lambda page: (page.date, page.pk)):
        if page.date.year == year:
            cell = cells[page.date.month - 1]
            cell.state = "published"
            cell.notices.append(page)
    return cells
