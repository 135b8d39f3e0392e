"""Levels around a deadline."""

import datetime as dt

import pytest
from django.utils import translation
from workdays import rules, warnings
from workdays.models import Rule

D = dt.date


@pytest.mark.parametrize(("due", "today", "level"), [
    (None, D(2026, 3, 2), 0),
    (D(2026, 3, 5), D(2026, 3, 3), 0),
    (D(2026, 3, 5), D(2026, 3, 4), 1),
    (D(2026, 3, 5), D(2026, 3, 5), 2),
    (D(2026, 3, 5), D(2026, 3, 6), 3),
    (D(2026, 3, 9), D(2026, 3, 6), 1),  # due on Monday: Friday is the working day before
    (D(2026, 3, 9), D(2026, 3, 8), 1),
    (D(2026, 10, 8), D(2026, 9, 30), 1),  # the whole of 国庆 lies between
    (D(2026, 10, 8), D(2026, 9, 29), 0),
    (D(2050, 3, 7), D(2050, 3, 1), 0),  # no calendar: no error either
])  # fmt: skip
def test_level(db, due, today, level):
    assert warnings.level(due, today) == level


def test_a_list_takes_one_query(db, django_assert_num_queries):
    dues = [D(2026, 3, day) for day in range(1, 20)] + [None]
    with django_assert_num_queries(1):
        found = warnings.levels(dues, D(2026, 3, 10))
    assert found == [warnings.level(due, D(2026, 3, 10)) for due in dues]
    assert set(found) == {0, 1, 2, 3}


def test_labels():
    with translation.override("zh-hans"):
        assert [warnings.label(n) for n in range(4)] == ["", "提示", "黄色预警", "红色预警"]


NEW_YEAR = D(2026, 1, 1)


def set_to(code: str, value: int, since: D = NEW_YEAR) -> None:
    rules.revise(code=code, value=value, unit="workday", source="某市规定", mark="P", since=since)


def test_two_rules_say_how_many_days(db):
    rules.install_defaults()
    assert warnings.load(D(2026, 3, 2)) == warnings.Scale(2, 1)
    set_to(rules.YELLOW, 3, D(2026, 3, 3))
    set_to(rules.PROMPT, 5, D(2026, 3, 3))
    assert warnings.load(D(2026, 3, 2)) == warnings.Scale(2, 1), "not before its day"
    scale = warnings.load(D(2026, 3, 3))
    days = [D(2026, 3, n) for n in (2, 3, 4, 6, 7, 9, 10, 11)]  # due on Tuesday the 10th
    assert [warnings.level(D(2026, 3, 10), day, scale=scale) for day in days] == [0, 0, 1, 2, 2, 2, 2, 3]


def test_long_before_it_is_due(db):
    rules.install_defaults()
    set_to(rules.PROMPT, 60)
    scale = warnings.load(D(2026, 10, 1))
    assert warnings.level(D(2026, 12, 24), D(2026, 10, 1), scale=scale) == 1


def test_switched_off(db):
    rules.install_defaults()
    Rule.objects.filter(code=rules.YELLOW).update(active=False)
    scale = warnings.load(D(2026, 3, 3))
    assert [warnings.level(D(2026, 3, 5), D(2026, 3, n), scale=scale) for n in (3, 4, 5, 6)] == [0, 1, 1, 3]


@pytest.mark.parametrize(("value", "unit"), [(61, "workday"), (5, "day"), (1, "month"), (0, "workday")])
def test_what_cannot_be_warned_of(db, value, unit):
    rules.install_defaults()
    with pytest.raises(rules.BadRule):
        rules.revise(
            code=rules.PROMPT, value=value, unit=unit, source="某市规定", mark="P", since=D(2026, 1, 1)
        )


def test_a_site_without_the_rules_warns_as_before(db):
    assert warnings.load(D(2026, 3, 3)) == warnings.Scale()
