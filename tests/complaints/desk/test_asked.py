"""A reporter whose office is late asks the level above: one event, one task, nothing of what was said."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from ledger.models import Event
from workdays import clock

from complaints.desk.models import Asked
from complaints.intake.models import Tip

VIEW, ASK = "/report/return/view/", "/report/return/ask/"


@pytest.fixture
def late(desk: Any) -> Tip:
    """Accepted at the lake office, and the day for its disposal has passed."""
    tip = desk.tip("绝不外传的标题")
    Tip.objects.filter(pk=tip.pk).update(
        state="accepted", due_rule="disposal_opinion", due_on=clock.today() - dt.timedelta(days=3)
    )
    tip.refresh_from_db()
    return tip


@pytest.fixture
def reporter(desk: Any, late: Tip) -> Client:
    client = Client()
    client.post("/report/return/", {"receipt": desk.receipts[late.number]})
    return client


def test_it_works(desk: Any, late: Tip, reporter: Client, run_outbox: Any) -> None:
    assert "请上一级过问" in reporter.get(VIEW).text
    assert reporter.post(ASK).status_code == 303
    page = reporter.get(VIEW).text
    assert "您请上一级过问" in page
    assert ASK not in page, "once is enough"
    run_outbox()
    run_outbox()
    task = Asked.objects.get()
    assert (task.office, task.below, task.rule, task.due_on) == (
        desk.city,
        desk.lake,
        late.due_rule,
        late.due_on,
    )
    above = desk.client("outsider")  # triage of the city
    shown = above.get("/desk/transfers/").text
    assert late.number in shown
    assert "提出处置意见" in shown
    assert "绝不外传" not in shown
    assert above.get(f"/desk/tips/{late.number}/").status_code == 404, "a task opens no tip"
    assert above.post(f"/desk/transfers/{task.pk}/asked/").status_code == 303
    assert late.number not in above.get("/desk/transfers/").text
    assert "上一级已经过问" in reporter.get(VIEW).text
    assert Event.objects.filter(kind="looked-above").count() == 1
    above.post(f"/desk/transfers/{task.pk}/asked/")
    assert Event.objects.filter(kind="looked-above").count() == 1


def test_twice_is_once(late: Tip, reporter: Client, run_outbox: Any) -> None:
    reporter.post(ASK)
    assert reporter.post(ASK).status_code == 409
    run_outbox()
    assert Event.objects.filter(kind="asked-above").count() == Asked.objects.count() == 1


def test_of_a_reporter_only_the_day_is_kept(late: Tip, reporter: Client) -> None:
    reporter.post(ASK)
    event = Event.objects.get(kind="asked-above")
    assert (event.at, event.actor) == (None, "reporter")


@pytest.mark.parametrize("change", [{"due_on": None}, {"state": "closed"}, {"due_rule": "send_up"}])
def test_who_is_not_late_is_not_asked(late: Tip, reporter: Client, change: dict[str, Any]) -> None:
    Tip.objects.filter(pk=late.pk).update(**change)
    assert ASK not in reporter.get(VIEW).text
    assert reporter.post(ASK).status_code == 409
    assert not Event.objects.filter(kind="asked-above").exists()


def test_due_today_is_not_late(late: Tip, reporter: Client) -> None:
    Tip.objects.filter(pk=late.pk).update(due_on=clock.today())
    assert reporter.post(ASK).status_code == 409


def test_the_highest_office_has_nobody_above(desk: Any, late: Tip) -> None:
    tip = desk.tip(region="town")
    due = {"state": "accepted", "due_rule": late.due_rule, "due_on": late.due_on}
    Tip.objects.filter(pk=tip.pk).update(**due)
    client = Client()
    client.post("/report/return/", {"receipt": desk.receipts[tip.number]})
    assert ASK not in client.get(VIEW).text
    assert client.post(ASK).status_code == 409


def test_only_the_office_that_was_asked_answers(
    desk: Any, late: Tip, reporter: Client, run_outbox: Any
) -> None:
    reporter.post(ASK)
    run_outbox()
    task = Asked.objects.get()
    assert desk.client("triage").post(f"/desk/transfers/{task.pk}/asked/").status_code == 404
    assert Asked.objects.get().done_at is None


def test_without_a_receipt_nothing_happens(late: Tip) -> None:
    Client().post(ASK)
    assert not Event.objects.filter(kind="asked-above").exists()
