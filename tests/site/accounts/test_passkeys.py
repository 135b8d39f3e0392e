"""A passkey as second step, beside the authenticator and never instead of it, with Chromium's own."""

from __future__ import annotations

import json
import re

import pytest
from accounts import services
from allauth.mfa.models import Authenticator

from tests.support.passkeys import stored
from tests.support.sound import axe

from .conftest import PASSWORD, code_of

pytestmark = pytest.mark.once  # a login, and rows without anything of a database
ADD, INDEX = "/accounts/2fa/webauthn/add/", "/accounts/2fa/"
OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def person(transactional_db, cheap_kdf):
    user = services.create_staff(username="linyizhou", password=PASSWORD, family_name="林", given_name="一舟")
    return user, services.add_totp(user)


def first_step(page):
    page.goto("/accounts/login/")
    page.get_by_label("用户名").fill("linyizhou")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("验证码").wait_for()


def again(page):
    """The password once more, where it is asked for."""
    if "/reauthenticate/" in page.url:
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="继续").click()


def test_added_used_and_removed(page, person):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    device = tools.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})["authenticatorId"]
    first_step(page)
    assert page.get_by_role("button", name="用通行密钥登录").count() == 0, "there is none yet"
    page.get_by_label("验证码").fill(code_of(person[1]))
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto(INDEX)
    page.get_by_role("link", name="添加通行密钥").click()
    again(page)
    assert axe(page) == []
    page.get_by_label("给它起个名字").fill("办公室电脑")
    page.get_by_role("button", name="添加", exact=True).click()
    page.wait_for_url("**/recovery-codes/")  # the first time there were none yet
    page.goto(INDEX)
    page.get_by_text("办公室电脑").first.wait_for()
    (kept,) = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert kept["rpId"] == "localhost"
    assert Authenticator.objects.get(type="webauthn").user == person[0]

    page.goto("/accounts/logout/")
    page.get_by_role("button", name="退出").last.click()
    first_step(page)
    assert axe(page) == []
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**/desk/**")

    page.goto(INDEX)
    page.get_by_role("link", name=re.compile("删除")).click()
    again(page)
    page.get_by_role("button", name="删除通行密钥").click()
    page.get_by_text("通行密钥已删除").wait_for()
    assert not Authenticator.objects.filter(type="webauthn").exists()
    blocked = [text for text in complaints if "Refused" in text or "Policy" in text]
    assert blocked == [], "nothing that the policy of the site blocks"


def test_without_a_script_the_code_is_all_there_is(page_nojs, person):
    Authenticator.objects.create(user=person[0], type="webauthn", data=stored())
    first_step(page_nojs)
    assert not page_nojs.get_by_role("button", name="用通行密钥登录").is_visible()
    page_nojs.get_by_label("验证码").fill(code_of(person[1]))
    page_nojs.get_by_role("button", name="登录", exact=True).click()
    assert page_nojs.url.endswith("/desk/")


def test_it_is_offered_only_beside_the_authenticator(client, staff):
    staff.login(client)
    Authenticator.objects.filter(user=staff.user).delete()
    assert client.get(ADD).headers["Location"] == "/accounts/2fa/totp/activate/"


def test_a_password_alone_neither_adds_nor_removes(client, staff):
    key = Authenticator.objects.create(user=staff.user, type="webauthn", data=stored())
    remove = f"/accounts/2fa/webauthn/keys/{key.pk}/remove/"
    staff.start(client)
    for path in (ADD, remove):
        assert "/accounts/login/" in client.get(path).headers["Location"]
        assert "/accounts/login/" in client.post(path).headers["Location"]
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_another_ones_key_is_not_there(client, staff):
    other = services.create_staff(username="other", password=PASSWORD)
    key = Authenticator.objects.create(user=other, type="webauthn", data=stored())
    staff.login(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": INDEX})
    assert client.post(f"/accounts/2fa/webauthn/keys/{key.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("answer", ["", "{}", "null", "[1]", json.dumps({"id": "x", "rawId": "x"})])
def test_an_answer_that_is_none_is_refused(client, staff, answer):
    Authenticator.objects.create(user=staff.user, type="webauthn", data=stored())
    staff.start(client)
    page = client.post("/accounts/2fa/authenticate/", {"credential": answer})
    assert page.status_code == 200
    assert "出错" in page.content.decode()
    assert client.get("/desk/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_with_the_authenticator_its_passkeys_go(client, staff):
    Authenticator.objects.create(user=staff.user, type="webauthn", data=stored())
    staff.login(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": INDEX})
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=staff.user).exists()


@pytest.mark.parametrize("path", ["login/", "signup/", "keys/1/edit/", "nonsense/"])
def test_what_nobody_needs_is_not_there(client, staff, path):
    staff.login(client)
    assert client.get(f"/accounts/2fa/webauthn/{path}").status_code == 404
