"""Two free periods side by side, times per step from the ledger's events, and who counted by item."""

from __future__ import annotations

import csv
import datetime as dt
import statistics
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from ledger import services as ledger
from ledger.models import Event

from complaints import access
from complaints.desk import figures
from complaints.desk import figures_periods as periods
from complaints.intake.models import Tip

DAY = dt.date(2026, 3, 2)
ONE, OTHER = (
    periods.Period(DAY, dt.date(2026, 4, 30)),
    periods.Period(dt.date(2025, 3, 2), dt.date(2025, 6, 1)),
)
ASKED = {
    "first": "2026-03-02",
    "last": "2026-04-30",
    "other_first": "2025-03-02",
    "other_last": "2025-06-01",
}


def event(tip: Tip, day: dt.date, kind: str = "state", **details: str) -> None:
    at = dt.datetime.combine(day, dt.time(4), dt.UTC)
    with transaction.atomic():
        ledger.record(kind=kind, actor="user:1", tag=bytes(tip.tag), at=at, details=details)


def received(tip: Tip, day: dt.date) -> Tip:
    Tip.objects.filter(pk=tip.pk).update(received_on=day)
    return tip


def step(tip: Tip, day: dt.date, source: str, target: str) -> None:
    event(tip, day, **{"from": source, "to": target})


def test_times_per_step_are_those_of_the_events(desk: Any) -> None:
    took = [0, 1, 1, 4, 30]
    tips = [received(desk.tip(f"{n}"), DAY) for n in range(len(took))]
    for tip, days in zip(tips, took, strict=True):
        step(tip, DAY + dt.timedelta(days=days), "submitted", "screening")
    step(tips[4], dt.date(2026, 4, 30), "screening", "accepted")  # on the last day, after 29 days
    step(tips[3], dt.date(2026, 5, 1), "screening", "accepted")  # the day after
    away = received(desk.tip("市里", region="town"), DAY)
    step(away, DAY, "submitted", "screening")
    came = received(desk.tip("转来"), dt.date(2025, 1, 2))
    event(came, dt.date(2025, 3, 1), "transferred")
    step(came, dt.date(2025, 3, 2), "submitted", "screening")  # counted from when it came
    mine = access.tips_for(desk.users["auditor"])
    table = periods.steps(mine, ONE)
    assert [row[1:] for row in table.rows] == [[5, 1, 30], [1, 29, 29]]
    assert [row[1:] for row in periods.steps(mine, OTHER).rows] == [[1, 1, 1]]
    assert table.rows[0][0] == "已提交 → 审核中"
    assert table.rows[0][2] == statistics.median_low(took)


@pytest.mark.once
@pytest.mark.parametrize(
    ("days", "want"),
    [({}, (0, 0, 0)), ({7: 1}, (1, 7, 7)), ({1: 9, 5: 1}, (10, 1, 1)), ({1: 8, 5: 2}, (10, 1, 5)),
     ({3: 1, 2: 1}, (2, 2, 3)), ({0: 50, 9: 40, 99: 10}, (100, 0, 9))],
)  # fmt: skip
def test_ranks(days: dict[int, int], want: tuple[int, int, int]) -> None:
    assert periods.spread(days) == want


def test_two_periods_on_the_page_and_in_the_csv(desk: Any) -> None:
    for n, day in enumerate(("2026-03-01", "2026-03-02", "2026-04-30", "2026-05-01", "2025-06-01")):
        received(desk.tip(f"{n}", category="penalty" if n == 2 else "fees"), dt.date.fromisoformat(day))
    received(desk.tip("市里", region="town"), DAY)
    client = desk.client("auditor", unlocked=False)
    page = client.get("/desk/stats/", ASKED)
    assert page.status_code == 200
    assert "按类别比较" in page.text
    assert "first=2026-03-02&amp;last=2026-04-30" in page.text, "the CSV is of the same periods"
    table = client.get("/desk/stats/table.csv", ASKED).content.decode("utf-8-sig")
    rows = list(csv.reader(table.splitlines()))
    first = rows.index(["按类别比较"])
    assert rows[first + 2 : first + 4] == [["乱收费", "1", "1", "0"], ["处罚不公", "1", "0", "1"]]
    assert "云泽市纪委监委" not in table
    with CaptureQueriesContext(connection) as few:
        client.get("/desk/stats/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/desk/stats/", ASKED)
    assert len(asked) - len(few) == 6, "one for what came, three for names, one a period for the steps"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"last": "2026-03-01"}, "结束的日子不能在开始之前"), ({"last": "2029-03-02"}, "一段最多三年"),
     ({"last": ""}, "请写一个日子"), ({"other_last": "x\0"}, "请写成 2026-01-31 这样的日期")],
)  # fmt: skip
def test_periods_that_cannot_be(desk: Any, wrong: dict[str, str], words: str) -> None:
    client = desk.client("auditor", unlocked=False)
    page = client.get("/desk/stats/", {**ASKED, **wrong})
    assert page.status_code == 200
    assert words in page.text
    assert "按类别比较" not in page.text
    assert "按类别比较" not in client.get("/desk/stats/table.csv", {**ASKED, **wrong}).content.decode()


def test_counting_by_item_is_told_to_the_auditor(desk: Any) -> None:
    desk.tip()
    client, actor = desk.client("triage"), f"user:{desk.users['triage'].pk}"
    for path in ("/desk/stats/", "/desk/stats/", "/desk/stats/table.csv", "/desk/stats/table.csv"):
        assert client.get(path).status_code == 200
    desk.client("handler", unlocked=False).get("/desk/stats/")
    told = Event.objects.filter(kind="counted")
    assert sorted(e.details["as"] for e in told) == ["csv", "csv", "page"], "a page once a day, each table"
    assert {e.actor for e in told} == {actor}
    page = desk.client("auditor", unlocked=False).get("/desk/audit/", {"group": "searched"})
    assert page.text.count("按来源事项统计") == 3


def test_a_long_name_over_a_bar_is_cut_and_its_table_has_it_all() -> None:
    table = figures.Table(
        "item", "事项", ["事项", "件"], [["对擅自占用城市道路摆卖物品的处罚决定", 3], ["a" * 34, 1]]
    )
    assert [bar[0] for bar in table.bars] == ["对擅自占用城市道路摆卖物品的处罚…", "a" * 34]
    assert table.rows[0][0].endswith("决定")
