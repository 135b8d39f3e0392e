"""What two persons decide; objections; holds; the clock that stands; warnings; a calendar that changes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from ledger.models import Event
from outbox.services import run_due
from workdays import clock, rules
from workdays.models import Day

from complaints.desk import deadlines, deciding, services
from complaints.desk.models import Pause, Proposal, Warning
from complaints.intake.models import State, Tip
from tests.complaints.desk.test_work import agree, post, state


def disposing(desk: Any, tip: Tip) -> None:
    """Through screening and acceptance to a disposal that two persons decided."""
    handler = desk.client("handler")
    for target in ("screening", "accepted"):
        assert state(handler, tip, target).status_code == 303
    assert state(handler, tip, "disposing", disposal="check").status_code == 303
    assert agree(desk.client("approver"), tip).status_code == 303
    tip.refresh_from_db()


def proposed(desk: Any, tip: Tip, who: str = "handler", kind: str = "disposal") -> Proposal:
    given = desk.open(who, tip)
    return deciding.propose(
        tip=tip,
        user=given["user"],
        keys=given["keys"],
        kind=kind,
        choice="talk" if kind == "disposal" else "",
        reason="写明的理由",
        review="三月二日集体研究，五人同意。",
        revision=tip.revision,
    )


def accepted(desk: Any) -> Tip:
    tip = desk.tip()
    Tip.objects.filter(pk=tip.pk).update(state=State.ACCEPTED)
    return Tip.objects.select_related("office").get(pk=tip.pk)


def test_a_disposal_takes_two_and_keeps_its_record(desk: Any) -> None:
    tip = accepted(desk)
    row = proposed(desk, tip)
    tip.refresh_from_db()
    assert (tip.state, tip.proposed) == (State.ACCEPTED, True)
    page = desk.client("approver").get(f"/desk/tips/{tip.number}/")
    for words in ("谈话函询", "写明的理由", "三月二日集体研究", "等另一人批准"):
        assert words in page.text
    assert agree(desk.client("approver"), tip).status_code == 303
    row.refresh_from_db()
    tip.refresh_from_db()
    assert (row.answer, row.by, row.answered_by) == ("agreed", desk.users["handler"], desk.users["approver"])
    assert (tip.state, tip.proposed, tip.due_rule) == (State.DISPOSING, False, "talk_inquiry")
    kinds = set(Event.objects.filter(tag=bytes(tip.tag)).values_list("kind", flat=True))
    assert {"proposed", "agreed", "state"} <= kinds


def test_nobody_agrees_to_their_own(desk: Any) -> None:
    tip = accepted(desk)
    row = proposed(desk, tip, who="approver")
    page = agree(desk.client("approver"), tip)
    assert page.status_code == 409
    assert "不能自己批准" in page.text
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=row.pk).update(answered_by=desk.users["approver"])
    tip.refresh_from_db()
    assert tip.state == State.ACCEPTED


def test_somebody_who_just_lost_the_role_decides_nothing(desk: Any, monkeypatch: Any) -> None:
    tip = accepted(desk)
    row = proposed(desk, tip)
    user = desk.users["approver"]
    real = deciding.access.require

    def lost_meanwhile(who: Any, action: str, *, tip: Tip) -> None:
        real(who, action, tip=tip)
        user.memberships.update(ended_at=clock.now())

    monkeypatch.setattr(deciding.access, "require", lost_meanwhile)
    with pytest.raises(PermissionDenied):
        deciding.answer(proposal=row, user=user, agree=True)
    row.refresh_from_db()
    assert row.answer == "open"


def test_the_second_answer_learns_of_the_first(desk: Any) -> None:
    tip = accepted(desk)
    row = proposed(desk, tip)
    desk.member("judge2", "approver")
    assert (
        post(desk.client("approver"), tip, "answer", {"proposal": row.pk, "agree": "no"}).status_code == 303
    )
    page = post(desk.client("judge2"), tip, "answer", {"proposal": row.pk, "agree": "yes"})
    assert page.status_code == 409
    assert "林approver在" in page.text
    tip.refresh_from_db()
    assert (tip.state, tip.proposed) == (State.ACCEPTED, False)


def test_one_open_proposal_of_a_kind(desk: Any) -> None:
    tip = accepted(desk)
    proposed(desk, tip)
    tip.refresh_from_db()
    with pytest.raises(services.Refused):
        proposed(desk, tip)
    page = state(desk.client("handler"), tip, "disposing", disposal="check")
    assert page.status_code == 409


@pytest.mark.parametrize(
    ("kind", "choice", "reason"),
    [
        ("disposal", "nonsense", "理由"),
        ("false-accusation", "", "理由"),  # not yet disposed of
        ("lift-hold", "", "理由"),  # none stands
        ("clear-warning", "999", "理由"),
        ("clear-warning", "x", "理由"),
        ("nonsense", "", "理由"),
    ],
)
def test_proposals_that_make_no_sense(desk: Any, kind: str, choice: str, reason: str) -> None:
    tip = accepted(desk)
    keys = desk.open("handler", tip)["keys"]
    with pytest.raises(services.Refused):
        deciding.propose(
            tip=tip,
            user=desk.users["handler"],
            keys=keys,
            kind=kind,
            choice=choice,
            reason=reason,
            revision=tip.revision,
        )
    assert not Proposal.objects.exists()


def test_a_false_accusation_takes_two_persons_and_a_reason(desk: Any) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    disposing(desk, tip)
    url = {"kind": "false-accusation", "revision": tip.revision}
    assert post(handler, tip, "propose", {**url, "reason": ""}).status_code == 422
    assert post(handler, tip, "propose", {**url, "reason": "事先写好的证据显示有意捏造"}).status_code == 303
    assert agree(handler, tip).status_code == 403
    assert agree(desk.client("approver"), tip).status_code == 303
    row = Proposal.objects.get(kind="false-accusation")
    assert row.by != row.answered_by
    tip.refresh_from_db()
    assert tip.state == State.DISPOSING


def test_a_hold_is_put_by_one_and_lifted_by_two(desk: Any) -> None:
    tip, approver = desk.tip(), desk.client("approver")
    given = {"revision": tip.revision}
    assert post(approver, tip, "hold", {**given, "reason": ""}).status_code == 422
    assert post(desk.client("handler"), tip, "hold", {**given, "reason": "诉讼"}).status_code == 403
    assert post(approver, tip, "hold", {**given, "reason": "诉讼中"}).status_code == 303
    tip.refresh_from_db()
    assert tip.hold
    assert "诉讼中" in approver.get(f"/desk/tips/{tip.number}/").text
    lift = {"kind": "lift-hold", "reason": "已经结案", "revision": tip.revision}
    assert post(desk.client("handler"), tip, "propose", lift).status_code == 303
    assert agree(approver, tip).status_code == 303
    tip.refresh_from_db()
    assert not tip.hold


def test_an_objection_is_for_somebody_who_did_nothing_before(desk: Any) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    disposing(desk, tip)
    assert state(handler, tip, "closed", result="办完了。").status_code == 303
    tip.refresh_from_db()
    assert state(handler, tip, "screening").status_code == 409
    Tip.objects.filter(pk=tip.pk).update(objected=True)
    page = state(handler, tip, "screening")
    assert page.status_code == 409
    assert "由没办过的人接手" in page.text
    desk.member("fresh", "handler")
    other = desk.client("fresh")
    other.get(f"/desk/tips/{tip.number}/")  # to have looked is no act
    assert state(other, tip, "screening").status_code == 303
    tip.refresh_from_db()
    assert (tip.state, tip.objected, tip.assignee) == (State.SCREENING, False, desk.users["fresh"])


def test_an_objection_is_not_claimed_by_an_earlier_handler(desk: Any) -> None:
    tip = desk.tip()
    post(desk.client("triage"), tip, "claim")
    Tip.objects.filter(pk=tip.pk).update(objected=True, assignee=None)
    assert post(desk.client("triage"), tip, "claim").status_code == 409
    assert post(desk.client("handler"), tip, "claim").status_code == 303


def test_no_disposal_goes_around_an_objection(desk: Any) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    disposing(desk, tip)
    assert state(handler, tip, "closed", result="办完了。").status_code == 303
    tip.refresh_from_db()
    row = proposed(desk, tip)  # before the reporter objected
    Tip.objects.filter(pk=tip.pk).update(objected=True)
    page = agree(desk.client("approver"), tip)
    assert page.status_code == 409
    assert "先由没办过这件的人接手" in page.text
    tip.refresh_from_db()
    assert (tip.state, tip.objected) == (State.CLOSED, True)
    answer = {"proposal": row.pk, "agree": "no"}
    assert post(desk.client("approver"), tip, "answer", answer).status_code == 303
    page = state(handler, tip, "disposing", disposal="check", opinion="再核一次")
    assert page.status_code == 409
    assert not Proposal.objects.filter(answer="open").exists()
    assert "先由没办过这件的人接手" in handler.get(f"/desk/tips/{tip.number}/").text


def test_an_objection_is_given_to_nobody_who_worked_on_it(desk: Any) -> None:
    tip = desk.tip()
    disposing(desk, tip)
    assert state(desk.client("handler"), tip, "closed", result="办完了。").status_code == 303
    Tip.objects.filter(pk=tip.pk).update(objected=True)
    desk.member("fresh", "handler")
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    assert desk.users["handler"] not in services.claimants(tip)
    with pytest.raises(services.Refused):
        services.assign(tip=tip, user=desk.users["approver"], to=desk.users["handler"], revision=tip.revision)
    given = {"to": desk.users["fresh"].pk, "revision": tip.revision}
    assert post(desk.client("approver"), tip, "assign", given).status_code == 303
    tip.refresh_from_db()
    assert tip.assignee == desk.users["fresh"]


def test_the_clock_stands_and_goes_on(desk: Any) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    due = tip.due_on
    assert post(handler, tip, "pause", {"revision": tip.revision, "pick": "nonsense"}).status_code == 422
    assert post(handler, tip, "pause", {"revision": tip.revision, "pick": "appraisal"}).status_code == 303
    tip.refresh_from_db()
    assert (tip.due_on, tip.due_rule) == (None, "ack_named")
    page = handler.get(f"/desk/tips/{tip.number}/")
    assert "停止计算：鉴定" in page.text
    Pause.objects.update(began_on=clock.today() - dt.timedelta(days=7))
    Tip.objects.filter(pk=tip.pk).update(received_on=clock.today() - dt.timedelta(days=8))
    tip.refresh_from_db()
    assert post(handler, tip, "pause", {"revision": tip.revision, "go_on": "1"}).status_code == 303
    tip.refresh_from_db()
    begun = rules.deadline("ack_named", tip.received_on, strict=False).due
    assert tip.due_on is not None
    assert due is not None
    assert begun < tip.due_on <= due, "a week stood, so it is due later than without"
    assert "停止计算" in handler.get(f"/desk/tips/{tip.number}/").text
    assert post(handler, tip, "pause", {"revision": tip.revision, "go_on": "1"}).status_code == 409


def test_warnings_grow_and_are_cleared_by_two(desk: Any) -> None:
    tip, today = desk.tip(), clock.today()
    Tip.objects.filter(pk=tip.pk).update(due_on=today)
    assert deadlines.raise_warnings(today) == 1
    assert deadlines.raise_warnings(today) == 0
    assert deadlines.raise_warnings(today + dt.timedelta(days=1)) == 1
    row = Warning.objects.get()
    assert row.level == 3
    tip.refresh_from_db()
    given = {"kind": f"clear-warning:{row.pk}", "reason": "等鉴定，已说明", "revision": tip.revision}
    assert post(desk.client("handler"), tip, "propose", given).status_code == 303
    row.refresh_from_db()
    assert row.cleared is None
    assert agree(desk.client("approver"), tip).status_code == 303
    row.refresh_from_db()
    assert row.cleared is not None
    assert "批准消除" in desk.client("handler").get(f"/desk/tips/{tip.number}/").text


def test_how_early_it_warns_is_a_rule(desk: Any) -> None:
    tip, today = desk.tip(), clock.today()
    due = rules.deadline("send_up", today, strict=False).due
    Tip.objects.filter(pk=tip.pk).update(due_on=due, due_rule="send_up")
    assert deadlines.raise_warnings() == 0
    for code, value in ((rules.PROMPT, 9), (rules.YELLOW, 6)):
        rules.revise(code=code, value=value, unit="workday", source="某市规定", mark="P", since=today)
    assert deadlines.raise_warnings() == 1
    assert Warning.objects.get().level == 2
    assert "is-yellow" in desk.client("handler").get("/desk/").text
    assert "黄色预警" in desk.client("handler").get(f"/desk/tips/{tip.number}/").text


def test_a_new_holiday_moves_what_is_due_and_says_so(
    desk: Any, django_capture_on_commit_callbacks: Any
) -> None:
    tip, other = desk.tip(), desk.tip()
    due = tip.due_on
    Tip.objects.filter(pk=other.pk).update(due_on=None, due_rule="")
    before = Event.objects.filter(kind="recomputed").count()
    Day.objects.create(date=due, kind=Day.Kind.HOLIDAY, name="临时放假", source="公告")
    run_due()
    tip.refresh_from_db()
    assert tip.due_on > due
    assert Event.objects.filter(kind="recomputed").count() == before + 1
    assert "放假安排有变" in desk.client("triage").get(f"/desk/tips/{tip.number}/").text
    assert deadlines.recompute() == 0
    other.refresh_from_db()
    assert other.due_on is None


def test_the_calendar_address_holds_numbers_and_days_alone(desk: Any) -> None:
    from icalendar import Calendar

    tip = desk.tip("押金不退", "收了押金不退的原话")
    client = desk.client("handler")
    page = client.post("/desk/feed/")
    address = page.text.split("<code", 1)[1].split(">", 1)[1].split("<")[0]
    stranger = desk.client("outsider").__class__()
    answer = stranger.get(address)
    assert answer.status_code == 200
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [(str(e["summary"]), e.decoded("dtstart")) for e in events] == [(tip.number, tip.due_on)]
    assert set(events[0]) == {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "TRANSP"}
    assert "押金" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    client.post("/desk/feed/")
    assert stranger.get(address).status_code == 404, "a new address ends the old one"
    assert stranger.get("/calendar/x.ics").status_code == 404
    desk.users["handler"].memberships.update(ended_at=clock.now())


def test_the_mail_has_numbers_and_nothing_else(desk: Any, mailoutbox: Any) -> None:
    from complaints.desk import digest

    tip = desk.tip("押金不退")
    Tip.objects.filter(pk=tip.pk).update(due_on=clock.today() - dt.timedelta(days=2))
    for name in ("triage", "outsider", "handler"):
        user = desk.users[name]
        user.email = f"{name}@example.org"
        user.save(update_fields=["email"])
    assert digest.send() == 2
    mails = {mail.to[0].partition("@")[0]: mail.body for mail in mailoutbox}
    assert "望湖区纪委监委：未办结 1 件，今天到期 0 件，超期 1 件。" in mails["triage"]
    assert "下级机构望湖区纪委监委：超期 1 件。" in mails["outsider"]
    for body in mails.values():
        assert tip.number not in body
        assert "押金" not in body
        assert "林" not in body


def test_the_picture_is_drawn_from_the_table(desk: Any) -> None:
    from complaints.desk import transitions

    page = desk.client("auditor", unlocked=False).get("/desk/procedure/")
    assert page.text.count('class="edge"') == len(transitions.TABLE)
    for step in transitions.TABLE:
        assert str(step.label) in page.text
    page = desk.client("auditor", unlocked=False).get("/desk/rules/")
    assert "告知实名举报受理情况" in page.text
    assert "放假安排还没有录入" in page.text
