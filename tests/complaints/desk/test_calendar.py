"""An administrator of the highest office corrects the calendar and versions the rules; deadlines follow."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from ledger.models import Event
from workdays import calendar, clock, rules
from workdays.models import Day, Rule

PATH = "/desk/members/calendar/"


def day(**changed: str) -> dict[str, str]:
    given = {"part": "day", "date": "", "kind": "holiday", "name": "演示假", "source": "演示通知"}
    return given | changed


def rule(**changed: str) -> dict[str, str]:
    given = {"part": "rule", "code": "ack_named", "value": "10", "unit": "workday", "mark": "V"}
    return given | {"since": str(clock.today()), "source": "演示修订"} | changed


def test_a_new_holiday_recomputes_and_says_so(desk: Any, run_outbox: Any) -> None:
    tip = desk.tip(identity=None)
    start = clock.today()
    due = rules.deadline("disposal_opinion", start, strict=False).due
    type(tip).objects.filter(pk=tip.pk).update(due_on=due, due_rule="disposal_opinion", state="submitted")
    client = desk.client("chief")
    answer = client.post(PATH, day(date=str(due)))
    assert answer.status_code == 303
    assert Day.objects.get(date=due).source == "演示通知"
    assert "马上重新计算" in client.get(PATH).text
    run_outbox()
    tip.refresh_from_db()
    assert tip.due_on == rules.deadline("disposal_opinion", start, strict=False).due > due
    assert Event.objects.filter(kind="recomputed", tag=bytes(tip.tag)).count() == 1
    assert "今天有 1 件的期限" in client.get(PATH).text
    client.post(PATH, day(date=str(due), kind="remove"))
    run_outbox()
    tip.refresh_from_db()
    assert tip.due_on == due
    assert not Day.objects.exists()


def test_a_make_up_day_is_worked(desk: Any) -> None:
    saturday = dt.date(2027, 5, 8)
    assert not calendar.load(strict=False).is_working_day(saturday)
    desk.client("chief").post(PATH, day(date=str(saturday), kind="workday"))
    assert calendar.load(strict=False).is_working_day(saturday)


def test_a_rule_gets_a_new_version_and_the_old_one_stays(desk: Any) -> None:
    client = desk.client("chief")
    assert client.post(PATH, rule()).status_code == 303
    new = Rule.objects.get(code="ack_named", version=2)
    assert (new.value, new.source, new.since) == (10, "演示修订", clock.today())
    assert rules.at("ack_named", clock.today() - dt.timedelta(days=1)).version == 1
    assert rules.at("ack_named", clock.today()).version == 2
    assert "演示修订" in client.get(PATH).text
    assert Event.objects.filter(kind="account", details__act="rule").count() == 1


def test_the_auditor_reads_what_was_changed(desk: Any) -> None:
    client = desk.client("chief")
    client.post(PATH, rule())
    client.post(PATH, day(date="2027-05-08", kind="workday"))
    desk.member("watcher", "auditor", desk.city)
    page = desk.client("watcher").get("/desk/audit/?group=keys")
    assert "改期限规则" in page.text
    assert "改工作日历" in page.text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (day(date="2027-02-30"), "请写成 2027-10-01"),
        (day(date="1999-01-01"), "日历从 2008 年"),
        (day(date="2027-01-01", source=" "), "请写明出处"),
        (day(date="2027-01-01", kind="party"), "请从列表里选一项"),
        (rule(value="0"), "至少是 1"),
        (rule(value="1200"), "期限要在 1 至 1000 之间"),  # a rule that never ends
        (rule(code="none"), "请从列表里选一项"),
        (rule(source=""), "请写明出处"),
        ({"part": "other"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_kept(desk: Any, sent: dict[str, str], sentence: str) -> None:
    answer = desk.client("chief").post(PATH, sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Day.objects.exists()
    assert Rule.objects.filter(version=2).count() == 0
    if sent.get("name"):
        assert "演示假" in answer.text


def test_a_lower_office_reads_only(desk: Any) -> None:
    client = desk.client("head")
    page = client.get(PATH)
    assert page.status_code == 200
    assert 'name="part"' not in page.text
    assert client.post(PATH, day(date="2027-01-04")).status_code == 409
    assert not Day.objects.exists()
