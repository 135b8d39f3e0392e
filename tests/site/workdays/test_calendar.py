"""Working days 2024-2026 as the State Council announced them, and counting against a slow count."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from workdays import calendar
from workdays.models import Day

D = dt.date
DAY = dt.timedelta(days=1)

# 国务院办公厅关于2024、2025、2026年部分节假日安排的通知: first and last day off, then the make-up workdays.
HOLIDAYS = {
    2024: [
        ((1, 1), (1, 1)), ((2, 10), (2, 17)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((6, 10), (6, 10)),
        ((9, 15), (9, 17)), ((10, 1), (10, 7)),
    ],
    2025: [
        ((1, 1), (1, 1)), ((1, 28), (2, 4)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((5, 31), (6, 2)),
        ((10, 1), (10, 8)),
    ],
    2026: [
        ((1, 1), (1, 3)), ((2, 15), (2, 23)), ((4, 4), (4, 6)), ((5, 1), (5, 5)), ((6, 19), (6, 21)),
        ((9, 25), (9, 27)), ((10, 1), (10, 7)),
    ],
}  # fmt: skip
MAKE_UP = {
    2024: [(2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12)],
    2025: [(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)],
    2026: [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)],
}


def announced(day):
    """The notice read by hand, without the library."""
    md = (day.month, day.day)
    if md in MAKE_UP[day.year]:
        return True
    off = any(first <= md <= last for first, last in HOLIDAYS[day.year])
    return not off and day.weekday() < 5


@pytest.mark.parametrize("year", sorted(HOLIDAYS))
def test_every_day_is_as_announced(db, year):
    days = calendar.load()
    day, wrong = D(year, 1, 1), []
    while day.year == year:
        if days.is_working_day(day) != announced(day):
            wrong.append(day)
        day += DAY
    assert wrong == []


def test_it_works(db):
    assert calendar.is_working_day(D(2026, 1, 4))  # a Sunday made up for
    assert not calendar.is_working_day(D(2026, 1, 2))  # a Friday off
    assert calendar.add_working_days(D(2026, 9, 30), 1) == D(2026, 10, 8)
    assert calendar.add_working_days(D(2026, 10, 9), 1) == D(2026, 10, 10)  # a Saturday
    assert calendar.working_days_between(D(2026, 9, 30), D(2026, 10, 10)) == 3


def test_an_unknown_year_is_missing(db):
    for ask in (
        lambda: calendar.is_working_day(D(2050, 1, 5)),
        lambda: calendar.add_working_days(D(2049, 12, 31), 3),
        lambda: calendar.is_working_day(D(2007, 1, 5)),
        lambda: calendar.is_working_day(D(2200, 1, 5)),
    ):
        with pytest.raises(calendar.CalendarMissing):
            ask()


def test_an_unknown_year_can_be_guessed_and_says_so(db):
    days = calendar.load(strict=False)
    assert days.is_working_day(D(2050, 1, 5))
    assert not days.is_working_day(D(2050, 10, 3))  # a statutory holiday needs no notice
    assert not days.is_working_day(D(2050, 1, 8))
    assert days.guessed == {2050}


def test_rows_make_a_year_known_and_overrule_the_library(db):
    Day.objects.create(date=D(2050, 1, 3), kind=Day.Kind.HOLIDAY, source="测试")
    assert not calendar.is_working_day(D(2050, 1, 3))
    assert calendar.is_working_day(D(2050, 1, 4))
    Day.objects.create(date=D(2026, 3, 3), kind=Day.Kind.HOLIDAY)
    Day.objects.create(date=D(2026, 3, 7), kind=Day.Kind.WORKDAY)
    assert not calendar.is_working_day(D(2026, 3, 3))
    assert calendar.is_working_day(D(2026, 3, 7))
    assert calendar.working_days_between(D(2026, 3, 1), D(2026, 3, 7)) == 5


def test_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        calendar.add_working_days(D(2026, 1, 1), 100)


dates = st.dates(D(2024, 6, 1), D(2026, 6, 30))


class CountingTest(TestCase):
    """Against a count that walks day by day through the notices above."""

    @settings(max_examples=150, deadline=None)
    @given(dates, st.integers(0, 60))
    def test_adding(self, start, n):
        day, left = start, n
        while left:
            day += DAY
            if announced(day):
                left -= 1
        assert calendar.add_working_days(start, n) == day

    @settings(max_examples=150, deadline=None)
    @given(dates, st.integers(1, 60))
    def test_taking_away(self, start, n):
        day, left = start, n
        while left:
            day -= DAY
            if announced(day):
                left -= 1
        assert calendar.add_working_days(start, -n) == day

    @settings(max_examples=150, deadline=None)
    @given(dates, dates)
    def test_between(self, a, b):
        low, high = min(a, b), max(a, b)
        slow = sum(announced(low + i * DAY) for i in range(1, (high - low).days + 1))
        assert calendar.working_days_between(a, b) == (slow if a <= b else -slow)

    @settings(max_examples=80, deadline=None)
    @given(dates, st.integers(0, 60))
    def test_what_is_added_lies_between(self, start, n):
        assert calendar.working_days_between(start, calendar.add_working_days(start, n)) == n
