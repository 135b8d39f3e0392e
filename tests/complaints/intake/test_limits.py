"""Limits count networks without keeping an address; over the rate there is a page that keeps the input."""

from __future__ import annotations

from typing import Any

import pytest
from accounts import network, rates
from django.test import RequestFactory

from complaints.intake import limits


def request(address: str, host: str = "testserver") -> Any:
    return RequestFactory(REMOTE_ADDR=address, HTTP_HOST=host).get("/")


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("", "unknown"),
    ],
)
def test_networks(address: str, named: str) -> None:
    assert network.network(request(address)) == named


def test_onion_traffic_is_one_bucket() -> None:
    assert network.network(request("127.0.0.1", "abc.onion:80")) == "onion"


def test_only_nginx_in_production_says_who_asks(settings: Any) -> None:
    asked = request("127.0.0.1")
    asked.META["HTTP_X_REAL_IP"] = "203.0.113.9"
    assert network.network(asked) == "127.0.0.0/24"
    settings.PRODUCTION = True
    assert network.network(asked) == "203.0.113.0/24"


def test_a_bucket_changes_with_the_window_and_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1000.0)
    one = network.bucket(request("203.0.113.77"), 60)
    assert network.bucket(request("203.0.113.1"), 60) == one
    assert network.bucket(request("203.0.114.1"), 60) != one
    monkeypatch.setattr(limits.time, "time", lambda: 1060.0)
    assert network.bucket(request("203.0.113.77"), 60) != one


def test_over_the_rate(site: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RATES", {**limits.RATES, "start": ((2, 3600), (100, 60))})
    codes = [site.reporter().start().status_code for _ in range(3)]
    assert codes == [303, 303, 429]
    settings.RATELIMIT_ENABLE = False
    assert site.reporter().start().status_code == 303


def test_a_flood_from_one_network_uses_up_its_own_rate_alone(settings: Any) -> None:
    settings.RATELIMIT_ENABLE = True

    def wait(address: str) -> int:
        return rates.seconds_to_wait(request(address), "flood", (2, 3600), (4, 3600))

    assert [wait("203.0.113.77") > 0 for _ in range(9)] == [False] * 2 + [True] * 7
    assert [wait(f"198.51.{n}.1") > 0 for n in range(3)] == [False, False, True], (
        "the whole site's, in the end"
    )


def test_a_cache_that_is_down_refuses_nobody(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: Any, **kwargs: Any) -> bool:
        raise ConnectionError

    monkeypatch.setattr(rates, "get_usage", down)
    assert site.reporter().start().status_code == 303
