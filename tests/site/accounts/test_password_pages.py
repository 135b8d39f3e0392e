"""Changing and setting a password in the browser: the key stays in step, other sessions end."""

import pytest
from accounts import services, unlock
from accounts.models import StaffKey
from django.test import Client

from .conftest import PASSWORD, let_in

NEW = "another long pass phrase"


def change(client, **fields):
    return client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW} | fields
    )


def test_change(client, staff):
    staff.login(client)
    seed = services.open_seed(user=staff.user, password=PASSWORD).seed
    assert client.get("/accounts/password/change/").status_code == 200
    answer = change(client)
    assert answer.status_code == 302
    assert "密码已更改" in client.get(answer.headers["Location"]).content.decode()
    assert services.open_seed(user=staff.user, password=NEW).seed == seed
    assert let_in(client)  # this session goes on, still unlocked
    assert unlock.SESSION_KEY in client.session


def test_other_sessions_end(client, staff):
    staff.login(client)
    other = Client()
    other.cookies.update(client.cookies)
    from importlib import import_module

    store = import_module("django.contrib.sessions.backends.db").SessionStore()
    store.update(dict(client.session.items()))
    store.save()
    other.cookies["sessionid"] = store.session_key
    assert let_in(other)
    change(client)
    assert other.get("/desk/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("fields", [
    {"oldpassword": "wrong"}, {"password1": "short", "password2": "short"},
    {"password2": "something else entirely"},
    {"password1": "", "password2": ""},
    {"password1": "12345678901234567", "password2": "12345678901234567"},
    {"password1": "x\0" * 20, "password2": "x\0" * 20},
])  # fmt: skip
def test_a_refused_change_changes_nothing(client, staff, fields):
    staff.login(client)
    answer = change(client, **fields)
    assert answer.status_code == 200
    assert 'class="errs"' in answer.content.decode()
    assert services.open_seed(user=staff.user, password=PASSWORD)
    staff.user.refresh_from_db()
    assert staff.user.check_password(PASSWORD)


def test_an_invitation_sets_a_password_once(staff):
    client = Client()
    path = services.invitation(staff.user)
    page = client.get(path, follow=True)
    assert page.status_code == 200
    form = page.request["PATH_INFO"]
    assert path.rsplit("-", 1)[1] not in form  # the key left the address
    before = bytes(staff.user.staff_key.box_public)
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    key = StaffKey.objects.get(user=staff.user)
    assert bytes(key.box_public) != before
    assert key.replaced_at
    staff.password = NEW
    assert staff.login(Client()).headers["Location"] == "/desk/"
    again = Client().get(path, follow=True)
    assert "链接已失效" in again.content.decode()


@pytest.mark.parametrize("path", ["1-x", "zzzz-set-password", "1-set-password"])
def test_a_made_up_invitation(client, staff, path):
    answer = client.get(f"/accounts/password/reset/key/{path}/", follow=True)
    assert "链接已失效" in answer.content.decode()


def test_an_invitation_lapses_after_a_day(client, staff, settings):
    assert settings.PASSWORD_RESET_TIMEOUT == 24 * 3600
    path = services.invitation(staff.user)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "链接已失效" in client.get(path, follow=True).content.decode()


def test_no_other_code_can_set_a_password(staff):
    from accounts.adapter import Adapter

    with pytest.raises(RuntimeError):
        Adapter().set_password(staff.user, NEW)
