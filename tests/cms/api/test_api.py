"""/api/v1/: shapes, cursors, problems. Each answer fits the schema that is served."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from tests.cms.making import draft_item, item

pytestmark = pytest.mark.django_db


@pytest.fixture
def get(client: Any, installed: Any) -> Any:
    """get(path) → JSON, checked against the served schema for its status."""
    schema = client.get("/api/v1/schema/").json()

    def get(path: str, status: int = 200) -> Any:
        response = client.get(path)
        assert response.status_code == status, response.content
        body = response.json()
        route = next((r for r in schema["paths"] if matches(r, urlsplit(path).path)), None)
        if route and str(status) in schema["paths"][route]["get"]["responses"]:
            content = schema["paths"][route]["get"]["responses"][str(status)]["content"]
            jsonschema.validate(
                body, {**next(iter(content.values()))["schema"], "components": schema["components"]}
            )
        if status >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert (body["status"], bool(body["title"]), bool(body["detail"])) == (status, True, True)
        return body

    return get


def matches(route: str, path: str) -> bool:
    wanted, given = route.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(
        w == g or w.startswith("{") for w, g in zip(wanted, given, strict=True)
    )


def test_the_root_answers_with_links(get: Any, client: Any) -> None:
    body = get("/api/v1/")
    for name in ("schema", "power_items"):
        assert client.get(urlsplit(body[name]).path).status_code == 200


def test_the_schema_is_openapi_3_1(client: Any, installed: Any) -> None:
    schema = client.get("/api/v1/schema/").json()
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/power-items", "/api/v1/power-items/{code}"} <= set(schema["paths"])


def test_an_item(get: Any, settings: Any) -> None:
    record = item(promised_limit=5, promised_unit="workday", statutory_limit=20, statutory_unit="workday")
    body = get(f"/api/v1/power-items/{record.code}")
    assert body["id"] == settings.SITE_URL + f"/power/{record.code}/"
    assert body["version"] == 1
    assert body["name"] == {"zh": record.name, "en": None}
    assert body["category"] == {"code": "penalty", "zh": "行政处罚", "en": "Administrative penalty"}
    assert body["in_force"]["code"] == "current"
    assert body["promised_limit"] == {"value": 5, "unit": "workday"}
    assert body["legal_bases"][0]["text"].startswith("《云泽市市容管理条例》")
    assert body["conditions"] is None


def test_pages_hang_together(get: Any) -> None:
    codes = sorted(item(f"第{n}项处罚").code for n in range(5))
    found, path = [], "/api/v1/power-items?limit=2"
    while path:
        page = get(path)
        found += [row["code"] for row in page["items"]]
        path = page["next"] and page["next"].replace("http://127.0.0.1:8000", "")
    assert found == codes


def test_filters(get: Any) -> None:
    record = item()
    organisation = record.organisation.code
    assert len(get(f"/api/v1/power-items?category=penalty&organisation={organisation}")["items"]) == 1
    assert get("/api/v1/power-items?category=licence")["items"] == []
    assert get("/api/v1/power-items?in_force=cancelled")["items"] == []


@pytest.mark.parametrize("query", ["limit=0",
    "limit=x", "limit=9999", "category=none", "in_force=maybe", "level=x",
                                   "organisation=x", "cursor=abc", "category=" + "x" * 100,
    "category=%00", "level=a%00", "organisation=%00", "in_force=%00", "cursor=%00"])  # fmt: skip
def test_a_wrong_parameter_is_named(get: Any, query: str) -> None:
    body = get(f"/api/v1/power-items?{query}", 400)
    assert body["errors"][0]["field"] == query.partition("=")[0]


def test_a_cursor_belongs_to_its_list(get: Any) -> None:
    for number in range(3):
        item(f"第{number}项处罚")
    following = get("/api/v1/power-items?limit=1")["next"]
    cursor = following.partition("cursor=")[2]
    get(f"/api/v1/power-items?limit=1&category=penalty&cursor={cursor}", 400)
    get(f"/api/v1/power-items?limit=1&cursor={cursor[:-3]}abc", 400)


def test_what_is_not_public_is_not_there(get: Any) -> None:
    draft = draft_item("草稿的处罚")
    draft.save()
    assert get("/api/v1/power-items")["items"] == []
    get(f"/api/v1/power-items/{draft.code}", 404)
    get("/api/v1/power-items/NONE-1", 404)
    get("/api/v1/nothing/here", 404)


def test_withdrawn_answers_410_with_the_reason(get: Any) -> None:
    record = item()
    record.withdrawal_reason = "改由省级实施"
    record.unpublish()
    assert get(f"/api/v1/power-items/{record.code}", 410)["detail"] == "改由省级实施"


def test_unchanged_answers_304(client: Any, installed: Any) -> None:
    item()
    first = client.get("/api/v1/power-items")
    assert first["Access-Control-Allow-Origin"] == "*"
    assert client.get("/api/v1/power-items", headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_list_costs_no_query_an_item(
    client: Any, installed: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        item(f"第{number}项处罚")
    with django_assert_max_num_queries(12):
        client.get("/api/v1/power-items")
