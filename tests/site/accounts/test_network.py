"""Whose address counts: behind the proxy of production what it says, elsewhere the connection's own."""

import pytest
from accounts.network import client_address
from django.test import Client, RequestFactory

from .conftest import PASSWORD


@pytest.mark.parametrize(("production", "said", "own", "address"), [
    (False, "203.0.113.9", "127.0.0.1", "127.0.0.1"),
    (True, "203.0.113.9", "127.0.0.1", "203.0.113.9"),
    (True, "2001:db8::1", "", "2001:db8::1"),
    (True, "unix:", "", None),
    (True, "a\0b", "127.0.0.1", "127.0.0.1"),
    (False, "", "", None),
])  # fmt: skip
def test_address(settings, production, said, own, address):
    settings.PRODUCTION = production
    request = RequestFactory().get("/", HTTP_X_REAL_IP=said, REMOTE_ADDR=own)
    assert client_address(request) == address


def test_a_stranger_behind_the_same_proxy_locks_nobody_out(settings, staff):
    settings.PRODUCTION = True
    stranger = Client(headers={"X-Real-IP": "203.0.113.9"})
    for _ in range(12):  # more than both limits let through
        stranger.post("/accounts/login/", {"login": staff.user.username, "password": "wrong"})
    own = Client(headers={"X-Real-IP": "198.51.100.7"})
    answer = own.post("/accounts/login/", {"login": "nobody", "password": PASSWORD})
    assert "用户名或者密码不正确" in answer.content.decode()


def test_a_socket_without_a_proxy_lets_staff_in(client, staff):
    client.defaults["REMOTE_ADDR"] = ""
    assert staff.login(client).headers["Location"] == "/desk/"
