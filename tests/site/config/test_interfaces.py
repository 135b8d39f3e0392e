"""A process serves what INTERFACES names, and answers 404 for the rest."""

from __future__ import annotations

from typing import Any

import pytest
from config import interfaces
from django.test import Client

PUBLIC, REPORT, DESK, ADMIN, LOGIN = "/power/", "/report/", "/desk/", "/admin/", "/accounts/login/"


@pytest.mark.parametrize(
    ("served", "there", "gone"),
    [
        (["public"], [PUBLIC, "/en/power/"], [REPORT, "/en/report/", DESK, ADMIN, LOGIN]),
        (["intake"], [REPORT, "/en/report/"], [PUBLIC, DESK, ADMIN, LOGIN]),
        (["desk"], [DESK, LOGIN], [PUBLIC, REPORT, ADMIN]),
        (["admin"], [ADMIN, LOGIN], [PUBLIC, REPORT, DESK]),
        (["public", "intake", "desk", "admin"], [PUBLIC, REPORT, DESK, ADMIN, LOGIN], []),
    ],
)
@pytest.mark.django_db
def test_what_is_served(
    client: Client, settings: Any, wagtail_root: Any, served: list[str], there: list[str], gone: list[str]
) -> None:
    settings.INTERFACES = served
    for path in there:
        assert client.get(path).status_code != 404, path
    for path in gone:
        assert client.get(path).status_code == 404, path
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/report/what/", "/en/report/what/", "/desk/tips/2026-1/", "/admin/pages/"])
def test_confided_addresses(path: str) -> None:
    assert interfaces.confided(path)


@pytest.mark.parametrize("path", ["/", "/power/", "/en/", "/reporting/", "/energy/report/"])
def test_public_addresses(path: str) -> None:
    assert not interfaces.confided(path)
    assert interfaces.of(path) == {"public"}
