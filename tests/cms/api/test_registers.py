"""/api/v1/ for every register: answers by the served schema, filters, changes, limits, hostile requests."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis.errors import Unsatisfiable

from cms import limits
from cms.data.registers import REGISTERS
from tests.cms.api.test_api import get  # noqa: F401  (a fixture)
from tests.cms.data.support import consultation, everything
from tests.cms.making import draft_item, item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def test_every_list_and_record(get: Any) -> None:  # noqa: F811
    made = everything()
    root = get("/api/v1/")
    for kind in REGISTERS:
        page = get(urlsplit(root[kind.part]).path)
        assert page["items"], kind.name
        if kind.key:
            assert made[kind.name].address_code in {row[kind.key] for row in page["items"]}
            for row in page["items"]:
                whole = get(urlsplit(row["api"]).path)
                assert {name: whole[name] for name in row} == row


def test_a_withdrawn_record_answers_410_and_an_unknown_one_404(get: Any) -> None:  # noqa: F811
    for name, row in everything().items():
        if name == "organisations":  # the item rests on it
            continue
        row.withdrawal_reason = "内容有误"
        row.unpublish()
        assert get(f"/api/v1/{name}/{row.address_code}", 410)["detail"] == "内容有误"
        get(f"/api/v1/{name}/none-1", 404)


@pytest.mark.parametrize(
    "query",
    [
        "organisations?level=x", "organisations?parent=x", "laws?rank=x", "flowcharts?power_item=x",
        "risk-points?flowchart=x", "benchmarks?power_item=x", "cases?kind=x", "cases?year=20x6",
        "cases?organisation=x", "articles?kind=page", "notices?type=x", "consultations?state=x",
        "changes?after=-1", "changes?since=yesterday", "changes?limit=0", "laws?organization=1",
        "laws?rank=law&rank=local", "?x=1", "changes?after=99999999999999999999",
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(get: Any, query: str) -> None:  # noqa: F811
    body = get(f"/api/v1/{query}", 400)
    assert body["errors"][0]["field"] in query


def test_filters_find_what_they_name(get: Any) -> None:  # noqa: F811
    made = everything()
    code, body = made["power-items"].code, made["organisations"].code
    for query in (
        f"flowcharts?power_item={code}", f"benchmarks?power_item={code}", "laws?rank=law",
        f"risk-points?flowchart={made['flowcharts'].slug}&organisation={body}", "articles?kind=rule",
        f"notices?type=village-accounts&organisation={body}", "consultations?state=open",
    ):  # fmt: skip
        assert len(get(f"/api/v1/{query}")["items"]) == 1, query
    for query in ("laws?rank=party", "consultations?state=answered", "cases?year=1999"):
        assert get(f"/api/v1/{query}")["items"] == [], query


def test_consultations_by_state(get: Any) -> None:  # noqa: F811
    import datetime as dt

    from workdays import clock

    day = clock.today()
    past = {"opens_on": day - dt.timedelta(days=9), "closes_on": day - dt.timedelta(days=1)}
    consultation("已截止", **past)
    consultation("已汇总", summary="<p>谢谢</p>", summary_on=day, answer="太贵", **past)
    hidden = consultation(
        "汇总未到日子", summary="<p>暗号</p>", summary_on=day + dt.timedelta(days=1), **past
    )

    def titles(state: str) -> set[str]:
        return {row["title"]["zh"] for row in get(f"/api/v1/consultations?state={state}")["items"]}

    assert titles("closed") == {"已截止", "汇总未到日子"}
    assert titles("answered") == {"已汇总"}
    assert get(f"/api/v1/consultations/{hidden.slug}")["summary"] is None


def test_changes_in_order_without_a_gap(get: Any, settings: Any) -> None:  # noqa: F811
    first = get("/api/v1/changes")["newest"] or 0
    record = item()
    record.name = "换了名称的处罚"
    record.save_revision().publish()
    gone = item("要撤下的许可")
    gone.withdrawal_reason = "重复"
    gone.unpublish()
    draft_item("还是草稿").save()
    found, path = [], f"/api/v1/changes?after={first}&limit=2"
    while path:
        page = get(path)
        found += page["items"]
        path = page["next"] and page["next"].removeprefix(settings.SITE_URL)
    assert [row["sequence"] for row in found] == list(range(first + 1, first + 1 + len(found)))
    told = [(row["action"]["code"], row["title"]) for row in found if row["kind"] == "power-items"]
    # An older title is not told again, nor that of what is gone.
    assert told == [
        ("published", None),
        ("changed", "换了名称的处罚"),
        ("withdrawn", None),
        ("withdrawn", None),
    ]
    assert found[-1]["reason"] == "重复"
    assert get(f"/api/v1/changes?since={found[-1]['at'][:10]}T00:00:00%2B08:00")["items"]
    assert get("/api/v1/changes?since=2999-01-01T00:00:00Z")["items"] == []


def test_over_the_rate(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.RATES, "api", ((2, 3600), (100, 3600)))
    answers = [client.get("/api/v1/laws") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert answers[2]["Content-Type"] == "application/problem+json"
    # Another network is not held up, and none is kept by name.
    assert client.get("/api/v1/laws", REMOTE_ADDR="198.51.100.9").status_code == 200


def test_methods_and_other_sites(client: Any) -> None:
    asked = client.options("/api/v1/laws")
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    refused = client.post("/api/v1/laws")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused["Content-Type"] == "application/problem+json"
    head = client.head("/api/v1/laws")
    assert (head.status_code, head.content) == (200, b"")


def test_lists_cost_no_query_a_row(client: Any) -> None:
    """The same queries for two rows as for one, in every list, file and feed."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts: list[dict[str, int]] = []
    for words in ("", "二"):
        everything(words)
        seen: dict[str, int] = {}
        for kind in REGISTERS:
            for path in (f"/api/v1/{kind.name}", f"/data/{kind.name}.csv", f"/feeds/{kind.name}.atom"):
                with CaptureQueriesContext(connection) as asked:
                    answer = client.get(path)
                    assert b"".join(answer.streaming_content) if answer.streaming else answer.content
                seen[path] = len(asked)
        counts.append(seen)
    assert {path: n for path, n in counts[1].items() if n > counts[0][path] + 1} == {}
    assert max(counts[1].values()) < 40


@pytest.mark.once
def test_whatever_is_asked_answers_by_the_schema(settings: Any, request: pytest.FixtureRequest) -> None:
    """Schemathesis makes requests from the served schema, good and bad; every answer must fit it."""
    import schemathesis
    from config.wsgi import application
    from hypothesis import HealthCheck, Phase, given
    from hypothesis import settings as bounds
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks as openapi

    settings.RATELIMIT_ENABLE = False
    everything()
    # As Django's own test client does: the test's transaction must outlive a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    request.addfinalizer(lambda: request_started.connect(close_old_connections))
    request.addfinalizer(lambda: request_finished.connect(close_old_connections))
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    checks = [
        not_a_server_error, openapi.status_code_conformance, openapi.content_type_conformance,
        openapi.response_headers_conformance, openapi.response_schema_conformance,
    ]  # fmt: skip
    bounded = bounds(
        max_examples=4, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    asked: list[int] = []

    def ask(case: Any) -> None:
        asked.append(case.call_and_validate(checks=checks).status_code)

    for result in schema.get_all_operations():
        for mode in schemathesis.GenerationMode:
            try:
                cases = result.ok().as_strategy(generation_mode=mode)
                bounded(given(case=cases)(ask))()
            except Unsatisfiable:  # nothing wrong can be asked of an address without parameters
                continue
    assert len(asked) > 100
    assert {200, 400, 404} <= set(asked)


def test_a_problem_is_json_even_where_the_address_is_broken(client: Any) -> None:
    for path in ("/api/v1/laws/%00", "/api/v1/%00", "/api/v1/laws/a/b"):
        answer = client.get(path)
        assert answer.status_code in (400, 404)
        assert answer["Content-Type"] == "application/problem+json"
        jsonschema.validate(json.loads(answer.content), {"required": ["title", "status", "detail"]})
