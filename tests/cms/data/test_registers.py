"""/data/ for every register: CSV, JSON Lines, XLSX, the whole set; by schema, in bounded queries."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import jsonschema
import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from workdays import clock

from cms.data import archive, xlsx_stream
from cms.data.registers import BY_NAME, REGISTERS
from tests.cms.data.support import everything
from tests.cms.making import item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
NAMES = [kind.name for kind in REGISTERS]


def content(response: Any) -> bytes:
    assert response.status_code == 200, response.status_code
    return b"".join(response.streaming_content) if response.streaming else response.content


def rows_of(body: bytes) -> list[dict[str, str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_every_register_in_every_format(client: Any, settings: Any) -> None:
    """The three formats hold the same rows; each line fits the schema that is served."""
    made = everything()
    for kind in REGISTERS:
        flat = rows_of(content(client.get(f"/en/data/{kind.name}.csv")))
        lines = [json.loads(line) for line in content(client.get(f"/data/{kind.name}.jsonl")).splitlines()]
        book = openpyxl.load_workbook(io.BytesIO(content(client.get(f"/en/data/{kind.name}.xlsx"))))
        sheet = [[cell.value for cell in row] for row in book.active.iter_rows()]
        assert sheet[0] == list(flat[0]) == [column.name for column in kind.columns]
        schema = client.get(f"/data/schema/{kind.name}.json").json()
        for line in lines:
            jsonschema.validate(line, schema)
        addresses = {row["address"] for row in flat}
        assert {line["id"] for line in lines} == addresses == {row[0] for row in sheet[1:]}
        assert all(row["version"] and row["published_at"] for row in flat)
        if kind.name in made:
            assert settings.SITE_URL + made[kind.name].get_absolute_url() in addresses
    assert client.get("/data/nothing.csv").status_code == 404
    assert client.get("/data/schema/nothing.json").status_code == 404


def test_the_whole_set(client: Any) -> None:
    everything()
    package = zipfile.ZipFile(io.BytesIO(content(client.get("/data/qingfeng.zip"))))
    assert package.testzip() is None
    wanted = {"README.txt", "LICENCE.txt", "fields.csv", "catalogue.jsonld"}
    wanted |= {f"{form}/{name}.{form}" for name in NAMES for form in ("csv", "jsonl")}
    wanted |= {f"schema/{name}.json" for name in NAMES}
    assert set(package.namelist()) == wanted
    told = rows_of(package.read("fields.csv"))
    for kind in REGISTERS:
        columns = [row["column"] for row in told if row["file"] == f"csv/{kind.name}.csv"]
        (header,) = list(csv.reader(io.StringIO(package.read(f"csv/{kind.name}.csv").decode("utf-8-sig"))))[
            :1
        ]
        assert columns == header
        schema = json.loads(package.read(f"schema/{kind.name}.json"))
        for line in package.read(f"jsonl/{kind.name}.jsonl").splitlines():
            jsonschema.validate(json.loads(line), schema)
    assert "CC BY 4.0" in package.read("LICENCE.txt").decode()


@pytest.mark.parametrize("sign", ["=", "@", "\t="])
def test_no_cell_runs_as_a_formula(client: Any, sign: str) -> None:
    """In CSV by an apostrophe; in XLSX every cell is a text, so nothing is changed and nothing runs."""
    item(f"{sign}HYPERLINK(1)的处罚")
    (row,) = rows_of(content(client.get("/en/data/power-items.csv")))
    assert row["name"].startswith("'")
    book = openpyxl.load_workbook(io.BytesIO(content(client.get("/en/data/power-items.xlsx"))))
    cells = {cell.data_type for line in book.active.iter_rows() for cell in line if cell.value is not None}
    assert cells == {"s"}


def test_long_cells_are_cut_and_say_where_the_rest_is() -> None:
    pieces = xlsx_stream.workbook(
        ["a", "b"], iter([["https://x/1", "长" * 40_000], ["y", "\x01<&_x0041_"]]), "n"
    )
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(pieces))).active
    assert len(sheet["B2"].value) == 32_767
    assert sheet["B2"].value.endswith("https://x/1）")
    assert unescape(sheet["B3"].value) == "<&_x0041_"  # as spreadsheets read it (ECMA-376, ST_Xstring)


def test_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_stream, "ROWS", 4)
    made = b"".join(xlsx_stream.workbook(["n"], ([str(n)] for n in range(8)), "rows"))
    book = openpyxl.load_workbook(io.BytesIO(made))
    found = [cell.value for sheet in book.worksheets for (cell,) in sheet.iter_rows()]
    assert [value for value in found if value != "n"] == [str(n) for n in range(8)]
    assert len(book.worksheets) == 3


def test_an_empty_register_is_a_header(client: Any) -> None:
    for name in NAMES:
        assert rows_of(content(client.get(f"/en/data/{name}.csv"))) == []
        assert (
            openpyxl.load_workbook(io.BytesIO(content(client.get(f"/data/{name}.xlsx")))).active.max_row == 1
        )


def test_chunks_hang_together_and_cost_the_same(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    """Rows over several chunks come once each; a chunk's queries do not grow with its rows."""
    for number in range(5):
        item(f"第{number}项处罚")
    kind = BY_NAME["power-items"]
    with django_assert_max_num_queries(17):
        assert len(list(kind.records())) == 5
    monkeypatch.setattr("cms.data.kinds.Kind.after.__defaults__", (2,))
    found = [record["code"] for record in kind.records()]
    assert found == sorted(set(found))
    assert len(found) == 5


@pytest.mark.once
@pytest.mark.parametrize("form", ["archive", "workbook"])
def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Ten times the rows, the same peak (what a chunk of rows takes is not in this)."""
    import tracemalloc

    monkeypatch.setattr(archive, "PIECE", 1024)  # less than the smaller file has

    def peak(rows: int) -> int:
        lines = (f"{number * 7919 % 104729:x}" * 20 for number in range(rows))
        if form == "archive":
            entries = [("a.jsonl", (line.encode() for line in lines))]
            monkeypatch.setattr(archive, "_entries", lambda at, sequence: iter(entries))
            pieces = archive.archive(clock.now(), 1)
        else:
            pieces = xlsx_stream.workbook(["n"], ([line] for line in lines), "rows")
        tracemalloc.start()
        try:
            assert sum(map(len, pieces))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is imported and compiled by the way
    assert peak(20_000) <= 1.2 * peak(2_000)


def test_the_rate_is_limited(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cms import limits

    monkeypatch.setitem(limits.RATES, "archive", ((1, 3600), (100, 3600)))
    content(client.get("/data/qingfeng.zip"))
    refused = client.get("/data/qingfeng.zip")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert client.get("/data/").status_code == 200
