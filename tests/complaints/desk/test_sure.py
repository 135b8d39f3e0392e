"""What touches identities, keys or roles asks for the password again, however long the session stays open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from accounts import unlock
from django.test import Client

from complaints.intake import services as intake
from complaints.vault.models import IdentityRequest
from tests.complaints.desk.conftest import PASSWORD
from tests.complaints.desk.test_work import post

NOBODYS = "00000000-0000-4000-8000-000000000000"  # no transfer has it
ASKED = "再输一次密码"
ASK = {"reason": "要当面归还他交来的账本"}


def grown_old(client: Client) -> Client:
    """The same browser, still unlocked, an hour after the password."""
    session = client.session
    session[unlock.SESSION_KEY]["since"] -= 3600
    session.save()
    return client


def hidden(page: Any) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))


@pytest.fixture
def named(desk: Any) -> Any:
    return desk.tip(identity=intake.Identity(name="张三", phone="13800000000"))


def test_it_works(desk: Any, named: Any) -> None:
    client = grown_old(desk.client("custodian"))
    page = client.post("/desk/identity/", {"number": named.number, **ASK})
    assert page.status_code == 403
    assert ASKED in page.text
    assert not IdentityRequest.objects.exists()
    page = client.post("/desk/unlock/", {**hidden(page), "password": "wrong wrong wrong"})
    assert (page.status_code, ASKED in page.text) == (422, True)
    page = client.post("/desk/unlock/", {**hidden(page), "password": PASSWORD})
    assert page.status_code == 200
    assert ASK["reason"] in page.text, "what was typed is there"
    assert client.post("/desk/identity/", hidden(page)).status_code == 303
    assert IdentityRequest.objects.count() == 1


def test_a_button_without_fields_is_asked_too(desk: Any, named: Any) -> None:
    custodian, approver = desk.client("custodian"), grown_old(desk.client("approver"))
    custodian.post("/desk/identity/", {"number": named.number, **ASK})
    asked = IdentityRequest.objects.get()
    path = f"/desk/identity/{asked.pk}/"
    assert approver.post(f"{path}answer/", {"answer": "agree"}).status_code == 403
    asked.refresh_from_db()
    assert asked.answer == "open"
    assert desk.client("approver").post(f"{path}answer/", {"answer": "agree"}).status_code == 303
    page = grown_old(custodian).post(f"{path}look/")
    assert (page.status_code, "张三" in page.text) == (403, False)
    page = custodian.post("/desk/unlock/", {**hidden(page), "password": PASSWORD})
    assert f'action="{path}look/"' in page.text
    assert "张三" in custodian.post(f"{path}look/").text


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("custodian", f"/desk/transfers/{NOBODYS}/half/"),
        ("head", "/desk/members/invite/"),
        ("head", "/desk/members/offices/"),
        ("head", "/desk/members/lake/{pk}/"),
        ("head", "/desk/members/lake/{pk}/reset/"),
        ("head", "/desk/members/lake/{pk}/second-step/"),
        ("head", "/desk/members/lake/{pk}/wake/"),
        ("head", "/desk/members/lake/{pk}/remit/handler/"),
        ("head", "/desk/members/lake/{pk}/remove/"),
    ],
)
def test_every_such_address(desk: Any, who: str, path: str) -> None:
    path = path.format(pk=desk.users["handler"].pk)
    client = grown_old(desk.client(who))
    page = client.post(path, {"roles": ["handler"]})
    assert (page.status_code, ASKED in page.text) == (403, True)
    assert desk.users["handler"].memberships.filter(ended_at=None).exists()
    if client.get(path).status_code == 200:
        assert ASKED not in client.get(path).text, "to look at it is not to do it"
    again = desk.client(who).post(path, {"roles": []})
    assert ASKED not in again.text


def test_ordinary_work_is_not_interrupted(desk: Any) -> None:
    tip, client = desk.tip(), grown_old(desk.client("handler"))
    assert post(client, tip, "claim").status_code == 303
    assert post(client, tip, "note", {"note": "电话核实过"}).status_code == 303


def test_what_the_session_had_sealed_still_opens(desk: Any) -> None:
    desk.tip("押金不退")
    client = desk.client("handler")
    found = client.post("/desk/search/", {"q": "押金"})["Location"]
    grown_old(client)
    assert client.post("/desk/unlock/", {"password": PASSWORD}).status_code == 303
    page = client.get(found)
    assert "检索词已经" not in page.text
    assert "押金不退" in page.text


def test_a_locked_session_is_asked_once(desk: Any, named: Any) -> None:
    client = desk.client("custodian", unlocked=False)
    page = client.post("/desk/identity/", {"number": named.number, **ASK})
    assert page.status_code == 403
    page = client.post("/desk/unlock/", {**hidden(page), "password": PASSWORD})
    assert client.post("/desk/identity/", hidden(page)).status_code == 303
