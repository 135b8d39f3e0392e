"""No page of the desk opens without login, and none with a password alone."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from complaints.desk.urls import urlpatterns
from complaints.intake.models import Tip
from tests.support.cities import City

METHODS = ("get", "post")
VALUES: dict[str, Any] = {"UUIDConverter": uuid.UUID(int=0), "IntConverter": 1}


def addresses(number: str) -> dict[str, str]:
    """Every address of the desk by its name, those of one tip with `number`."""
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        wanted = pattern.pattern.converters
        given = {name: VALUES.get(type(kind).__name__, number) for name, kind in wanted.items()}
        found[str(pattern.name)] = reverse(f"desk:{pattern.name}", kwargs=given)
    return found


@pytest.fixture
def number(city: City) -> str:
    """A tip that is there."""
    return Tip.objects.filter(office__code="city").values_list("number", flat=True)[0]


@pytest.mark.parametrize("method", METHODS)
def test_nobody_enters_without_login(number: str, method: str) -> None:
    for name, address in addresses(number).items():
        answer = getattr(Client(), method)(address)
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/accounts/login/?next=/desk/"), name


@pytest.mark.parametrize("method", METHODS)
def test_a_password_alone_opens_nothing(city: City, number: str, method: str) -> None:
    """Logged in, a second step is owed: the desk leads there, for whoever has one and whoever has none."""
    from accounts.models import User

    user = User.objects.get(username=city.account("triage", "-city")["username"])
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name, address in addresses(number).items():
        answer = getattr(client, method)(address)
        assert answer.status_code in (302, 303), name
        assert answer.headers["Location"].startswith("/accounts/"), (name, answer.headers["Location"])


def test_login_stops_before_the_second_step(city: City, number: str) -> None:
    """By the real form: after the password, before the code, no address of the desk opens."""
    account, client = city.account("triage", "-city"), Client()
    answer = client.post("/accounts/login/", {"login": account["username"], "password": account["password"]})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    for name, address in addresses(number).items():
        assert client.get(address).headers["Location"].startswith("/accounts/login/"), name


def test_the_words_of_a_page_are_in_no_redirect(number: str) -> None:
    """What somebody typed before the session ended is not carried into an address."""
    answer = Client().post(f"/desk/tips/{number}/reply/", {"reply": "不该出现在地址里"})
    assert "%E4%B8%8D" not in answer.headers["Location"]
    assert answer.content == b""
