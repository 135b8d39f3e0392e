"""The matrix: who published what when, what is due, late, exempt, or not asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from workdays import clock

from cms.models import Exemption, NoticeType, Obligation
from cms.publishing.openness import containing, end_of, loose_row, period_of, row_of
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
TODAY = dt.date(2026, 8, 15)


@pytest.fixture(autouse=True)
def summer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)


def rule(**fields: Any) -> Obligation:
    given = {
        "organisation": making.organisation(),
        "notice_type": NoticeType.objects.get(code="village-accounts"),
        "begins_on": dt.date(2026, 1, 1),
    }
    return Obligation.objects.create(**given | fields)


def notice(title: str, day: dt.date, **fields: Any) -> Any:
    given = {
        "organisation": making.organisation(),
        "notice_type": NoticeType.objects.get(code="village-accounts"),
    }
    return making.notice(title, date=day, **given | fields)


def states(row: list[Any]) -> str:
    """One letter a month: p published, l late, d due, f future, e exempt, n none."""
    return "".join(cell.state[0] for cell in row)


@pytest.mark.parametrize(
    ("every", "month", "period", "end"),
    [
        ("month", 2, "2028-02", dt.date(2028, 2, 29)),
        ("quarter", 3, "2028-Q1", dt.date(2028, 3, 31)),
        ("quarter", 4, "", None),
        ("year", 12, "2028", dt.date(2028, 12, 31)),
        ("year", 6, "", None),
    ],
)
def test_periods(every: str, month: int, period: str, end: dt.date | None) -> None:
    assert period_of(every, month, 2028) == period
    if end:
        assert end_of(period) == end
        assert containing(every, end) == period


def test_a_month_a_cell() -> None:
    monthly = rule(days=10)
    notices = [
        notice("一月", dt.date(2026, 2, 8), period="2026-01"),
        notice("二月，晚了", dt.date(2026, 3, 15), period="2026-02"),
        notice("没写期间：三月的", dt.date(2026, 4, 9)),
        notice("没写期间：当月的", dt.date(2026, 5, 20)),
    ]
    monthly.exemptions.add(Exemption(period="2026-04", reason="账目移交"))
    monthly.save()
    row = row_of(monthly, notices, 2026)
    # June: due on 10 July, so late; July: due on 10 August, late by five days; August runs.
    assert states(row) == "pppepllfffff"
    assert [cell.days for cell in row[:3]] == [0, 5, 0]
    assert (row[6].days, row[3].reason) == (5, "账目移交")


def test_due_soon_and_working_days() -> None:
    slow = rule(days=15, unit="workday")
    row = row_of(slow, [], 2026)
    # 15 working days after Friday 31 July: Friday 21 August.
    assert (row[6].state, row[6].due, row[6].days) == ("due", dt.date(2026, 8, 21), 6)


def test_quarters_and_years_stand_where_they_end() -> None:
    quarterly = rule(every="quarter", days=20)
    row = row_of(quarterly, [notice("二季度", dt.date(2026, 7, 30), period="2026-Q2")], 2026)
    assert states(row) == "nnlnnpnnfnnf"
    assert row[5].days == 10
    yearly = rule(every="year", begins_on=dt.date(2025, 1, 1))
    assert states(row_of(yearly, [], 2026)) == "nnnnnnnnnnnf"


def test_rules_begin_and_end() -> None:
    short = rule(begins_on=dt.date(2026, 3, 10), ends_on=dt.date(2026, 5, 31))
    assert states(row_of(short, [], 2026)) == "nnlllnnnnnnn"


def test_what_nobody_asked_for_stands_by_its_date() -> None:
    row = loose_row([notice("随手公开", dt.date(2026, 6, 3)), notice("去年的", dt.date(2025, 6, 3))], 2026)
    assert states(row) == "nnnnnpnnnnnn"


def test_the_page(client: Any) -> None:
    rule()
    made = notice("一月收支", dt.date(2026, 2, 8), period="2026-01")
    hidden = notice("还没公布的二月收支", dt.date(2026, 3, 8), period="2026-02", live=False)
    body = client.get("/notices/matrix/?year=2026").content.decode()
    assert made.get_absolute_url() in body
    assert hidden.title not in body
    assert "已超 158 天" in body  # February's, due on 10 March
    assert "村级财务收支" not in client.get("/notices/matrix/?year=2026&sphere=party").content.decode()
    assert client.get("/en/notices/matrix/?year=2026&organisation=9901-CG").status_code == 200
    for odd in ("?year=x", "?year=9999", "?sphere=x", "?organisation=%00", "?organisation=none", "?page=99"):
        assert client.get(f"/notices/matrix/{odd}").status_code in (200, 404)


def test_an_organisation_that_is_not_public_is_no_row(client: Any) -> None:
    owner = making.organisation("9901-ZZ", "紫貂办公室")
    rule(organisation=owner)
    assert "紫貂办公室" in client.get("/notices/matrix/?year=2026").content.decode()
    owner.unpublish()
    assert "紫貂办公室" not in client.get("/notices/matrix/?year=2026").content.decode()


def test_rows_cost_no_query_each(client: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        rule(organisation=making.organisation(f"9901-{number}", f"第{number}村"))
    with django_assert_max_num_queries(30):
        client.get("/notices/matrix/?year=2026")
