"""A tip handled by two offices: what each reads, what it never reads, and what is left when it ends."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from ledger.models import Event
from outbox.services import run_due
from workdays import clock

from complaints.desk import joint, moving, opening, services, sorting
from complaints.desk.joint_models import Joint, JointNote
from complaints.intake.models import State, Tip
from complaints.vault import checking, jobs, members, offices, receipts, worker, wraps
from complaints.vault import joint as vault
from complaints.vault import tips as sealing
from complaints.vault.errors import NotAMember
from complaints.vault.models import Cell, Wrap
from tests.complaints.desk.offices import Land, make_land
from tests.complaints.desk.test_retention import agreed, listed, rule

TASK, NOTE, RESULT = "请核对摊位费的票据。", "票据在财政所。", "核对完毕，少记了三笔。"


@pytest.fixture
def land(desk: Any) -> Land:
    made = make_land(desk)
    for role in ("triage", "handler"):
        made.member(role, "hill")
    return made


def ask(land: Land, tip: Tip, to: str = "hill", who: str = "triage") -> Joint:
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    return joint.ask(
        **land.desk.open(who, tip),
        to=land.offices[to],
        task=TASK,
        due_on=clock.today() + dt.timedelta(days=9),
        revision=tip.revision,
    )


def side(land: Land, row: Joint, who: str) -> joint.Side:
    return joint.side_or_404(land.desk.users[who], row.pk, "open")


def given(land: Land, row: Joint, who: str) -> dict[str, Any]:
    return {"side": side(land, row, who), "user": land.desk.users[who], "seed": land.desk.seeds[who]}


def end(land: Land, row: Joint) -> None:
    tip = Tip.objects.select_related("office").get(pk=row.tip_id)
    opened = land.desk.open("triage", tip)
    del opened["tip"]
    given_ = {**given(land, row, "triage"), **opened}
    joint.end(**given_, revision=tip.revision)


def said(land: Land, row: Joint, who: str) -> list[str]:
    return [line.text for line in joint.lines(side(land, row, who), *person(land, who))]


def person(land: Land, who: str) -> tuple[Any, Any]:
    return land.desk.users[who], land.desk.seeds[who]


def office_seed(land: Land, who: str, code: str) -> Any:
    return offices.open_office_seed(*person(land, who), land.offices[code])


def test_from_asking_to_the_end(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip("摊位费", "集市上多收了摊位费。")
    services.add_note(
        tip=tip, user=desk.users["triage"], keys=desk.open("triage", tip)["keys"], text="只给自己人看"
    )
    row = ask(land, tip)
    tip.refresh_from_db()
    assert (tip.office, row.answer, tip.talk_generation) == (desk.lake, "open", 1)
    case = joint.read(side(land, row, "triage-hill"), *person(land, "triage-hill"))
    assert (case.subject, case.narrative) == ("摊位费", "集市上多收了摊位费。")
    assert case.notes == [], "the leading office's record is closed to it"
    joint.answer(**given(land, row, "triage-hill"), agree=True)
    joint.write(**given(land, row, "handler-hill"), text=NOTE)
    joint.write(**given(land, row, "handler"), text="好的")
    joint.write(**given(land, row, "handler-hill"), text=RESULT, result=True)
    for who in ("triage", "handler-hill"):
        assert said(land, row, who) == [TASK, NOTE, "好的", RESULT]
    end(land, row)
    row.refresh_from_db()
    assert row.answer == "ended"
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    _k, _s, cells = opening.open_tip(user=desk.users["triage"], seed=desk.seeds["triage"], tip=tip)
    notes = [cell.text for cell in cells if cell.label == "note"]
    assert any(TASK in note and RESULT in note and NOTE not in note for note in notes)
    kinds = Event.objects.filter(tag=bytes(tip.tag), kind__startswith="joint").order_by("at")
    assert [event.kind for event in kinds] == [
        *("joint-asked", "joint-agreed", "joint-noted", "joint-noted", "joint-done", "joint-ended")
    ]
    assert checking.check().unheld == []


def test_a_thief_of_the_joined_office_before_meanwhile_and_after(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip()
    seed = office_seed(land, "triage-hill", "hill")
    with pytest.raises(NotAMember):
        vault.open_part(tip_uuid=tip.pk, number=1, seed=seed)
    row = ask(land, tip)
    keys = desk.open("triage", Tip.objects.get(pk=tip.pk))["keys"]
    part = vault.open_part(tip_uuid=tip.pk, number=1, seed=seed)
    assert part.talk.talk == keys.talk
    with pytest.raises(NotAMember):
        sealing.open_as_office(tip_uuid=tip.pk, office_seed=seed)
    mine = Wrap.objects.filter(subject=tip.pk, office=land.offices["hill"])
    assert sorted(mine.values_list("kind", flat=True)) == ["joint", "talk"], "never the case key"
    end(land, row)
    assert not mine.exists()
    desk.answer(tip, "结束以后写的话")
    late = Cell.objects.get(tip=tip.pk, label="message")
    assert late.generation == 2
    assert sealing.open_cell(part.talk, late).changed, "all it knew does not open what came later"
    reporter = receipts.derive(desk.receipts[tip.number]).reporter
    known = sealing.open_as_reporter(tip_uuid=tip.pk, reporter=reporter)
    assert {cell.text for cell in sealing.read_cells(known, tip.pk, ["message"])} == {"结束以后写的话"}
    row.refresh_from_db()
    assert said(land, row, "triage") == [TASK], "the leading office reads on"


def test_other_offices_and_their_people_get_404(land: Land) -> None:
    desk, row = land.desk, ask(land, land.desk.tip())
    url = f"/desk/joint/{row.pk}/"
    for who in (land.member("triage", "city"), land.member("triage", "village")):
        assert desk.client(who).get(url).status_code == 404
        assert desk.client(who).post(f"{url}note/", {"text": "x"}).status_code == 404
    assert desk.client(land.member("auditor", "hill")).get(url).status_code == 403
    there = desk.client("triage-hill")
    assert there.get(url).status_code == 200
    assert there.get(f"/desk/tips/{row.tip.number}/").status_code == 404
    assert there.post(f"{url}end/").status_code == 409
    assert desk.client("triage").post(f"{url}answer/", {"agree": "yes"}).status_code == 409
    row.refresh_from_db()
    assert row.answer == "open"
    end(land, row)
    assert there.get(url).status_code == 404, "when it has ended, it is not there any more"


def test_through_the_pages(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip("摊位费")
    lead, there = desk.client("triage"), desk.client("triage-hill")
    url = f"/desk/tips/{tip.number}/joint/"
    page = lead.get(url)
    assert "青山县" in page.text
    hill, day = str(land.offices["hill"].pk), (clock.today() + dt.timedelta(days=5)).isoformat()
    form = {"revision": tip.revision, "to": hill, "task": TASK, "due_on": day}
    for name, value in (("to", str(desk.lake.pk)), ("task", ""), ("due_on", "soon")):
        assert lead.post(url, {**form, name: value}).status_code == 422
    late = {**form, "due_on": (clock.today() - dt.timedelta(days=1)).isoformat()}
    assert lead.post(url, late).status_code == 409
    stale = lead.post(url, {**form, "revision": tip.revision + 7})
    assert (stale.status_code, TASK in stale.text) == (409, True)
    assert lead.post(url, form).status_code == 303
    row = Joint.objects.get()
    assert "请本机构共同办理的" in there.get("/desk/transfers/").text
    assert tip.number in there.get("/desk/transfers/").text
    assert "等对方答复" in lead.get("/desk/transfers/").text
    assert "青山县" in lead.get(f"/desk/tips/{tip.number}/").text
    again = lead.post(url, {**form, "revision": Tip.objects.get(pk=tip.pk).revision})
    assert again.status_code == 422, "it takes part already"
    part = f"/desk/joint/{row.pk}/"
    assert there.post(f"{part}answer/", {"agree": "no", "text": ""}).status_code == 422
    assert there.post(f"{part}note/", {"text": RESULT, "result": "yes"}).status_code == 409
    assert there.post(f"{part}answer/", {"agree": "yes"}).status_code == 303
    assert there.post(f"{part}answer/", {"agree": "yes"}).status_code == 409
    assert there.post(f"{part}note/", {"text": RESULT, "result": "yes"}).status_code == 303
    assert RESULT in lead.get(part).text
    assert "应于" in lead.get(part).text
    opened = Event.objects.filter(
        kind="opened", tag=bytes(tip.tag), actor=f"user:{desk.users['triage-hill'].pk}"
    )
    assert opened.count() == 1, "who read it there stands in the ledger"
    assert lead.post(f"{part}end/").status_code == 303
    assert RESULT in lead.get(f"/desk/tips/{tip.number}/").text


def test_who_declines_has_no_key_at_once(land: Land) -> None:
    row = ask(land, land.desk.tip())
    there = land.desk.client("triage-hill")
    answer = there.post(f"/desk/joint/{row.pk}/answer/", {"agree": "no", "text": "不归我们管"})
    assert answer.status_code == 303
    assert not Wrap.objects.filter(subject=row.tip_id, office=land.offices["hill"]).exists()
    assert there.get(f"/desk/joint/{row.pk}/").status_code == 404
    row.refresh_from_db()
    assert said(land, row, "triage") == [TASK, "不归我们管"]
    assert ask(land, row.tip).number == 2, "it can be asked again, with a key of its own"


def test_it_neither_moves_nor_closes_meanwhile(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip()
    row = ask(land, tip)
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    with pytest.raises(services.Refused):
        moving.move(**desk.open("triage", tip), to=desk.city, reason="x", revision=tip.revision)
    Tip.objects.filter(pk=tip.pk).update(state=State.DISPOSING)
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    close = {"target": "closed", "revision": tip.revision, "decision": services.Decision(result="好")}
    with pytest.raises(services.Refused, match="共同办理"):
        services.change_state(**desk.open("approver", tip), **close)
    for state, target in ((State.SUBMITTED, "repeat"), (State.SCREENING, "refused")):
        Tip.objects.filter(pk=tip.pk).update(state=state)
        tip = Tip.objects.select_related("office").get(pk=tip.pk)
        given_up = {"target": target, "revision": tip.revision}
        with pytest.raises(services.Refused, match="共同办理"):
            services.change_state(
                **desk.open("triage", tip),
                **given_up,
                decision=services.Decision(reason="no-substance"),
            )
    other = desk.tip()
    with pytest.raises(services.Refused, match="共同办理"):
        sorting.link(tip=tip, user=desk.users["triage"], other=other, kind="merged", revision=tip.revision)
    Tip.objects.filter(pk=tip.pk).update(state=State.DISPOSING)
    end(land, row)
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    services.change_state(**desk.open("approver", tip), **{**close, "revision": tip.revision})
    with pytest.raises(services.Refused):
        ask(land, tip)


def test_roles_are_asked_in_the_service_too(land: Land) -> None:
    tip = land.desk.tip()
    with pytest.raises(PermissionDenied):
        ask(land, tip, who="handler")
    with pytest.raises(services.Refused):
        ask(land, tip, to="lake")
    row = ask(land, tip)
    with pytest.raises(services.Refused):
        joint.answer(**given(land, row, "handler-hill"), agree=True)
    with pytest.raises(services.Refused):
        joint.answer(**given(land, row, "triage"), agree=True)


@pytest.mark.parametrize("leaver", ["handler", "handler-hill"])
def test_a_new_epoch_of_either_office_reaches_both(land: Land, leaver: str) -> None:
    """Who left opens nothing new; all others read and write on."""
    desk, tip = land.desk, land.desk.tip(narrative="原来的话")
    row = ask(land, tip)
    joint.answer(**given(land, row, "triage-hill"), agree=True)
    code = "hill" if "-" in leaver else "lake"
    old = vault.open_part(tip_uuid=tip.pk, number=1, seed=office_seed(land, leaver, code))
    worker.forget()
    worker.announce()
    head, helper = land.heads[code], "triage-hill" if code == "hill" else "triage"
    members.remove(
        office=land.offices[code],
        user=desk.users[leaver],
        remover=desk.users[head],
        remover_seed=desk.seeds[head],
    )
    jobs.offer(*person(land, helper))
    assert run_due(queue="vault") == 1
    worker.forget()
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    assert tip.talk_generation == 2
    assert (tip.epoch, tip.case_generation) == ((2, 2) if code == "lake" else (1, 1))
    desk.answer(tip, "后来的话")
    joint.write(**given(land, row, "triage-hill"), text="换钥匙以后")
    late = [Cell.objects.get(tip=tip.pk, label="message"), JointNote.objects.get(kind="note").cell]
    assert sealing.open_cell(old.talk, late[0]).changed
    assert vault.open_cells(old, late[1:])[late[1].pk].changed
    for who in ("triage", "triage-hill"):
        assert said(land, row, who) == [TASK, "换钥匙以后"]
    case = joint.read(side(land, row, "triage-hill"), *person(land, "triage-hill"))
    assert (case.narrative, [m.text for m in case.messages]) == ("原来的话", ["后来的话"])
    assert "后来的话" in desk.client("triage").get(f"/desk/tips/{tip.number}/").text
    report = checking.check()
    assert (report.faults, report.unheld) == ([], [])
    end(land, row)


def test_a_forged_part_does_not_open(land: Land) -> None:
    """Somebody with the database seals a part of their own making to the office: no office has signed it."""
    tip = land.desk.tip()
    row = ask(land, tip)
    wrap = Wrap.objects.get(subject=tip.pk, kind="joint", office=land.offices["hill"])
    public = office_seed(land, "triage-hill", "hill").box_public
    sealed = wraps.seal_wrap(
        kind="joint", subject=tip.pk, generation=wrap.generation, recipient=public, key=b"k" * 32
    )
    Wrap.objects.filter(pk=wrap.pk).update(sealed=sealed)
    with pytest.raises(NotAMember):
        joint.read(side(land, row, "triage-hill"), *person(land, "triage-hill"))


def test_destroyed_with_its_tip(land: Land, monkeypatch: Any) -> None:
    desk, now = land.desk, clock.now()
    rule(desk)
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: now - dt.timedelta(days=400))
        row = ask(land, desk.tip())
        end(land, row)
    Tip.objects.filter(pk=row.tip_id).update(state=State.CLOSED, due_on=None, due_rule="", unread=False)
    agreed(desk, listed(desk), "approver", "head")
    while run_due():
        pass
    assert not Tip.objects.filter(pk=row.tip_id).exists()
    assert not Joint.objects.exists()
    assert not JointNote.objects.exists()
    assert not Wrap.objects.filter(subject=row.tip_id).exists()
    assert not Cell.objects.filter(tip=row.tip_id).exists()
