"""Unlocking and locking; the real login with a password and a code opens the desk in one go."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from typing import Any

import pytest
from accounts.services import add_totp
from django.test import Client

from tests.complaints.desk.conftest import PASSWORD


def totp(secret: str) -> str:
    """RFC 6238, on its own."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_login_with_password_and_code_is_an_unlocked_desk(desk: Any) -> None:
    tip = desk.tip("押金不退")
    secret, client = add_totp(desk.users["handler"]), Client()
    assert "/accounts/login/" in client.get("/desk/")["Location"]
    client.post("/accounts/login/", {"login": "handler", "password": PASSWORD})
    assert client.get("/desk/").status_code == 302  # no second step yet
    client.post("/accounts/2fa/authenticate/", {"code": totp(secret)})
    page = client.get("/desk/")
    assert page.status_code == 200
    assert "押金不退" in page.text
    assert tip.number in page.text


def test_unlock_and_lock(desk: Any) -> None:
    tip = desk.tip("押金不退")
    client = desk.client("handler", unlocked=False)
    sent = client.get(f"/desk/tips/{tip.number}/")["Location"]
    page = client.get(sent)
    assert page.status_code == 200
    assert "再输一次密码" in page.text
    following = re.search(r'name="next" value="([^"]*)"', page.text)[1]  # type: ignore[index]
    answer = client.post("/desk/unlock/", {"password": PASSWORD, "next": following})
    assert answer.status_code == 303
    assert answer["Location"] == f"/desk/tips/{tip.number}/"
    cookie = client.cookies["qf_desk"]
    assert cookie["httponly"]
    assert cookie["path"] == "/desk/"
    assert cookie["samesite"] == "Strict"
    assert "押金不退" in client.get(answer["Location"]).text
    assert client.post("/desk/lock/").status_code == 303
    assert client.get("/desk/").status_code == 303


@pytest.mark.parametrize("password", ["", "wrong wrong wrong", "x" * 2000, "a\x00b"])
def test_wrong_passwords_get_a_sentence(desk: Any, password: str) -> None:
    client = desk.client("handler", unlocked=False)
    page = client.post("/desk/unlock/", {"password": password})
    assert page.status_code == 422
    assert 'class="errs"' in page.text
    assert client.get("/desk/").status_code == 303


def test_guessing_is_slowed(desk: Any) -> None:
    client = desk.client("handler", unlocked=False)
    states = [client.post("/desk/unlock/", {"password": f"guess {n} guess"}).status_code for n in range(8)]
    assert states[0] == 422
    assert states[-1] == 429


@pytest.mark.parametrize(
    "following", ["https://example.org/", "//example.org/desk/", "/admin/", "javascript:1", ""]
)
def test_unlock_leads_only_into_the_desk(desk: Any, following: str) -> None:
    client = desk.client("handler", unlocked=False)
    answer = client.post("/desk/unlock/", {"password": PASSWORD, "next": following})
    assert answer["Location"] == "/desk/"


def test_a_session_without_a_second_step_sees_nothing(desk: Any) -> None:
    client = Client()
    client.force_login(desk.users["handler"], backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in ("/desk/", "/desk/unlock/", "/desk/stats/"):
        assert client.get(path).status_code == 302


def test_english_for_those_who_chose_it(desk: Any) -> None:
    user = desk.users["handler"]
    type(user).objects.filter(pk=user.pk).update(language="en")
    page = desk.client("handler").get("/desk/")
    assert '<html lang="en">' in page.text


def test_what_was_typed_until_the_session_locked_is_carried_over(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("handler", unlocked=False)
    url = f"/desk/tips/{tip.number}/reply/"
    page = client.post(url, {"reply": "写了二十五分钟的答复", "revision": "1"})
    assert page.status_code == 403
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    assert fields["carry-reply"] == "写了二十五分钟的答复"
    page = client.post("/desk/unlock/", {**fields, "password": "wrong wrong wrong"})
    assert "写了二十五分钟的答复" in page.text
    page = client.post("/desk/unlock/", {**fields, "password": PASSWORD})
    assert page.status_code == 200
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    assert client.post(url, fields).status_code == 303
    assert "写了二十五分钟的答复" in client.get(f"/desk/tips/{tip.number}/").text


def test_carried_fields_go_nowhere_else(desk: Any) -> None:
    client = desk.client("handler", unlocked=False)
    answer = client.post(
        "/desk/unlock/", {"password": PASSWORD, "to": "https://example.org/", "carry-reply": "x"}
    )
    assert answer.status_code == 303
    assert answer["Location"] == "/desk/"


def test_a_key_that_is_not_granted_again_after_a_reset_is_a_sentence(desk: Any) -> None:
    from complaints.vault.models import Wrap

    tip = desk.tip("押金不退")
    Wrap.objects.filter(user=desk.users["handler"]).delete()
    page = desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert page.status_code == 403
    assert "您的钥匙打不开" in page.text
    queue = desk.client("handler").get("/desk/")
    assert queue.status_code == 200
    assert "押金" not in queue.text


def test_a_directory_that_was_tampered_with_stops_the_desk(desk: Any) -> None:
    from complaints.vault.models import DirectoryEntry

    tip = desk.tip("押金不退")
    entry = DirectoryEntry.objects.filter(office=desk.lake).order_by("-number").first()
    assert entry
    DirectoryEntry.objects.filter(pk=entry.pk).update(body=bytes(entry.body).replace(b"member", b"membex"))
    page = desk.client("handler").get(f"/desk/tips/{tip.number}/")
    assert page.status_code == 503
    assert "钥匙目录核对不上" in page.text
    assert "押金" not in page.text
