"""Deadlines by rule: how each unit is counted, and how it explains itself in both languages."""

import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from workdays import calendar, rules
from workdays.models import Rule

D = dt.date


@pytest.fixture(autouse=True)
def defaults(db):
    rules.install_defaults()


@pytest.mark.parametrize(("code", "start", "due"), [
    ("ack_named", D(2026, 3, 2), D(2026, 3, 23)),
    ("ack_named", D(2026, 9, 21), D(2026, 10, 19)),  # over 中秋 and 国庆, with a make-up Saturday
    ("send_up", D(2026, 2, 13), D(2026, 2, 27)),  # the 14th is a make-up workday, then nine days off
    ("send_up", D(2026, 3, 7), D(2026, 3, 13)),  # begun on a Saturday: Monday is the first day
    ("disposal_opinion", D(2026, 1, 30), D(2026, 2, 28)),  # no 30th: the month's last day, made up for
    ("disposal_opinion", D(2026, 3, 16), D(2026, 4, 16)),
    ("disposal_opinion", D(2026, 9, 1), D(2026, 10, 8)),  # the 1st is a holiday: the day after it ends
    ("talk_inquiry", D(2026, 3, 2), D(2026, 4, 1)),
    ("petition_accept", D(2026, 4, 19), D(2026, 5, 6)),  # 4 May is off until the 5th
    ("quarterly_return", D(2026, 2, 10), D(2026, 3, 31)),
    ("quarterly_return", D(2025, 12, 31), D(2025, 12, 31)),
])  # fmt: skip
def test_it_is_due(code, start, due):
    assert rules.deadline(code, start).due == due


def test_moved_is_told():
    assert rules.deadline("disposal_opinion", D(2026, 9, 1)).moved
    assert not rules.deadline("disposal_opinion", D(2026, 3, 16)).moved
    assert not rules.deadline("ack_named", D(2026, 9, 21)).moved


def test_the_explanation_has_rule_dates_and_source():
    with translation.override("zh-hans"):
        text = rules.deadline("disposal_opinion", D(2026, 9, 1)).explanation
    for part in ("提出处置意见", "2026年9月1日", "2026年10月8日", "1 个月", "第二百零三条", "据转述", "依据"):
        assert part in text
    with translation.override("zh-hans"):
        text = rules.deadline("ack_named", D(2026, 3, 2)).explanation
    assert "15 个工作日" in text
    assert "顺延" not in text


def test_the_explanation_in_english_is_english():
    with translation.override("en"):
        found = rules.deadline("ack_named", D(2026, 3, 2))
        assert found.explanation.startswith("Tell a named reporter")


def test_a_year_that_is_not_announced():
    with pytest.raises(calendar.CalendarMissing):
        rules.deadline("ack_named", D(2049, 12, 20))
    found = rules.deadline("ack_named", D(2049, 12, 20), strict=False)
    assert found.guessed == {2049, 2050}
    with translation.override("zh-hans"):
        assert "2049、2050 年放假安排尚未录入" in found.explanation


def test_an_unknown_rule():
    with pytest.raises(rules.UnknownRule):
        rules.deadline("none", D(2026, 1, 1))


def test_a_new_version_counts_and_an_old_deadline_keeps_its_own():
    old = rules.deadline("send_up", D(2026, 3, 2))
    Rule.objects.create(code="send_up", version=2, name="新", value=3, unit="workday", source="x", mark="P")
    new = rules.deadline("send_up", D(2026, 3, 2))
    assert (old.due, new.due) == (D(2026, 3, 9), D(2026, 3, 5))
    assert rules.deadline_by(old.rule, D(2026, 3, 2), calendar.load()).due == old.due
    Rule.objects.filter(code="send_up", version=2).update(active=False)
    assert rules.deadline("send_up", D(2026, 3, 2)).due == old.due


def test_defaults_are_installed_once_and_changes_stay():
    assert rules.install_defaults() == 0
    Rule.objects.filter(code="ack_named").update(value=10)
    rules.install_defaults()
    assert Rule.objects.get(code="ack_named").value == 10


@given(st.dates(D(2000, 1, 1), D(2090, 1, 1)), st.integers(0, 60))
def test_months(start, n):
    end = rules.add_months(start, n)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == n
    assert end.day == start.day or (end.day < start.day and (end + dt.timedelta(days=1)).day == 1)
