"""Tips between four offices: re-sealed, accepted or returned; the office before opens nothing any more."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from accounts.models import User
from django.db import IntegrityError, transaction
from ledger.models import Event
from workdays import clock

from complaints.desk import finding, moving, opening, services
from complaints.desk.models import Transfer
from complaints.intake import services as intake
from complaints.intake.models import Message, State, Tip, Tombstone
from complaints.vault import offices, receipts
from complaints.vault import tips as sealing
from complaints.vault import transfer as vault
from complaints.vault.errors import NotAMember
from complaints.vault.models import Cell, Wrap
from tests.complaints.desk.offices import Land, make_land
from tests.complaints.desk.test_work import state


@pytest.fixture
def land(desk: Any) -> Land:
    return make_land(desk)


def go(land: Land, tip: Tip, who: str, to: str, reason: str = "归对方管") -> Transfer:
    """By the service, without opening anything: the way of a tip that is moved unread."""
    name, desk = who, land.desk
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    return moving.move(**desk.open(name, tip), to=land.offices[to], reason=reason, revision=tip.revision)


def nobody_but(land: Land, tip: Tip, code: str) -> None:
    """Each seed of every other office opens no wrap of the tip; that office's reads it all."""
    for other in land.offices:
        assert vault.opens_any(land.seeds(other), tip.pk) == (other == code), other
    reader = land.member("triage", code)
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    _keys, _seed, cells = opening.open_tip(
        user=land.desk.users[reader], seed=land.desk.seeds[reader], tip=tip
    )
    assert {"subject", "narrative"} <= {cell.label for cell in cells if not cell.changed}
    for other in set(land.offices) - {code}:
        name = land.member("triage", other)
        with pytest.raises(NotAMember):
            opening.open_tip(user=land.desk.users[name], seed=land.desk.seeds[name], tip=tip)
        seed = offices.open_office_seed(land.desk.users[name], land.desk.seeds[name], land.offices[other])
        with pytest.raises(NotAMember):
            sealing.open_as_office(tip_uuid=tip.pk, office_seed=seed)


def test_up_across_and_down_with_a_thief_in_between(land: Land) -> None:
    tip = land.desk.tip("镇长收钱", "镇长在集市上收了摊位钱。")
    cells = {cell.pk: bytes(cell.sealed) for cell in Cell.objects.filter(tip=tip.pk)}
    nobody_but(land, tip, "lake")
    for who, to, way in (
        ("triage", "hill", "across"),
        ("triage-hill", "city", "up"),
        ("triage-city", "lake", "down"),
        ("triage", "village", "down"),
    ):
        if "-" in who:
            land.member(*who.split("-"))
        made = go(land, tip, who, to)
        assert made.direction == way
        assert made.unread
        nobody_but(land, tip, to)
    kept = {pk: bytes(c) for pk, c in Cell.objects.filter(pk__in=cells).values_list("pk", "sealed")}
    assert kept == cells, "what was sealed is moved, not written anew"
    tip.refresh_from_db()
    assert (tip.talk_generation, tip.case_generation) == (5, 5)
    assert Event.objects.filter(tag=bytes(tip.tag), kind="transferred").count() == 4
    assert not Event.objects.filter(tag=bytes(tip.tag), kind="opened").exists()


def test_the_reporter_reads_and_writes_on_after_it_moved(land: Land) -> None:
    tip = land.desk.tip(narrative="原来写的话。")
    land.desk.answer(tip, "转之前补的话。")
    go(land, tip, "triage", "city")
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    land.desk.answer(tip, "转之后补的话。")
    reporter = receipts.derive(land.desk.receipts[tip.number]).reporter
    keys = sealing.open_as_reporter(tip_uuid=tip.pk, reporter=reporter)
    said = {cell.text for cell in sealing.read_cells(keys, tip.pk, ["narrative", "message"])}
    assert said == {"原来写的话。", "转之前补的话。", "转之后补的话。"}
    chief = land.member("triage", "city")
    keys, seed, _cells = opening.open_tip(user=land.desk.users[chief], seed=land.desk.seeds[chief], tip=tip)
    intake.add_message(
        tip=tip, keys=keys, author="office", text="市里收到了。", user=land.desk.users[chief], signer=seed
    )
    keys = sealing.open_as_reporter(tip_uuid=tip.pk, reporter=reporter)
    assert "市里收到了。" in {c.text for c in sealing.read_cells(keys, tip.pk, ["message"])}
    message = Message.objects.get(author="office")
    assert sealing.is_from_office(tip.office, message.cell, bytes(message.signature))


def test_new_wraps_are_signed_by_the_office_that_wrote_them(land: Land) -> None:
    from complaints.vault import directory, wraps

    tip = land.desk.tip()
    signer = land.desk.open("triage", tip)["office_seed"]
    go(land, tip, "triage", "hill")
    rows = Wrap.objects.filter(subject=tip.pk)
    assert sorted(rows.values_list("kind", flat=True)) == ["case", "chain", "chain", "talk", "talk"]
    for wrap in rows:
        message = wraps.signed_part(
            kind=wrap.kind,
            subject=wrap.subject,
            generation=wrap.generation,
            recipient=bytes(wrap.recipient),
            sealed=bytes(wrap.sealed),
        )
        assert directory.is_signed(signer.sign_public, message, bytes(wrap.signature))


def test_the_old_office_finds_it_no_more(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip("独一无二的词", "紫檀木算盘")
    triage = desk.client("triage")
    found = triage.get(triage.post("/desk/search/", {"q": "紫檀木"})["Location"])
    assert tip.number in found.text
    go(land, tip, "triage", "hill")
    assert Tombstone.objects.filter(tip=tip.pk, office=desk.lake).count() == 1
    found = triage.get(triage.post("/desk/search/", {"q": "紫檀木"})["Location"])
    assert tip.number not in found.text
    seed = offices.open_office_seed(desk.users["triage"], desk.seeds["triage"], desk.lake)
    index = finding.SealedOffice(desk.lake, seed, user=desk.users["triage"], user_seed=desk.seeds["triage"])
    assert index.engine.count() == 0
    index.close()
    assert triage.get(f"/desk/tips/{tip.number}/").status_code == 404
    there = desk.client(land.member("triage", "hill"))
    found = there.get(there.post("/desk/search/", {"q": "紫檀木"})["Location"])
    assert tip.number in found.text


def test_through_the_pages_up_and_back(land: Land) -> None:
    desk, tip = land.desk, land.desk.tip("区长的事", "区长家里修路。")
    triage = desk.client("triage")
    page = triage.get(f"/desk/tips/{tip.number}/transfer/")
    assert page.status_code == 200
    assert "区长" not in page.text, "nothing is opened for it"
    assert not Event.objects.filter(tag=bytes(tip.tag), kind="opened").exists()
    revision = re.search(r'name="revision" value="(\d+)"', page.text)[1]  # type: ignore[index]
    url = f"/desk/tips/{tip.number}/transfer/"
    assert triage.post(url, {"revision": revision, "to": "", "reason": ""}).status_code == 422
    given = {"revision": revision, "to": str(desk.city.pk), "reason": "反映上级管理的干部"}
    assert triage.post(url, given).status_code == 303
    assert triage.post(url, given).status_code == 404
    page = triage.get("/desk/transfers/")
    assert tip.number in page.text
    assert "等对方接收" in page.text
    tip.refresh_from_db()
    assert tip.due_rule == "send_up"
    row = Transfer.objects.get()
    assert row.unread
    assert row.due_on == tip.due_on

    there = desk.client("outsider")  # triage of the city
    assert tip.number in there.get("/desk/transfers/").text
    page = there.get(f"/desk/tips/{tip.number}/")
    assert "转来的件" in page.text
    assert "反映上级管理的干部" in page.text or row.cell_id
    tip.refresh_from_db()
    back = f"/desk/tips/{tip.number}/return/"
    assert there.post(back, {"revision": tip.revision, "reason": ""}).status_code == 422
    assert there.post(back, {"revision": tip.revision, "reason": "归区里管"}).status_code == 303
    assert there.get(f"/desk/tips/{tip.number}/").status_code == 404
    nobody_but(land, tip, "lake")
    tip.refresh_from_db()
    assert tip.state == State.SUBMITTED
    assert tip.due_rule == "ack_named"
    assert [t.answer for t in Transfer.objects.order_by("number")] == ["returned", "accepted"]
    assert "退回" in triage.get("/desk/transfers/").text
    assert triage.get(f"/desk/tips/{tip.number}/").status_code == 200


def test_screening_accepts_and_the_reporters_clock_goes_on(land: Land) -> None:
    tip = land.desk.tip()
    due = tip.due_on
    go(land, tip, "triage", "hill")
    there = land.desk.client(land.member("triage", "hill"))
    tip.refresh_from_db()
    assert tip.due_rule == "lower_accept"
    assert state(there, tip, "screening").status_code == 303
    tip.refresh_from_db()
    assert (tip.due_rule, tip.due_on) == ("ack_named", due)
    row = Transfer.objects.get()
    assert (row.answer, row.answered_by) == ("accepted", land.desk.users["triage-hill"])
    page = land.desk.client("triage").get("/desk/transfers/")
    assert "审核中" in page.text  # across: the rule lets the sender follow it
    back = {"revision": tip.revision, "reason": "想退"}
    assert there.post(f"/desk/tips/{tip.number}/return/", back).status_code == 409


def test_of_what_went_up_the_lower_office_learns_only_that_it_was_accepted(land: Land) -> None:
    tip = land.desk.tip()
    go(land, tip, "triage", "city")
    tip.refresh_from_db()
    assert state(land.desk.client("outsider"), tip, "screening").status_code == 303
    page = land.desk.client("triage").get("/desk/transfers/")
    assert "已接收" in page.text
    assert "审核中" not in page.text


def test_sent_on_without_being_accepted(land: Land) -> None:
    tip = land.desk.tip()
    due = tip.due_on
    go(land, tip, "triage", "hill")
    land.member("triage", "hill")
    go(land, tip, "triage-hill", "city")
    assert [t.answer for t in Transfer.objects.order_by("number")] == ["onward", "open"]
    tip.refresh_from_db()
    state(land.desk.client("outsider"), tip, "screening")
    tip.refresh_from_db()
    assert (tip.due_rule, tip.due_on) == ("ack_named", due)


@pytest.mark.parametrize("to", ["lake", "nowhere", "0", ""])
def test_only_up_down_and_across(land: Land, to: str) -> None:
    tip, village = land.desk.tip(), land.offices["village"]
    assert moving.direction_of(land.offices["hill"], village) is None
    value = {"lake": str(land.desk.lake.pk)}.get(to, to)
    page = land.desk.client("triage").post(
        f"/desk/tips/{tip.number}/transfer/", {"to": value, "reason": "x", "revision": tip.revision}
    )
    assert page.status_code == 422
    with pytest.raises(services.Refused):
        moving.move(**land.desk.open("triage", tip), to=land.desk.lake, reason="x", revision=tip.revision)


def test_two_at_once_one_moves_it(land: Land) -> None:
    tip = land.desk.tip()
    first, second = land.desk.open("triage", tip), land.desk.open("approver", tip)
    tip = Tip.objects.select_related("office").get(pk=tip.pk)
    first["tip"] = second["tip"] = tip
    moving.move(**first, to=land.desk.city, reason="一", revision=tip.revision)
    with pytest.raises(services.Stale):
        moving.move(**second, to=land.offices["hill"], reason="二", revision=tip.revision)
    assert Transfer.objects.count() == 1
    nobody_but(land, tip, "city")


def test_a_transaction_that_fails_leaves_everything(land: Land, monkeypatch: Any) -> None:
    tip = land.desk.tip()
    before = list(Wrap.objects.filter(subject=tip.pk).order_by("pk").values())

    def broken(**_k: Any) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(moving.ledger, "record", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        go(land, tip, "triage", "hill")
    assert list(Wrap.objects.filter(subject=tip.pk).order_by("pk").values()) == before
    tip.refresh_from_db()
    assert tip.office_id == land.desk.lake.pk
    assert not Transfer.objects.exists()


def test_one_open_transfer_a_tip(land: Land) -> None:
    made = go(land, land.desk.tip(), "triage", "hill")
    made.pk, made.number, made.cell = None, 9, Cell.objects.exclude(pk=made.cell_id).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer(
            **{f.attname: getattr(made, f.attname) for f in Transfer._meta.fields if f.name != "uuid"}
        ).save()


def test_the_identity_follows_in_two_halves(land: Land) -> None:
    from complaints.intake.answers import Identity

    desk = land.desk
    for role in ("custodian", "approver"):
        land.member(role, "hill")
    tip = desk.tip(identity=Identity("王小明", "13800000000"))
    made = go(land, tip, "triage", "hill")
    assert made.halves_due_on

    def identity(code: str) -> str:
        keeper, judge = (
            ("custodian", "approver") if code == "lake" else (f"custodian-{code}", f"approver-{code}")
        )
        office = land.offices[code]
        seeds = [
            offices.open_office_seed(desk.users[name], desk.seeds[name], office, purpose)
            for name, purpose in ((keeper, "identity"), (judge, "approval"))
        ]
        return sealing.open_identity(tip_uuid=tip.pk, custodian_seed=seeds[0], approver_seed=seeds[1])

    assert "王小明" in identity("lake"), "until it is sent, it stays where it was"
    url = f"/desk/transfers/{made.pk}/half/"
    assert desk.client("custodian").post(url, {"half": "b"}).status_code == 404
    assert desk.client("triage").post(url, {"half": "a"}).status_code == 403
    assert desk.client("custodian-hill").post(url, {"half": "a"}).status_code == 404
    assert "移交保管人的一半" in desk.client("custodian").get("/desk/transfers/").text
    assert desk.client("custodian").post(url, {"half": "a"}).status_code == 303
    for code in ("lake", "hill"):
        with pytest.raises(NotAMember):
            identity(code)
    assert desk.client("approver").post(url, {"half": "b"}).status_code == 303
    assert "王小明" in identity("hill")
    with pytest.raises(NotAMember):
        identity("lake")
    assert desk.client("approver").post(url, {"half": "b"}).status_code == 404
    assert not vault.opens_any(land.seeds("lake"), tip.pk)


def test_who_moves_it_is_asked_again_in_the_service(land: Land) -> None:
    from django.core.exceptions import PermissionDenied

    tip = land.desk.tip()
    with pytest.raises(PermissionDenied):
        moving.move(**land.desk.open("handler", tip), to=land.desk.city, reason="x", revision=1)
    assert User.objects.filter(pk=land.desk.users["handler"].pk).exists()


def test_who_has_it_open_while_it_goes_is_told_that_it_is_not_there(desk: Any, monkeypatch: Any) -> None:
    """The tip moves between the question of the role and the opening: 404, and not that a key is missing."""
    from complaints.desk import opening
    from complaints.intake.models import Tip
    from complaints.vault.errors import NotAMember

    tip = desk.tip()
    client = desk.client("triage")

    def gone(**_given: Any) -> Any:
        Tip.objects.filter(pk=tip.pk).update(office=desk.city)
        raise NotAMember("lake")

    monkeypatch.setattr(opening, "open_tip", gone)
    assert client.get(f"/desk/tips/{tip.number}/").status_code == 404
    Tip.objects.filter(pk=tip.pk).update(office=desk.lake)
    assert client.post(f"/desk/tips/{tip.number}/note/", {"note": "写到一半"}).status_code == 404


@pytest.mark.parametrize("act", ["transfer", "joint"])
def test_a_stale_page_says_who_did_what_and_keeps_what_was_typed(land: Land, act: str) -> None:
    desk, tip = land.desk, land.desk.tip()
    desk.client("handler").post(
        f"/desk/tips/{tip.number}/state/", {"target": "screening", "revision": tip.revision}
    )
    typed = {
        "reason": "归市里办",
        "task": "请查合同",
        "due_on": (clock.today() + dt.timedelta(5)).isoformat(),
    }
    typed |= {"to": str(desk.city.pk), "revision": str(tip.revision)}
    page = desk.client("triage").post(f"/desk/tips/{tip.number}/{act}/", typed)
    assert page.status_code == 409
    assert "林handler：审核中" in page.text
    assert ("归市里办" if act == "transfer" else "请查合同") in page.text
    again = re.search(r'name="revision" value="(\d+)"', page.text)
    assert again
    assert int(again[1]) > tip.revision
