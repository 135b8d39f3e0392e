"""Accounts from the command line: by invitation only."""

import pytest
from accounts.models import StaffKey, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from .conftest import PASSWORD, Staff

NEW = "another long pass phrase"


def test_an_invited_person_gets_in(db, cheap_kdf, wagtail_root, capsys, settings):
    call_command("invite", "zhouyuan", "--create", "--family-name", "周", "--given-name", "予安")
    out = capsys.readouterr().out.strip()
    assert out.startswith(settings.SITE_URL + "/accounts/password/reset/key/")
    client = Client()
    page = client.get(out.removeprefix(settings.SITE_URL), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    user = User.objects.get()
    assert (user.name, user.is_superuser) == ("周予安", False)
    assert StaffKey.objects.get(user=user).replaced_at is None  # the first pair replaces none
    second = Client()
    Staff(user, "").start(second)
    assert second.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"


def test_nobody_logs_in_before_the_password_is_set(db, cheap_kdf, wagtail_root, client):
    call_command("invite", "zhouyuan", "--create")
    for password in ("", "!", PASSWORD):
        client.post("/accounts/login/", {"login": "zhouyuan", "password": password})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("arguments", [["nobody"], ["a b", "--create"], ["linyizhou", "--create"]])
def test_refused(staff, arguments):
    with pytest.raises(CommandError):
        call_command("invite", *arguments)


@pytest.mark.parametrize("command", [["changepassword", "linyizhou"], ["createsuperuser", "--username", "x"]])
def test_djangos_own_are_off(staff, command):
    with pytest.raises(CommandError, match="invite"):
        call_command(*command)


def test_a_person_without_a_key_gets_one_with_the_next_password(client, staff):
    StaffKey.objects.all().delete()
    staff.login(client)
    fields = {
        "oldpassword": PASSWORD,
        "password1": "another long pass phrase",
        "password2": "another long pass phrase",
    }
    assert client.post("/accounts/password/change/", fields).status_code == 302
    assert StaffKey.objects.filter(user=staff.user).exists()


def test_a_key_that_does_not_open_is_not_written_over(client, staff):
    StaffKey.objects.update(box_public=bytes(32))
    staff.login(client)
    fields = {
        "oldpassword": PASSWORD,
        "password1": "another long pass phrase",
        "password2": "another long pass phrase",
    }
    answer = client.post("/accounts/password/change/", fields)
    assert answer.status_code == 200
    assert "打不开您的密钥" in answer.content.decode()
    staff.user.refresh_from_db()
    assert staff.user.check_password(PASSWORD)
