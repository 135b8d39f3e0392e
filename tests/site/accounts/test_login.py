"""The door: password, second step, desk; and who stays outside."""

import re

import pytest
from accounts import services, unlock
from accounts.models import User
from axes.models import AccessAttempt
from django.conf import settings as live
from django.test import Client
from django.urls import reverse

from .conftest import PASSWORD, Staff, code_of, let_in


def logged_in(client):
    return "_auth_user_id" in client.session


def test_it_works(client, staff):
    page = client.get("/accounts/login/")
    assert page.status_code == 200
    assert {"login", "password"} <= set(re.findall(r'name="(\w+)"', page.content.decode()))
    answer = staff.login(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    assert client.session["_auth_user_id"] == str(staff.user.pk)
    assert let_in(client)


def test_where_it_was_going(client, staff):
    client.post(
        "/accounts/login/?next=/desk/stats/",
        {"login": "linyizhou", "password": PASSWORD, "next": "/desk/stats/"},
    )
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(staff.secret)})
    assert answer.headers["Location"] == "/desk/stats/"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/"])
def test_never_to_another_site(client, staff, target):
    staff.start(client, next=target)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_of(staff.secret)})
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "path", ["/desk/", "/desk/stats/", "/admin/", "/admin/pages/", "/desk/nothing-here/"]
)
def test_nothing_opens_without_login(client, wagtail_root, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


def test_a_post_without_login_is_not_repeated_by_the_way_back(client, wagtail_root):
    assert client.post("/desk/lock/").headers["Location"] == "/accounts/login/?next=/desk/"


def test_the_password_alone_opens_nothing(client, staff):
    staff.start(client)
    assert not logged_in(client)
    assert client.get("/desk/").headers["Location"].startswith("/accounts/login/")


def test_a_session_without_the_second_step_is_sent_to_it(client, staff):
    client.force_login(staff.user, backend=live.AUTHENTICATION_BACKENDS[-1])
    for path in ("/desk/", "/admin/"):
        assert client.get(path).headers["Location"].startswith("/accounts/2fa/reauthenticate/")
    client.post("/accounts/2fa/reauthenticate/", {"code": code_of(staff.secret)})
    assert let_in(client)


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/password_reset/", "/admin/password_reset/confirm/x/y/"]
)
def test_wagtails_own_door_is_closed(client, staff, path):
    for answer in (client.get(path), client.post(path, {"username": "linyizhou", "password": PASSWORD})):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")
    assert not logged_in(client)


@pytest.mark.parametrize("fields", [
    {"login": "linyizhou", "password": "wrong"}, {"login": "nobody", "password": PASSWORD},
    {"login": "", "password": ""}, {"login": "x" * 500, "password": "y" * 5000},
    {"login": "a\0b", "password": "c\0d"},
    {},
])  # fmt: skip
def test_refused_with_a_sentence_and_the_name_kept(client, staff, fields):
    answer = client.post("/accounts/login/", fields)
    assert answer.status_code == 200
    assert not logged_in(client)
    page = answer.content.decode()
    assert 'class="errs"' in page
    assert unlock.COOKIE not in answer.cookies
    if not fields.get("login"):
        assert "请填写用户名。" in page
        assert "请填写密码。" in page
    if fields.get("password") == "wrong":
        assert "用户名或者密码不正确" in page
        assert 'value="linyizhou"' in page
    if fields.get("password"):
        assert fields["password"] not in page


def test_unknown_and_known_names_get_one_answer(client, staff):
    pages = [
        client.post("/accounts/login/", {"login": name, "password": "wrong"})
        .content.decode()
        .replace(name, "N")
        for name in ("linyizhou", "nobody")
    ]
    bare = [re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]
    assert bare[0] == bare[1]


@pytest.mark.parametrize("code", ["000000", "", "abc", "1" * 500, "１２３\0"])
def test_a_wrong_code(client, staff, code):
    staff.start(client)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert answer.status_code == 200
    assert 'class="errs"' in answer.content.decode()
    assert not logged_in(client)


def test_a_code_is_used_once(staff):
    assert staff.login(Client()).status_code == 302
    second = Client()
    assert staff.login(second).status_code == 200
    assert not logged_in(second)


@pytest.mark.parametrize(("ahead", "accepted"), [(-1, True), (1, True), (-3, False), (3, False)])
def test_a_code_a_moment_early_or_late(client, staff, ahead, accepted):
    staff.start(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(staff.secret, ahead)})
    assert logged_in(client) is accepted


def test_a_used_code_is_remembered_as_long_as_it_is_good(client, staff, monkeypatch):
    kept = []

    class Spy:
        def set(self, key, value, timeout):
            kept.append(timeout)

    monkeypatch.setattr("accounts.forms.cache", Spy())
    staff.login(client)
    assert kept == [90]


def test_guessing_codes_ends(client, staff):
    staff.start(client)
    for _ in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    client.post("/accounts/2fa/authenticate/", {"code": code_of(staff.secret)})
    assert not logged_in(client)


def test_guessing_passwords_ends_for_this_name_and_address_only(staff, settings):
    settings.ACCOUNT_RATE_LIMITS = False  # axes alone
    client = Client()
    for _ in range(5):
        client.post("/accounts/login/", {"login": "LinYiZhou", "password": "wrong"})
    answer = staff.start(client)
    assert answer.status_code == 429
    assert "尝试次数过多" in answer.content.decode()
    assert not logged_in(client)
    assert AccessAttempt.objects.get().username == "linyizhou"
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert staff.login(elsewhere).status_code == 302


def test_allauths_own_limit_stands_too(staff):
    client = Client(REMOTE_ADDR="192.0.2.9")
    for n in range(11):
        client.post("/accounts/login/", {"login": f"name{n}", "password": "wrong"})
    assert not logged_in(client)
    assert staff.start(client).status_code in (200, 429)
    assert not logged_in(client)


def test_ten_good_logins_from_one_address(db, cheap_kdf, wagtail_root):
    for n in range(10):
        user = services.create_staff(username=f"user{n}", password=PASSWORD)
        assert Staff(user, services.add_totp(user)).login(Client()).headers["Location"] == "/desk/"


def test_a_dismissed_person(client, staff):
    User.objects.update(is_active=False)
    staff.start(client)
    assert not logged_in(client)
    assert client.get("/accounts/inactive/").status_code == 200


def test_logout_takes_key_and_cookie(client, staff):
    staff.login(client)
    assert client.get("/accounts/logout/").status_code == 200  # asks first
    assert logged_in(client)
    answer = client.post("/accounts/logout/")
    assert answer.headers["Location"] == "/accounts/login/"
    assert not logged_in(client)
    assert answer.cookies[unlock.COOKIE]["max-age"] == 0
    assert answer.cookies[unlock.COOKIE]["path"] == "/desk/"
    assert unlock.SESSION_KEY not in client.session


def test_editors_land_where_they_work(client, staff):
    from django.contrib.auth.models import Group, Permission

    editors, _ = Group.objects.get_or_create(name="editors")
    editors.permissions.add(Permission.objects.get(codename="access_admin"))
    staff.user.groups.add(editors)
    assert staff.login(client).headers["Location"] == "/admin/"


@pytest.mark.parametrize("path", [
    "signup/", "email/", "confirm-email/", "confirm-email/abc/", "password/set/", "password/reset/",
    "password/reset/done/", "login/code/confirm/", "2fa/webauthn/login/", "2fa/webauthn/signup/",
])  # fmt: skip
def test_what_is_off(client, staff, path):
    staff.login(client)
    assert client.get(f"/accounts/{path}").status_code == 404
    assert client.post(f"/accounts/{path}").status_code == 404


def test_every_name_allauth_links_to_resolves():
    for name in ("account_signup", "account_email", "account_reset_password", "mfa_index"):
        assert reverse(name).startswith("/accounts/")


def test_pages_have_the_security_they_need(client, staff):
    answer = client.get("/accounts/login/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]


def test_csrf_is_asked_for(staff):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/login/", {"login": "linyizhou", "password": PASSWORD}).status_code == 403
