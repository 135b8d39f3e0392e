"""The demo: a city with offices, people and tips in every state, made through the real services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from accounts import services as accounts
from accounts.models import User
from django.db import transaction
from ledger.models import Event
from workdays import clock

from complaints import access
from complaints.desk import demo, opening
from complaints.intake.models import Message, State, Tip
from complaints.vault import services
from complaints.vault.models import Cell, Membership, Office
from tests.support import alone


@pytest.fixture(scope="module")
def loaded_once(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[dict[str, str]]]:
    """The demo and its accounts for all tests of this file, in a transaction around theirs."""
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        alone.changed_settings() as settings,
        alone.own_stores(settings, tmp_path_factory.mktemp("demo")),
        transaction.atomic(),
    ):
        alone.cheapen_kdf(patch)
        services.initialise()
        yield demo.load()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def own_var() -> None:
    """The demo's stores, not those of each test."""


@pytest.fixture
def loaded(loaded_once: list[dict[str, str]], db: None) -> list[dict[str, str]]:
    return loaded_once


def test_it_works(loaded: list[dict[str, str]], client: Any) -> None:
    assert Office.objects.count() == 4
    assert Tip.objects.count() == 30
    assert set(Tip.objects.values_list("state", flat=True)) == set(State.values)
    today = clock.today()
    open_due = [
        t.due_on for t in Tip.objects.filter(state__in=["submitted", "screening", "accepted", "disposing"])
    ]
    assert sum(d < today for d in open_due if d) >= 3
    assert sum(0 <= (d - today).days <= 7 for d in open_due if d) >= 2
    assert Message.objects.filter(author="reporter").count() >= 4
    assert Message.objects.filter(author="office").count() >= 8
    assert not Event.objects.filter(date__gt=today).exists()
    assert Tip.objects.order_by("received_on").first().received_on < today
    for tip in Tip.objects.all():
        kept = Event.objects.filter(tag=bytes(tip.tag))
        assert all(event.date >= tip.received_on for event in kept)


def test_every_office_has_every_role_and_all_can_log_in(loaded: list[dict[str, str]]) -> None:
    roles = {"triage", "handler", "approver", "custodian", "auditor", "administrator"}
    for office in Office.objects.all():
        assert set(Membership.objects.filter(office=office).values_list("role", flat=True)) == roles
        mine = [a for a in loaded if a["office"] == office.name]
        assert {a["role"] for a in mine} == roles
    assert [a["role"] for a in loaded if not a["office"]] == ["editor"]
    for account in loaded:
        assert set(account) == {"role", "username", "password", "totp_secret", "office"}
        assert len(account["password"]) >= 14
        user = User.objects.get(username=account["username"])
        accounts.open_seed(user=user, password=account["password"])
    assert not access.roles_of(User.objects.get(username="editor"))


def test_staff_can_read_every_tip_of_their_office(loaded: list[dict[str, str]]) -> None:
    for account in (a for a in loaded if a["role"] == "handler"):
        user = User.objects.get(username=account["username"])
        seed = accounts.open_seed(user=user, password=account["password"])
        for tip in access.tips_for(user).select_related("office"):
            _keys, _office_seed, cells = opening.open_tip(user=user, seed=seed, tip=tip)
            assert not any(cell.changed for cell in cells)
    assert not Cell.objects.filter(sealed__contains="滨河路".encode()).exists()


def test_a_report_on_an_office_goes_to_the_one_above(loaded: list[dict[str, str]]) -> None:
    assert Tip.objects.get(region__code="wanghu", category__code="discipline-other").office.code == "city"
