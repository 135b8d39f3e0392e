"""A tip's way through the desk, by the pages themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from ledger.models import Event

from complaints.intake.models import Message, State, Tip


def revision(html: str, action: str) -> str:
    """The hidden revision of the form that goes to `action`."""
    form = html.split(f'action="{action}"', 1)[1].split("</form>")[0]
    return re.search(r'name="revision" value="(\d+)"', form)[1]  # type: ignore[index]


def post(client: Client, tip: Tip, act: str, data: dict[str, Any] | None = None) -> Any:
    return client.post(f"/desk/tips/{tip.number}/{act}/", data or {})


def state(client: Client, tip: Tip, target: str, **fields: str) -> Any:
    tip.refresh_from_db()
    return post(client, tip, "state", {"target": target, "revision": tip.revision, **fields})


def agree(client: Client, tip: Tip) -> Any:
    """Another person agrees to what is proposed for the tip."""
    return post(client, tip, "answer", {"proposal": str(tip.proposals.get(answer="open").pk), "agree": "yes"})


def test_from_search_to_close(desk: Any) -> None:
    tip = desk.tip("滨河路城管收钱不登记", "我在滨河路摆了六年早点摊，给过钱的没人管，没给的天天罚。")
    desk.tip("学校食堂招标", "招标前内定了供应商。")
    triage = desk.client("triage")

    found = triage.post("/desk/search/", {"q": "早点 滨河路"})
    assert found.status_code == 303
    assert "早点" not in found["Location"]
    page = triage.get(found["Location"])
    assert f"/desk/tips/{tip.number}/" in page.text
    assert page.text.count("/desk/tips/") == 2  # its link and its claim
    assert "滨河路城管收钱不登记" in page.text

    assert post(triage, tip, "claim").status_code == 303
    page = triage.get(f"/desk/tips/{tip.number}/")
    assert page.status_code == 200
    assert "摆了六年早点摊" in page.text
    assert "no-store" in page["Cache-Control"]

    here = f"/desk/tips/{tip.number}/reply/"
    asked = triage.post(
        here, {"reply": "请补充是哪几天。", "ask_back": "on", "revision": revision(page.text, here)}
    )
    assert asked.status_code == 303
    tip.refresh_from_db()
    assert tip.waiting
    assert "请补充是哪几天。" in triage.get(f"/desk/tips/{tip.number}/").text

    desk.answer(tip, "是三月二日和五日。")
    tip.refresh_from_db()
    assert not tip.waiting
    assert tip.unread
    assert "三月二日" in triage.get(f"/desk/tips/{tip.number}/").text
    tip.refresh_from_db()
    assert not tip.unread
    assert tip.messages.get(author="reporter").read_on

    assert state(triage, tip, "screening").status_code == 303
    assert state(triage, tip, "accepted").status_code == 303
    handler = desk.client("handler")
    assert state(handler, tip, "disposing", disposal="check").status_code == 303
    tip.refresh_from_db()
    assert tip.state == State.ACCEPTED, "one person alone does not decide it"
    assert agree(desk.client("approver"), tip).status_code == 303
    tip.refresh_from_db()
    assert tip.state == State.DISPOSING
    assert tip.due_rule == "initial_check"
    assert state(handler, tip, "closed", result="多罚的钱已经退还。").status_code == 303
    tip.refresh_from_db()
    assert tip.state == State.CLOSED
    assert tip.closed_at
    assert tip.due_on is None  # anonymous: nobody to tell but through the receipt
    page = handler.get(f"/desk/tips/{tip.number}/")
    assert "多罚的钱已经退还" in page.text
    assert "初步核实" in page.text

    kinds = list(Event.objects.filter(tag=bytes(tip.tag)).values_list("kind", flat=True))
    assert kinds.count("state") == 4
    assert {"submitted", "opened", "claimed", "message", "state"} <= set(kinds)
    assert all(e.at for e in Event.objects.filter(tag=bytes(tip.tag), actor__startswith="user:"))


def test_messages_are_signed_by_the_office(desk: Any) -> None:
    tip = desk.tip()
    handler = desk.client("handler")
    post(handler, tip, "reply", {"reply": "收到。", "revision": tip.revision})
    assert len(bytes(Message.objects.get().signature)) == 64


def test_a_refusal_tells_where_to_go(desk: Any) -> None:
    tip, triage = desk.tip(), desk.client("triage")
    state(triage, tip, "screening")
    page = state(triage, tip, "refused", reason="other-organ")
    assert page.status_code == 422
    assert "请写明举报人可以向哪里反映" in page.text
    assert state(triage, tip, "refused", reason="other-organ", where="12345 热线").status_code == 303
    tip.refresh_from_db()
    assert tip.state == State.REFUSED
    page = triage.get(f"/desk/tips/{tip.number}/")
    assert "依法应当由其他机关或者单位处理" in page.text
    assert "12345 热线" in page.text


def test_the_third_reason_needs_no_place_to_go(desk: Any) -> None:
    tip, triage = desk.tip(), desk.client("triage")
    state(triage, tip, "screening")
    assert state(triage, tip, "refused", reason="no-substance").status_code == 303


def test_a_reporter_who_wrote_in_english_is_told_in_english(desk: Any) -> None:
    tip, triage = desk.tip("Deposit", "They kept my deposit.", language="en"), desk.client("triage")
    state(triage, tip, "screening")
    state(triage, tip, "moved", where="Market Regulation Bureau")
    message = desk.open("triage", tip)["keys"]
    from complaints.vault.tips import read_cells

    text = read_cells(message, tip.uuid, ["message"])[0].text
    assert "Market Regulation Bureau" in text


def test_a_named_tip_waits_for_feedback_after_closing(desk: Any) -> None:
    from complaints.intake.answers import Identity

    desk.member("keeper2", "custodian", desk.city)
    desk.member("judge2", "approver", desk.city)
    tip = desk.tip(identity=Identity("王小明", "13800000000"))
    handler = desk.client("handler")
    for target, fields in (
        ("screening", {}),
        ("accepted", {}),
        ("disposing", {"disposal": "talk"}),
        ("closed", {"result": "已经处理。"}),
    ):
        assert state(handler, tip, target, **fields).status_code == 303
        if target == "disposing":
            assert agree(desk.client("approver"), tip).status_code == 303
    tip.refresh_from_db()
    assert tip.due_rule == "feedback_named"
    page = handler.get(f"/desk/tips/{tip.number}/")
    assert "已向举报人反馈" in page.text
    assert "王小明" not in page.text
    assert post(handler, tip, "feedback", {"revision": tip.revision}).status_code == 303
    tip.refresh_from_db()
    assert tip.due_on is None


def test_assign_release_and_note(desk: Any) -> None:
    tip, triage, handler = desk.tip(), desk.client("triage"), desk.client("handler")
    assert post(triage, tip, "assign", {"to": desk.users["handler"].pk, "revision": 1}).status_code == 303
    tip.refresh_from_db()
    assert tip.assignee == desk.users["handler"]
    assert "分给 林handler" in triage.get(f"/desk/tips/{tip.number}/").text
    assert post(handler, tip, "note", {"note": "调取台账四十一件。"}).status_code == 303
    assert "调取台账四十一件。" in handler.get(f"/desk/tips/{tip.number}/").text
    assert post(handler, tip, "release").status_code == 303
    tip.refresh_from_db()
    assert tip.assignee is None


# What must be refused -------------------------------------------------------------------------------


def test_the_second_claim_learns_who_was_first(desk: Any) -> None:
    tip = desk.tip()
    post(desk.client("triage"), tip, "claim")
    lost = post(desk.client("handler"), tip, "claim")
    assert lost.status_code == 409
    assert "林triage" in lost.text
    tip.refresh_from_db()
    assert tip.assignee == desk.users["triage"]
    assert post(desk.client("handler"), tip, "release").status_code == 409


def test_a_stale_form_keeps_what_was_typed(desk: Any) -> None:
    tip, triage, handler = desk.tip(), desk.client("triage"), desk.client("handler")
    state(triage, tip, "screening")
    page = post(handler, tip, "reply", {"reply": "写了很久的答复", "revision": 1})
    assert page.status_code == 409
    assert "写了很久的答复" in page.text
    assert "审核中" in page.text
    assert not Message.objects.exists()
    again = {"reply": "写了很久的答复", "revision": revision(page.text, f"/desk/tips/{tip.number}/reply/")}
    assert post(handler, tip, "reply", again).status_code == 303


def test_a_step_made_by_somebody_else_meanwhile(desk: Any) -> None:
    tip, one, two = desk.tip(), desk.client("triage"), desk.client("handler")
    state(one, tip, "screening")
    old = Tip.objects.get(pk=tip.pk).revision
    state(one, tip, "refused", reason="no-substance", where="写给自己看的话")
    page = post(two, tip, "state", {"target": "accepted", "revision": old})
    assert page.status_code == 409
    tip.refresh_from_db()
    assert tip.state == State.REFUSED


def test_what_was_typed_for_a_step_that_is_shut_by_now_is_kept(desk: Any) -> None:
    tip, one = desk.tip(), desk.client("handler")
    for target, fields in (("screening", {}), ("accepted", {}), ("disposing", {"disposal": "check"})):
        state(one, tip, target, **fields)
    agree(desk.client("approver"), tip)
    old = Tip.objects.get(pk=tip.pk).revision
    state(one, tip, "closed", result="第一个人写的。")
    page = post(
        desk.client("approver"),
        tip,
        "state",
        {"target": "closed", "revision": old, "result": "第二个人写的话"},
    )
    assert page.status_code == 409
    assert "第二个人写的话" in page.text


@pytest.mark.parametrize("target", ["closed", "submitted", "nonsense", "moved", ""])
def test_illegal_steps_get_a_sentence(desk: Any, target: str) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    page = state(handler, tip, target, result="x")
    assert page.status_code in (409, 422)
    assert 'role="alert"' in page.text
    tip.refresh_from_db()
    assert tip.state == State.SUBMITTED


@pytest.mark.parametrize(
    ("act", "data"),
    [
        ("reply", {"reply": "", "revision": "1"}),
        ("reply", {"reply": "字" * 10_001, "revision": "1"}),
        ("reply", {"reply": "好\x00的", "revision": "1"}),
        ("reply", {"reply": "好\u202e的", "revision": "1"}),
        ("reply", {"reply": "好", "revision": "x"}),
        ("reply", {}),
        ("note", {"note": " \n "}),
        ("note", {"note": "字" * 10_001}),
        ("assign", {"to": "", "revision": "1"}),
        ("assign", {"to": "999999", "revision": "1"}),
    ],
)
def test_bad_input_gets_a_sentence_and_stays(desk: Any, act: str, data: dict[str, str]) -> None:
    tip = desk.tip()
    page = post(desk.client("triage"), tip, act, data)
    assert page.status_code == 422
    assert 'class="errs"' in page.text
    assert not Message.objects.exists()
    typed = data.get("reply") or data.get("note") or ""
    assert typed.strip()[:5].replace("\x00", "").replace("\u202e", "")[:1] in page.text


@pytest.mark.parametrize("target", ["%d", "%s%s", "", "moved%", "字" * 500])
def test_a_step_that_is_none_keeps_what_was_typed(desk: Any, target: str) -> None:
    tip = desk.tip()
    page = state(desk.client("triage"), tip, target, result="写好的结果")
    assert page.status_code == 409
    assert "写好的结果" in page.text


def test_scripts_in_a_tip_are_text(desk: Any) -> None:
    tip = desk.tip("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", category="fees")
    client = desk.client("triage")
    for page in (client.get("/desk/"), client.get(f"/desk/tips/{tip.number}/")):
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


@pytest.mark.parametrize(
    "path", ["", "claim/", "release/", "reply/", "note/", "state/", "assign/", "feedback/"]
)
def test_another_offices_tip_is_404_everywhere(desk: Any, path: str) -> None:
    tip = desk.tip()
    client = desk.client("outsider")
    url = f"/desk/tips/{tip.number}/{path}"
    assert (client.post(url, {}) if path else client.get(url)).status_code == 404


@pytest.mark.parametrize("role", ["auditor", "custodian"])
@pytest.mark.parametrize("path", ["claim/", "reply/", "note/", "assign/"])
def test_roles_without_the_act_are_refused(desk: Any, role: str, path: str) -> None:
    tip = desk.tip()
    assert desk.client(role).post(f"/desk/tips/{tip.number}/{path}", {}).status_code == 403


def test_an_act_that_the_role_may_not_is_refused_in_the_service(desk: Any) -> None:
    tip, handler = desk.tip(), desk.client("handler")
    state(handler, tip, "screening")
    assert state(handler, tip, "refused", reason="no-substance").status_code == 403
    tip.refresh_from_db()
    assert tip.state == State.SCREENING


def test_wrong_methods(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("triage")
    assert client.get(f"/desk/tips/{tip.number}/claim/").status_code == 405
    assert client.post(f"/desk/tips/{tip.number}/").status_code == 405
    assert client.get("/desk/search/").status_code == 405


def test_opened_once_a_person_tip_and_day(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("triage")
    for _ in range(3):
        client.get(f"/desk/tips/{tip.number}/")
    desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert Event.objects.filter(kind="opened", tag=bytes(tip.tag)).count() == 2


def test_a_changed_cell_is_not_shown(desk: Any) -> None:
    from complaints.vault.models import Cell

    tip, client = desk.tip(), desk.client("triage")
    cell = Cell.objects.get(tip=tip.uuid, label="narrative")
    Cell.objects.filter(pk=cell.pk).update(sealed=bytes(cell.sealed)[:-1] + b"x")
    page = client.get(f"/desk/tips/{tip.number}/")
    assert page.status_code == 200
    assert "被改动过" in page.text
