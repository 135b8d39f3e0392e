"""A case with a day of withdrawal: it goes on that day, from everywhere, and its address says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from workdays import clock

from cms.models import CaseOutcomePage
from cms.tasks import publish_scheduled
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
DAY = dt.timedelta(days=1)


def test_it_works(client: Any) -> None:
    going = making.case("到期撤下的案件", withdraw_on=clock.today() + DAY)
    staying = making.case("一直公开的案件")
    assert going.expire_at == clock.first_moment(clock.today() + DAY)
    assert staying.expire_at is None
    assert client.get(going.get_url()).status_code == 200
    CaseOutcomePage.objects.filter(pk=going.pk).update(expire_at=clock.now() - dt.timedelta(seconds=1))
    assert list(CaseOutcomePage.objects.disclosed()) == [staying]
    assert "到期撤下" not in client.get("/cases/").text
    publish_scheduled()
    going.refresh_from_db()
    assert not going.live
    assert client.get(going.get_url()).status_code == 410


def test_a_later_day_moves_it_and_no_day_keeps_it() -> None:
    page = making.case("案件", withdraw_on=clock.today() + DAY)
    page.withdraw_on = clock.today() + 5 * DAY
    page.save_revision().publish()
    page = CaseOutcomePage.objects.get(pk=page.pk)
    assert page.expire_at == clock.first_moment(clock.today() + 5 * DAY)
    page.withdraw_on = None
    page.save_revision().publish()
    assert CaseOutcomePage.objects.get(pk=page.pk).expire_at is None


def test_an_expiry_of_the_editors_own_stays() -> None:
    page = making.case("案件")
    page.expire_at = own = clock.now() + 3 * DAY
    page.save_revision().publish()
    assert CaseOutcomePage.objects.get(pk=page.pk).expire_at == own
