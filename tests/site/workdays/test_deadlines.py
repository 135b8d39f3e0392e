"""Deadlines around the holidays of 2024 to 2026, by a table and by a slow count, with pauses.

deadlines.csv was counted day by day from the State Council's notices as typed off in test_calendar (not from
the library that the code uses); about thirty of its rows were then counted again with a paper calendar.
"""

from __future__ import annotations

import calendar as months
import csv
import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from workdays import calendar, rules
from workdays.models import Day, Rule

from tests.site.workdays.test_calendar import announced

D = dt.date
ONE = dt.timedelta(days=1)
TABLE = Path(__file__).with_name("deadlines.csv")


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spans(text: str) -> list[rules.Pause]:
    pairs = [part.split("/") for part in text.split()]
    return [(D.fromisoformat(a), D.fromisoformat(b)) for a, b in pairs]


def rule(unit: str, value: int) -> Rule:
    return Rule(code="x", name="规则", value=value, unit=unit, source="来源", mark="V")


def slow(unit: str, value: int, start: D, pauses: list[rules.Pause]) -> D:
    """Day by day, with nothing of the code it checks."""

    def stands(day: D) -> bool:
        return any(a <= day < b for a, b in pauses)

    day, left = start, value
    if unit == "month":
        for _ in range(value):
            day = (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        day = day.replace(day=min(start.day, months.monthrange(day.year, day.month)[1]))
        left = sum(stands(start + n * ONE) for n in range(1, (day - start).days + 1))
    while left:
        day += ONE
        if not stands(day) and (unit != "workday" or announced(day)):
            left -= 1
    while unit != "workday" and not announced(day):
        day += ONE
    return day


def test_there_are_two_hundred_cases_of_each_kind() -> None:
    table = rows()
    assert len(table) >= 200
    topics = {row["topic"] for row in table}
    assert {"National Day", "Spring Festival", "month end", "pause", "on a make-up workday"} <= topics
    assert {row["start"][:4] for row in table} == {"2024", "2025", "2026"}


def test_every_case_of_the_table(db: None) -> None:
    days, wrong = calendar.load(), []
    for row in rows():
        found = rules.deadline_by(
            rule(row["unit"], int(row["value"])), D.fromisoformat(row["start"]), days, spans(row["pauses"])
        )
        if found.due.isoformat() != row["due"]:
            wrong.append((row, found.due))
    assert wrong == []


starts = st.dates(D(2024, 1, 2), D(2025, 12, 31))
pauses = st.lists(st.tuples(st.integers(-5, 60), st.integers(0, 20)), max_size=3)


class Slow(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(
        start=starts,
        unit=st.sampled_from(["workday", "day", "month"]),
        value=st.integers(1, 40),
        given=pauses,
    )
    def test_equal_to_the_count_of_days(self, start, unit, value, given):  # type: ignore[no-untyped-def]
        value = min(value, 3) if unit == "month" else value
        stood = [(start + a * ONE, start + (a + n) * ONE) for a, n in given]
        found = rules.deadline_by(rule(unit, value), start, calendar.load(), stood)
        assert found.due == slow(unit, value, start, stood)


def test_the_sentence_names_the_pauses(db: None) -> None:
    stood = [(D(2026, 3, 9), D(2026, 3, 12))]
    found = rules.deadline_by(rule("workday", 5), D(2026, 3, 5), calendar.load(), stood)
    assert "2026年3月9日 至 2026年3月11日 停止计算" in found.explanation
    assert "来源" in found.explanation


@pytest.mark.parametrize(
    ("unit", "value"), [("workday", 10**9), ("day", 10**9), ("month", 10**6), ("quarter", 999)]
)
def test_a_rule_that_never_ends_is_none(db: None, unit: str, value: int) -> None:
    with pytest.raises(rules.NeverEnds):
        rules.deadline_by(rule(unit, value), D(2026, 3, 5), calendar.load(strict=False))


def test_a_pause_that_never_ends_is_no_day_of_any_calendar(db: None) -> None:
    with pytest.raises(rules.NeverEnds):
        rules.deadline_by(
            rule("workday", 5), D(2026, 3, 5), calendar.load(strict=False), [(D(2026, 3, 6), D.max)]
        )


def test_a_report_is_taken_under_a_rule_that_never_ends(db: None) -> None:
    rules.install_defaults()
    Rule.objects.filter(code="ack_named").update(value=10**9)
    with pytest.raises(rules.UnknownRule):
        rules.deadline("ack_named", D(2026, 3, 5), strict=False)


def test_a_year_without_a_notice_is_said_plainly(db: None) -> None:
    assert calendar.known(2026)
    assert not calendar.known(2031)
    found = rules.deadline_by(rule("workday", 5), D(2031, 3, 5), calendar.load(strict=False))
    assert "2031 年放假安排尚未录入" in found.explanation
    Day.objects.create(date=D(2031, 10, 1), kind=Day.Kind.HOLIDAY, name="国庆节", source="通知")
    assert calendar.known(2031)
    assert (D(2031, 10, 1), False, "国庆节", "通知") in calendar.special_days(2031)


def test_a_new_version_counts_from_its_day_and_not_before(db: None) -> None:
    rules.install_defaults()
    made = rules.revise(
        code="ack_named", value=10, unit="workday", source="新规", mark="V", since=D(2026, 6, 1)
    )
    assert made.version == 2
    assert rules.at("ack_named", D(2026, 5, 31)).value == 15
    assert rules.at("ack_named", D(2026, 6, 1)).value == 10


@pytest.mark.parametrize(
    "change",
    [{"value": 0}, {"value": 10**6}, {"unit": "year"}, {"source": " "}, {"mark": "X"}],
)
def test_a_version_that_may_not_be(db: None, change: dict[str, object]) -> None:
    rules.install_defaults()
    given = {"value": 5, "unit": "workday", "source": "新规", "mark": "V", **change}
    with pytest.raises(rules.BadRule):
        rules.revise(code="ack_named", since=D(2026, 6, 1), **given)  # type: ignore[arg-type]
    assert Rule.objects.filter(code="ack_named").count() == 1


def test_a_version_before_the_present_one_or_of_no_rule(db: None) -> None:
    rules.install_defaults()
    given = {"value": 5, "unit": "workday", "source": "新规", "mark": "V"}
    rules.revise(code="ack_named", since=D(2026, 6, 1), **given)  # type: ignore[arg-type]
    with pytest.raises(rules.BadRule):
        rules.revise(code="ack_named", since=D(2026, 5, 1), **given)  # type: ignore[arg-type]
    with pytest.raises(rules.UnknownRule):
        rules.revise(code="none", since=D(2026, 5, 1), **given)  # type: ignore[arg-type]


def test_a_day_is_entered_by_hand(db: None) -> None:
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError):
        call_command("calendar_day", "2031-10-01", "holiday")
    call_command("calendar_day", "2031-10-01", "holiday", source="通知", verbosity=0)
    assert not calendar.is_working_day(D(2031, 10, 1))
    call_command("calendar_day", "2031-10-01", "remove")
    assert not Day.objects.exists()
