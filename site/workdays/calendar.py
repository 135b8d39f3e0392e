"""Working days in China: weekends and public holidays off, make-up workdays on.

The State Council's yearly notice comes with the `holidays` library; rows of Day overrule it and serve for a
year that the library does not know yet. A year for which neither has make-up workdays or rows is unknown:
counting through it would be a guess, so it raises CalendarMissing (or, on request, counts as if no notice
moved a weekend, and says which years it guessed).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from workdays.models import Day

ONE = dt.timedelta(days=1)
SATURDAY = 5
FIRST_YEAR, LAST_YEAR = 2008, 2100  # the present system of holidays began in 2008


class CalendarMissing(LookupError):
    """No holiday notice is known for this year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no calendar of working days for {year}")
        self.year = year


@lru_cache(maxsize=32)
def _library(year: int) -> tuple[frozenset[dt.date], frozenset[dt.date], bool]:
    """(holidays, make-up workdays, whether the year's notice is in the library)."""
    import holidays  # of many countries: not loaded by programs that count no days

    # A holiday may begin in December of the year before, so its neighbours are asked too.
    china = holidays.country_holidays("CN", years=range(year - 1, year + 2))
    off = frozenset(day for day in china if day.year == year)
    made_up = frozenset(day for day in china.weekend_workdays if day.year == year)
    return off, made_up, bool(made_up)


@dataclass
class Calendar:
    """The calendar as it stands now; load it once for a list of dates.

    `strict` decides what an unknown year does; `guessed` collects the unknown years that were counted.
    """

    overrides: dict[dt.date, str]
    strict: bool = True
    guessed: set[int] = field(default_factory=set)

    def is_working_day(self, day: dt.date) -> bool:
        """Whether offices work on this day. Raises CalendarMissing if strict."""
        if kind := self.overrides.get(day):
            return kind == Day.Kind.WORKDAY
        off, made_up, known = self._year(day.year)
        if not known:
            self.guessed.add(day.year)
        return day in made_up or (day.weekday() < SATURDAY and day not in off)

    def _year(self, year: int) -> tuple[frozenset[dt.date], frozenset[dt.date], bool]:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise CalendarMissing(year)
        off, made_up, known = _library(year)
        known = known or any(day.year == year for day in self.overrides)
        if self.strict and not known:
            raise CalendarMissing(year)
        return off, made_up, known

    def add(self, start: dt.date, days: int) -> dt.date:
        """The `days`-th working day after `start`, or before it where `days` is negative; 0 gives `start`."""
        step, left, day = (ONE if days > 0 else -ONE), abs(days), start
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def between(self, start: dt.date, end: dt.date) -> int:
        """How many working days lie in (start, end]; negative where `end` is before `start`."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working_day(day) for day in each_day(start + ONE, end))

    def on_or_after(self, day: dt.date) -> dt.date:
        """The day itself if it is a working day, else the next one."""
        while not self.is_working_day(day):
            day += ONE
        return day


def each_day(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every day from the first to the last, both included."""
    for number in range((last - first).days + 1):
        yield first + number * ONE


def load(*, strict: bool = True) -> Calendar:
    """The calendar with the operator's overrides, in one query (some 30 rows a year at most)."""
    return Calendar(dict(Day.objects.values_list("date", "kind")), strict)


def known(year: int) -> bool:
    """Whether the year's notice of holidays and make-up workdays is known, from the library or from rows."""
    return FIRST_YEAR <= year <= LAST_YEAR and (
        _library(year)[2] or Day.objects.filter(date__year=year).exists()
    )


def special_days(year: int) -> list[tuple[dt.date, bool, str, str]]:
    """(day, whether it is worked, name, source) of each day that is not what its weekday says."""
    import holidays

    off, made_up, _known = _library(year) if FIRST_YEAR <= year <= LAST_YEAR else (set(), set(), False)
    names = holidays.country_holidays("CN", years=range(year - 1, year + 2), language="zh_CN")
    found = {day: (False, names.get(day, ""), "") for day in off} | dict.fromkeys(made_up, (True, "", ""))
    for row in Day.objects.filter(date__year=year):
        found[row.date] = (row.kind == Day.Kind.WORKDAY, row.name, row.source)
    return [(day, *found[day]) for day in sorted(found)]


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on this day. Raises CalendarMissing."""
    return load().is_working_day(day)


def add_working_days(day: dt.date, n: int) -> dt.date:
    """The n-th working day after `day` (before it, where n is negative). Raises CalendarMissing."""
    return load().add(day, n)


def working_days_between(a: dt.date, b: dt.date) -> int:
    """How many working days lie in (a, b]; negative where b is before a. Raises CalendarMissing."""
    return load().between(a, b)
