"""Levels around a deadline."""

import datetime as dt

import pytest
from django.utils import translation
from workdays import warnings

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
