"""/data/: one page, one file, nothing in it that is not public."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.cms.making import draft_item, item

pytestmark = pytest.mark.django_db


def read(response: Any) -> list[dict[str, str]]:
    body = b"".join(response.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_page_links_the_file_and_the_api(client: Any, installed: Any) -> None:
    item()
    page = client.get("/data/").content.decode()
    assert 'href="/data/power-items.csv"' in page
    assert 'href="/api/v1/schema/"' in page
    assert client.get("/en/data/").status_code == 200


def test_each_row_has_address_version_and_date(client: Any, installed: Any, settings: Any) -> None:
    record = item()
    response = client.get("/en/data/power-items.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    (row,) = read(response)
    assert row["address"] == settings.SITE_URL + f"/power/{record.code}/"
    assert row["version"] == "1"
    assert row["published_at"]
    assert (row["code"], row["name"], row["category_code"]) == (record.code, record.name, "penalty")
    (chinese,) = read(client.get("/data/power-items.csv"))
    assert chinese["事项名称"] == record.name


def test_nothing_undisclosed_is_in_it(client: Any, installed: Any) -> None:
    draft = draft_item("还是草稿的许可")
    draft.save()
    withdrawn = item("撤下的许可")
    withdrawn.unpublish()
    assert read(client.get("/en/data/power-items.csv")) == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "＝"])
def test_no_cell_runs_as_a_formula(client: Any, installed: Any, sign: str) -> None:
    item(f"{sign}HYPERLINK(1)的处罚")
    (row,) = read(client.get("/en/data/power-items.csv"))
    assert row["name"].startswith("'")


def test_an_unchanged_file_is_not_sent_again(client: Any, installed: Any) -> None:
    item()
    first = client.get("/data/power-items.csv")
    b"".join(first.streaming_content)
    assert client.get("/data/power-items.csv", headers={"If-None-Match": first["ETag"]}).status_code == 304
    item("又一项处罚")
    assert client.get("/data/power-items.csv", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_rows_cost_no_query_each(client: Any, installed: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(4):
        item(f"第{number}项处罚")
    with django_assert_max_num_queries(20):
        assert len(read(client.get("/data/power-items.csv"))) == 4


def test_only_reading(client: Any, installed: Any) -> None:
    assert client.post("/data/power-items.csv").status_code == 405
