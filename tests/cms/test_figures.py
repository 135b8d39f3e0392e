"""Numbers of reports: an editor who may publish releases them, and only then the public page shows them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from workdays import clock

from cms import setup
from complaints.desk.models import PublicFigures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
NAMES = {"zh-hans": "收费问题", "en": "Fees"}


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


@pytest.fixture
def quarter() -> PublicFigures:
    return PublicFigures.objects.create(
        first_day=dt.date(2026, 7, 1),
        last_day=dt.date(2026, 9, 30),
        counted_at=clock.now(),
        data={"total": 7341, "tables": {"category": [[NAMES, 7341]]}},
    )


def person(name: str, group: str) -> Client:
    user = get_user_model().objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def shown(client: Client) -> bool:
    """Thousands are grouped as the language has it."""
    return "7341" in client.get("/stats/").text.replace(",", "")


def test_released_and_withdrawn(quarter: PublicFigures, client: Client) -> None:
    assert not shown(client)
    boss = person("moderator", setup.MODERATORS)
    page = boss.get(reverse("figures"))
    assert page.status_code == 200
    assert "收费问题" in page.text
    boss.post(reverse("figures"), {"period": quarter.pk, "act": "release"})
    assert shown(client)
    assert "Fees" in client.get("/en/stats/").text
    boss.post(reverse("figures"), {"period": quarter.pk, "act": "withdraw"})
    assert not shown(client)


def test_who_may_not_publish_may_not_release(quarter: PublicFigures) -> None:
    editor = person("ed", setup.EDITORS)
    answer = editor.post(reverse("figures"), {"period": quarter.pk, "act": "release"})
    assert answer.status_code in (302, 403)
    quarter.refresh_from_db()
    assert quarter.released_at is None


def test_no_such_quarter(quarter: PublicFigures) -> None:
    boss = person("moderator", setup.MODERATORS)
    assert boss.post(reverse("figures"), {"period": "999"}).status_code == 404
    assert boss.post(reverse("figures"), {}).status_code == 404
