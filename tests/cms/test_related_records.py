"""What a public record is linked to: shown where it is public itself, and otherwise nowhere."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from workdays import clock

from cms.models import Law, LawVersion, Organisation
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
SECRET = "尚未公开的名称"
STATES = {
    "draft": {"live": False},
    "scheduled": {"go_live_at": clock.now() + dt.timedelta(days=3)},
    "expired": {"expire_at": clock.now() - dt.timedelta(days=3)},
}


def hide(record: Any, state: str) -> None:
    type(record).objects.filter(pk=record.pk).update(**STATES[state])


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_successor_of_an_organisation(client: Any, state: str) -> None:
    successor = making.organisation("9902-XX", SECRET)
    merged = making.organisation("9903-XX", "并入别处的局", successor=successor)
    assert SECRET in client.get(f"/organisations/{merged.code}/").text
    hide(successor, state)
    assert SECRET not in client.get(f"/organisations/{merged.code}/").text


def test_the_law_that_replaces_another(client: Any, state: str) -> None:
    new = making.publish(Law(name=SECRET, slug="new", rank="law"))
    old = Law(name="旧法", slug="old", rank="law")
    old.versions = [
        LawVersion(
            document_no="第1号",
            effective_on=dt.date(2000, 1, 1),
            repealed_on=dt.date(2020, 1, 1),
            replaced_by=new,
        )
    ]
    making.publish(old)
    assert SECRET in client.get("/laws/old/").text
    hide(new, state)
    assert SECRET not in client.get("/laws/old/").text


def test_a_benchmark_beside_a_case(client: Any, state: str) -> None:
    benchmark = making.publish(making.draft_benchmark(making.item(), SECRET))
    case = making.case("案件")
    case.benchmarks = [benchmark]
    case.display_name, case.post = "周某", "某局原科长"
    case.save_revision().publish()
    said = client.get(case.get_url()).text
    assert SECRET in said
    assert "某局原科长" in said
    hide(benchmark, state)
    assert SECRET not in client.get(case.get_url()).text


def test_an_item_is_not_published_before_its_organisation(state: str) -> None:
    organisation = making.organisation("9904-XX", SECRET)
    item = making.draft_item(organisation=organisation)
    assert not item.publishing_errors()
    hide(organisation, state)
    item.organisation = Organisation.objects.get(pk=organisation.pk)
    assert "清单所属机构还没有公开，请先公开它。" in item.publishing_errors()
