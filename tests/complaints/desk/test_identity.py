"""An identity takes two people, by their keys and not by an `if`."""

from __future__ import annotations

import datetime as dt

import pytest
from ledger.models import Event
from workdays import clock

from complaints.desk import identity
from complaints.intake import services as intake
from complaints.vault import checking, directory
from complaints.vault import identity as vault
from complaints.vault.errors import BadSeal, DirectoryBroken, NotAMember
from complaints.vault.models import IdentityRequest, Membership, Wrap

REASON = "要当面归还他交来的账本"


@pytest.fixture
def named(desk):
    return desk.tip(identity=intake.Identity(name="张三", phone="13800000000"))


def ask(desk, tip, name="custodian"):
    return identity.ask(user=desk.users[name], number=tip.number, reason=REASON)


def agree(desk, asked, name="approver"):
    identity.agree(asked=asked, user=desk.users[name], seed=desk.seeds[name])


def look(desk, asked, name="custodian"):
    asked.refresh_from_db()
    return identity.look(asked=asked, user=desk.users[name], seed=desk.seeds[name])


def test_it_works(desk, named):
    asked = ask(desk, named)
    assert vault.read_reason(asked, desk.users["approver"], desk.seeds["approver"]) == REASON
    agree(desk, asked)
    shown = look(desk, asked)
    assert (shown.number, shown.name, shown.contact) == (named.number, "张三", ["13800000000"])
    assert not Wrap.objects.filter(user=desk.users["custodian"], kind="identity-b").exists()
    assert not Wrap.objects.filter(kind="reason").exists()
    kinds = [
        event.kind for event in Event.objects.filter(tag=bytes(named.tag), at__isnull=False).order_by("at")
    ]
    assert [kind for kind in kinds if kind.startswith("identity")] == [
        "identity-asked",
        "identity-agreed",
        "identity-opened",
    ]
    with pytest.raises(identity.Refused):
        look(desk, asked)
    assert checking.check().faults == []


def test_an_answer_in_the_database_opens_nothing(desk, named):
    asked = ask(desk, named)
    IdentityRequest.objects.filter(pk=asked.pk).update(
        answer="agreed", approver=desk.users["approver"], answered_at=clock.now()
    )
    with pytest.raises(identity.Refused):
        look(desk, asked)
    asked.refresh_from_db()
    with pytest.raises(NotAMember):
        vault.open_with(asked, desk.users["custodian"], desk.seeds["custodian"])


def test_only_an_approver_agrees(desk, named):
    asked = ask(desk, named)
    for name in ("custodian", "triage", "head", "outsider"):
        with pytest.raises(identity.Refused):
            agree(desk, asked, name)
        with pytest.raises(NotAMember):  # nor would the keys do it
            vault.hand_half(asked, desk.users[name], desk.seeds[name])


def test_only_a_custodian_asks(desk, named):
    for name in ("approver", "triage", "auditor", "outsider"):
        with pytest.raises(identity.Refused):
            ask(desk, named, name)


def test_what_cannot_be_asked(desk, named):
    anonymous = desk.tip()
    for number in (anonymous.number, "1999-1", ""):
        with pytest.raises(identity.Refused):
            identity.ask(user=desk.users["custodian"], number=number, reason=REASON)
    with pytest.raises(identity.Refused):
        identity.ask(user=desk.users["custodian"], number=named.number, reason="  ")
    ask(desk, named)
    with pytest.raises(identity.Refused):
        ask(desk, named)


def test_it_lapses(desk, named, monkeypatch):
    asked, now = ask(desk, named), clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(hours=24, seconds=1))
    with pytest.raises(identity.Refused):
        agree(desk, asked)
    assert identity.lapse() == 1
    asked = ask(desk, named)
    later = clock.now()
    agree(desk, asked)
    monkeypatch.setattr(clock, "now", lambda: later + dt.timedelta(minutes=30, seconds=1))
    with pytest.raises(identity.Refused):
        look(desk, asked)
    asked.refresh_from_db()
    assert asked.answer == "lapsed"
    assert not Wrap.objects.filter(user=desk.users["custodian"], kind="identity-b").exists()


def test_a_custodian_whose_key_is_another_in_the_directory_gets_nothing(desk, named):
    asked = ask(desk, named)
    directory.verify(desk.lake)
    from accounts.keys import KeySeed
    from accounts.models import StaffKey

    thief = KeySeed.new()
    StaffKey.objects.filter(user=desk.users["custodian"]).update(
        box_public=thief.box_public, sign_public=thief.sign_public
    )
    agree(desk, asked)  # sealed to the key of the directory, not to the row's
    recipients = Wrap.objects.filter(user=desk.users["custodian"], kind="identity-b").values_list(
        "recipient", flat=True
    )
    assert vault.wraps.recipient_hash(thief.box_public) not in [bytes(item) for item in recipients]


def test_the_pages(desk, named):
    custodian, approver = desk.client("custodian"), desk.client("approver")
    assert custodian.get("/desk/identity/").status_code == 200
    assert custodian.post("/desk/identity/", {"number": "1999-1", "reason": REASON}).status_code == 422
    done = custodian.post("/desk/identity/", {"number": named.number, "reason": REASON})
    assert done.status_code == 303
    asked = IdentityRequest.objects.get()
    assert REASON not in custodian.get("/desk/identity/").content.decode()
    assert REASON in approver.get("/desk/identity/").content.decode()
    assert custodian.post(f"/desk/identity/{asked.pk}/answer/", {"answer": "agree"}).status_code == 403
    early = custodian.post(f"/desk/identity/{asked.pk}/look/")
    assert early.status_code == 409
    assert approver.post(f"/desk/identity/{asked.pk}/answer/", {"answer": "agree"}).status_code == 303
    assert approver.post(f"/desk/identity/{asked.pk}/look/").status_code == 403
    shown = custodian.post(f"/desk/identity/{asked.pk}/look/")
    assert "张三" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert custodian.post(f"/desk/identity/{asked.pk}/look/").status_code == 409
    for name in ("triage", "auditor", "head"):
        assert desk.client(name).get("/desk/identity/").status_code == 403


def test_no_is_no(desk, named):
    asked = ask(desk, named)
    identity.decline(asked=asked, user=desk.users["approver"])
    with pytest.raises(identity.Refused):
        look(desk, asked)
    with pytest.raises(identity.Refused):
        agree(desk, asked)
    assert ask(desk, named)


def test_one_member_who_writes_into_the_database_opens_nothing(desk, named):
    """Every row that says "may" forged in SQL by a custodian: what is missing is the other half's key."""
    custodian, seed = desk.users["custodian"], desk.seeds["custodian"]
    asked = ask(desk, named)
    Membership.objects.create(office=desk.lake, user=custodian, role="approver", granted_at=clock.now())
    IdentityRequest.objects.filter(pk=asked.pk).update(
        answer="agreed", approver=desk.users["approver"], answered_at=clock.now()
    )
    recipient = vault.wraps.recipient_hash(seed.box_public)
    halves = Wrap.objects.filter(subject=named.pk, kind="identity-b")
    (half,) = halves
    Wrap.objects.create(
        kind="identity-b", subject=named.pk, generation=half.generation, recipient=recipient,
        office=half.office, epoch=half.epoch, user=custodian, sealed=bytes(half.sealed),
    )  # fmt: skip
    for seeds in Wrap.objects.filter(kind="approval-seed", subject=desk.lake.uuid):
        Wrap.objects.create(
            kind=seeds.kind, subject=seeds.subject, generation=seeds.generation, recipient=recipient,
            user=custodian, sealed=bytes(seeds.sealed), signature=bytes(seeds.signature),
        )  # fmt: skip
    asked.refresh_from_db()
    with pytest.raises((NotAMember, BadSeal)):
        vault.open_with(asked, custodian, seed)
    with pytest.raises((NotAMember, BadSeal, DirectoryBroken)):
        vault.hand_half(asked, custodian, seed)
    client = desk.client("custodian")
    for path in ("answer", "look"):
        page = client.post(f"/desk/identity/{asked.pk}/{path}/", {"answer": "agree"})
        assert page.status_code in (403, 404, 409, 503), path
        assert "张三" not in page.content.decode()
    faults = checking.check().faults
    assert any("in the database, but not in the directory" in fault for fault in faults)
