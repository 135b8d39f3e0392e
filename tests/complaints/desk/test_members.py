"""The members' pages: invite, compare by voice, grant, reset, lost phone, remove."""

from __future__ import annotations

import re

import pytest
from accounts import services as accounts
from accounts.models import StaffKey, User
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from ledger.models import Event

from complaints.vault import offices
from complaints.vault.errors import NotAMember
from complaints.vault.models import Job, Membership

NEW = "another long enough pass phrase"


def invited(client) -> tuple[User, str]:
    page = client.post(
        "/desk/members/invite/", {"family_name": "周", "given_name": "予安", "username": "zhou"}
    ).content.decode()
    link = re.search(r"http://testserver(/accounts/password/reset/key/[^<]+)", page)
    assert link, page
    return User.objects.get(username="zhou"), link[1]


def accept(desk, link, password=NEW):
    """The person's own browser, from the link to the password that is set."""
    from django.test import Client

    browser = Client()
    form = browser.get(link, follow=True)
    done = browser.post(
        form.request["PATH_INFO"], {"password1": password, "password2": password}, follow=True
    )
    assert done.status_code == 200
    return browser


def test_it_works(desk):
    """From the invitation to the first tip."""
    head = desk.client("head")
    user, link = invited(head)
    assert "还没有打开邀请" in head.get("/desk/members/").content.decode()
    accept(desk, link)
    user.refresh_from_db()
    desk.users["zhou"], desk.seeds["zhou"] = user, accounts.open_seed(user=user, password=NEW)
    own = desk.client("zhou").get("/desk/")
    heard = offices.fingerprint(user)
    assert own.status_code == 403
    assert heard in own.content.decode()
    page = f"/desk/members/lake/{user.pk}/"
    assert heard not in head.get(page).content.decode()  # it is heard, not copied
    wrong = head.post(page, {"role": "handler", "heard": "0" * 30})
    assert wrong.status_code == 422
    assert "没有授权" in wrong.content.decode()
    assert not Membership.objects.filter(user=user).exists()
    done = head.post(page, {"role": "handler", "heard": heard.replace(" ", "-")})
    assert done.status_code == 303
    tip = desk.tip()
    assert desk.open("zhou", tip)["keys"]
    assert desk.client("zhou").get(f"/desk/tips/{tip.number}/").status_code == 200
    acts = [event.details["act"] for event in Event.objects.filter(kind="account")]
    assert acts == ["invited"]


def test_the_link_serves_once(desk):
    _user, link = invited(desk.client("head"))
    accept(desk, link)
    from django.test import Client

    assert "链接已失效" in Client().get(link, follow=True).content.decode()


def test_a_key_that_was_swapped_is_not_granted(desk):
    """Somebody writes another key into the database between the call and the click."""
    from accounts.keys import KeySeed

    user = desk.person("zhou")
    heard, thief = offices.fingerprint(user), KeySeed.new()
    StaffKey.objects.filter(user=user).update(box_public=thief.box_public, sign_public=thief.sign_public)
    answer = desk.client("head").post(f"/desk/members/lake/{user.pk}/", {"role": "handler", "heard": heard})
    assert answer.status_code == 422
    assert not Membership.objects.filter(user=user).exists()


def test_a_reset_then_a_new_grant(desk):
    tip = desk.tip()
    user, head = desk.users["handler"], desk.client("head")
    theirs = desk.client("handler")
    page = head.post(f"/desk/members/lake/{user.pk}/reset/").content.decode()
    link = re.search(r"http://testserver(/accounts/password/reset/key/[^<]+)", page)[1]
    assert theirs.get("/desk/").status_code == 302  # the login is over
    accept(desk, link)
    user.refresh_from_db()
    desk.seeds["handler"] = accounts.open_seed(user=user, password=NEW)
    with pytest.raises(NotAMember):
        desk.open("handler", tip)
    told = desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert told.status_code == 403
    assert offices.fingerprint(user) in told.content.decode()
    assert "等重新授权" in head.get("/desk/members/").content.decode()
    heard = offices.fingerprint(user)
    assert head.post(f"/desk/members/lake/{user.pk}/", {"role": "handler", "heard": heard}).status_code == 303
    assert desk.open("handler", tip)["keys"]
    assert "等重新授权" not in head.get("/desk/members/").content.decode()


def test_a_password_change_keeps_the_key(desk):
    tip = desk.tip()
    accounts.rewrap(user=desk.users["handler"], old="correct horse battery staple", new=NEW)
    desk.seeds["handler"] = accounts.open_seed(user=desk.users["handler"], password=NEW)
    assert desk.open("handler", tip)["keys"]
    with pytest.raises(accounts.WrongPassword):
        accounts.open_seed(user=desk.users["handler"], password="correct horse battery staple")


def test_a_lost_phone(desk):
    user = desk.users["handler"]
    accounts.add_totp(user)
    desk.client("handler")
    head = desk.client("head")
    assert head.post(f"/desk/members/lake/{user.pk}/second-step/").status_code == 303
    assert not Authenticator.objects.filter(user=user).exists()
    assert not [
        row for row in Session.objects.all() if row.get_decoded().get("_auth_user_id") == str(user.pk)
    ]


def test_a_removal(desk):
    tip = desk.tip()
    from complaints.desk import services

    services.claim(tip=tip, user=desk.users["handler"])
    user, head = desk.users["handler"], desk.client("head")
    page = f"/desk/members/lake/{user.pk}/remove/"
    assert "收不回来" in head.get(page).content.decode()
    assert head.post(page, {}).status_code == 422
    assert head.post(page, {"roles": ["handler"]}).status_code == 303
    tip.refresh_from_db()
    assert tip.assignee is None
    assert Job.objects.get().total == 1
    shown = head.get("/desk/members/").content.decode()
    assert "0 件，共 1 件" in shown
    assert head.get(page).status_code == 404


def test_the_last_administrator_stays(desk):
    head, user = desk.client("head"), desk.users["head"]
    answer = head.post(f"/desk/members/lake/{user.pk}/remove/", {"roles": ["administrator"]})
    assert answer.status_code == 422


def test_others_do_not_enter(desk):
    user = desk.users["handler"]
    for name in ("triage", "custodian", "auditor"):
        client = desk.client(name)
        for path in ("invite/", f"lake/{user.pk}/", f"lake/{user.pk}/reset/", f"lake/{user.pk}/remove/"):
            assert client.post(f"/desk/members/{path}").status_code == 403, (name, path)
        assert client.get("/desk/members/").status_code == 403


def test_another_offices_people_are_not_reset(desk):
    chief = desk.client("chief")  # of the city
    user = desk.users["handler"]
    assert chief.post(f"/desk/members/lake/{user.pk}/reset/").status_code == 404
    assert chief.post(f"/desk/members/city/{user.pk}/reset/").status_code == 404
    assert chief.post(f"/desk/members/city/{user.pk}/second-step/").status_code == 404
    own = desk.users["chief"]
    assert chief.post(f"/desk/members/city/{own.pk}/reset/").status_code == 404


WRONG = (
    {},
    {"family_name": "周", "given_name": "", "username": "zhou"},
    {"family_name": "周", "given_name": "予安", "username": "Head"},
    {"family_name": "周", "given_name": "予安", "username": "a b"},
    {"family_name": "周\0", "given_name": "予" * 1000, "username": "x" * 1000},
)


def test_a_wrong_invitation_loses_nothing(desk):
    before, head = User.objects.count(), desk.client("head")
    for wrong in WRONG:
        answer = head.post("/desk/members/invite/", wrong)
        assert answer.status_code == 422, wrong
        assert wrong.get("given_name", "")[:50] in answer.content.decode()
    assert User.objects.count() == before


def test_the_session_of_a_colleague_hands_the_keys_on(desk):
    from complaints.vault import worker
    from complaints.vault.models import WorkerGrant

    desk.tip()
    desk.client("head").post(f"/desk/members/lake/{desk.users['handler'].pk}/remove/", {"roles": ["handler"]})
    assert not WorkerGrant.objects.exists()  # no worker lives
    worker.forget()
    worker.announce()
    desk.client("triage").get("/desk/")
    assert WorkerGrant.objects.count() == 1
    worker.forget()
