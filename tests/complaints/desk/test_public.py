"""Numbers for the public: nothing small, nothing that a subtraction gives away, released by an editor."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger.models import Event

from complaints.desk import public
from complaints.desk.models import PublicFigures
from complaints.intake.models import Tip

TODAY = dt.date(2026, 11, 20)
FIRST, LAST = dt.date(2026, 7, 1), dt.date(2026, 9, 30)
OTHER = {"zh-hans": "其余", "en": "Others"}


def rows(*numbers: int) -> list[public.Row]:
    return [({"zh-hans": f"第 {i} 类", "en": f"No. {i}"}, n) for i, n in enumerate(numbers)]


def shown(*numbers: int) -> list[int]:
    return [n for _names, n in public.merged(rows(*numbers), together=OTHER)]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((30, 12, 7), [30, 12, 7]),
        ((30, 12, 3), [30, 15]),  # 3 alone would be total minus the others
        ((30, 3, 1), [34]),  # 4 together are still too few
        ((30, 4, 4), [30, 8]),
        ((30, 0, 7), [30, 7]),
        ((1, 1, 1), []),
        ((4,), []),
        ((5,), [5]),
        ((), []),
    ],
)
def test_small_numbers_are_put_together(numbers: tuple[int, ...], expected: list[int]) -> None:
    assert shown(*numbers) == expected


@given(st.lists(st.integers(0, 40), max_size=7))
def test_no_small_number_can_be_computed(numbers: list[int]) -> None:
    """Sums of any rows, and the total minus them, are 0 or at least LEAST; the merged row has two members."""
    found, total = shown(*numbers), sum(numbers)
    if total < public.LEAST:
        assert found == []
        return
    assert sum(found) == total
    for size in range(len(found) + 1):
        for some in itertools.combinations(found, size):
            assert sum(some) == 0 or sum(some) >= public.LEAST
    whole = [n for n in numbers if n]
    small = [n for n in whole if n < public.LEAST]
    if small:
        hidden = len(whole) - (len(found) - 1)
        assert hidden >= 2 or len(whole) == 1


def test_a_quarter_is_counted_once_when_it_has_settled(desk: Any) -> None:
    made = [desk.tip(category="fees") for _ in range(7)] + [desk.tip(category="penalty") for _ in range(3)]
    Tip.objects.update(received_on=dt.date(2026, 8, 15))
    outside = desk.tip()
    Tip.objects.filter(pk=outside.pk).update(received_on=LAST + dt.timedelta(days=1))
    assert public.draft(dt.date(2026, 10, 3)) is None
    row = public.draft(TODAY)
    assert row is not None
    assert (row.first_day, row.last_day, row.data["total"]) == (FIRST, LAST, len(made))
    assert [n for _names, n in row.data["tables"]["category"]] == [10]
    Tip.objects.filter(pk=outside.pk).update(received_on=LAST)  # what comes to light later changes nothing
    assert public.draft(TODAY) is None
    assert PublicFigures.objects.get().data["total"] == len(made)


def test_only_what_is_released_is_shown(desk: Any, client: Any, wagtail_root: Any) -> None:
    for _ in range(6):
        desk.tip()
    Tip.objects.update(received_on=dt.date(2026, 8, 15))
    row = public.draft(TODAY)
    assert row is not None
    assert public.released("zh-hans") == []
    assert public.release(row, by=desk.users["triage"])
    assert not public.release(row, by=desk.users["triage"])
    (period,) = public.released("en")
    assert period["total"] == 6
    assert {table["key"] for table in period["tables"]} == {"category", "region", "state", "named"}
    assert public.withdraw(row, by=desk.users["triage"])
    assert public.released("zh-hans") == []
    acts = [event.details.get("act") for event in Event.objects.filter(kind="account")]
    assert {"figures-released", "figures-withdrawn"} <= set(acts)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (dt.date(2026, 1, 1), dt.date(2025, 10, 1), dt.date(2025, 12, 31)),
        (dt.date(2026, 3, 31), dt.date(2025, 10, 1), dt.date(2025, 12, 31)),
        (dt.date(2026, 4, 1), dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
        (dt.date(2026, 12, 31), FIRST, LAST),
    ],
)
def test_quarters(day: dt.date, first: dt.date, last: dt.date) -> None:
    assert public.quarter_before(day) == (first, last)
