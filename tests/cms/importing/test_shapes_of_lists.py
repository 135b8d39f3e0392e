"""What lists do: headers anywhere, spans, repeats, sub-items, continuations, footers. All made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cms.importing.making import BASIS, HEADER, row, table, workbook

pytestmark = pytest.mark.django_db


def names(said: Any) -> list[tuple[str, str | None]]:
    return [(item["name"], item["parent"]) for item in said["items"]]


def test_it_works(dry: Any, tmp_path: Path) -> None:
    code, said = dry(
        table(tmp_path / "a.xlsx", row(1.0, "甲许可"), row(2, "乙许可", "1.乙的一项", remark="说明"))
    )
    assert code == 0
    assert names(said) == [("甲许可", None), ("1.乙的一项", "乙许可")]
    first, second = said["items"]
    assert (first["seq"], first["code"], first["file"], first["sheet"], first["row"]) == (
        "1",
        None,
        "a.xlsx",
        "Sheet1",
        3,
    )
    assert first["legal_basis"] == BASIS
    assert (first["category"], first["exercising_body"], first["handling_unit"]) == (
        "行政许可",
        "市测试局",
        "法规科",
    )
    assert (first["duties"], first["accountability"], second["remark"]) == (
        "1.受理。",
        "1.不受理的。",
        "说明",
    )
    for key in ("level", "authority", "department_duty", "duties_basis", "accountability_scope"):
        assert first[key] == ""


@pytest.mark.parametrize("before", [0, 1, 4, 7])
def test_the_header_may_stand_lower(dry: Any, tmp_path: Path, before: int) -> None:
    rows = [[f"文件说明 {n}"] for n in range(before)]
    _, said = dry(workbook(tmp_path / "a.xlsx", [*rows, HEADER, row(1, "甲许可")]))
    assert names(said) == [("甲许可", None)]


def test_headers_on_two_rows_with_spans_and_line_breaks(dry: Any, tmp_path: Path) -> None:
    top = [
        "序号",
        "职权名称",
        "",
        "职权\n类别",
        "实施\n依据",
        "责任事项",
        "",
        "追责情形",
        "",
        "实施层级及权限",
        "",
    ]
    low = ["", "主项", "子项", "", "", "内容", "依据", "追责对象\n范围", "情形", "层级", "权限"]
    spans = ("A2:A3", "B2:C2", "D2:D3", "E2:E3", "F2:G2", "H2:I2", "J2:K2")
    values = [1, "甲", "甲一", "行政处罚", BASIS, "受理", "某法", "承办人", "不受理", "市级", "负责全市"]
    code, said = dry(workbook(tmp_path / "a.xlsx", [["清单"], top, low, values], merges=spans))
    assert code == 0
    item = said["items"][0]
    assert (item["name"], item["parent"], item["category"]) == ("甲一", "甲", "行政处罚")
    assert (item["duties"], item["duties_basis"]) == ("受理", "某法")
    assert (item["accountability_scope"], item["accountability"]) == ("承办人", "不受理")
    assert (item["level"], item["authority"], item["levels"]) == ("市级", "负责全市", ["city"])


def test_columns_named_by_level(dry: Any, tmp_path: Path) -> None:
    top = ["序号", "事项名称", "权力类型", "实施依据", "实施层级及权限", "", ""]
    low = ["", "", "", "", "省级", "市级", "县级"]
    values = [1, "甲", "行政处罚", BASIS, "", "√", "负责辖区内的处罚"]
    _, said = dry(workbook(tmp_path / "a.xlsx", [top, low, values], merges=("E1:G1",)))
    item = said["items"][0]
    assert item["levels"] == ["city", "county"]
    assert item["authority"] == "县级：负责辖区内的处罚"


def test_one_span_of_level_and_authority(dry: Any, tmp_path: Path) -> None:
    head = ["序号", "事项名称", "权力类型", "实施依据", "实施层级及权限", ""]
    values = [1, "甲", "行政处罚", BASIS, "地州市级", "负责全市"]
    _, said = dry(workbook(tmp_path / "a.xlsx", [head, values], merges=("E1:F1",)))
    assert (said["items"][0]["level"], said["items"][0]["authority"]) == ("地州市级", "负责全市")


def test_a_repeated_header_takes_the_first_that_is_not_empty(dry: Any, tmp_path: Path) -> None:
    head = [*HEADER, "责任事项", "责任事项"]
    same, other = [*row(1, "甲", duty=""), "", "责任甲"], [*row(2, "乙", duty="责任乙"), "别的", ""]
    _, said = dry(workbook(tmp_path / "a.xlsx", [head, same, other]))
    assert [item["duties"] for item in said["items"]] == ["责任甲", "责任乙"]
    assert [(w["row"], w["code"]) for w in said["warnings"]] == [(3, "columns_differ")]


def test_the_header_again_at_a_page_break_is_no_item(dry: Any, tmp_path: Path) -> None:
    code, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), HEADER, row(2, "乙")))
    assert (code, names(said), said["rejected"]) == (0, [("甲", None), ("乙", None)], [])


def test_columns_outside_the_header_are_left_and_reported(dry: Any, tmp_path: Path) -> None:
    _, said = dry(table(tmp_path / "a.xlsx", [*row(1, "甲"), "", "行政检查"], [""] * 12 + ["行政奖励"]))
    assert names(said) == [("甲", None)]
    assert [w["code"] for w in said["warnings"]] == ["column_without_header"] * 2


def test_blank_and_empty_sheets_and_merged_remains(dry: Any, tmp_path: Path) -> None:
    rows = [row(1, "甲"), [""] * 10, [""] * 10, row(2, "乙")]
    path = table(tmp_path / "a.xlsx", *rows, merges=("B3:B5", "E3:E5"), Sheet2=[], Sheet3=[])
    code, said = dry(path)
    assert (code, names(said)) == (0, [("甲", None), ("乙", None)])


def test_an_item_needs_no_number(dry: Any, tmp_path: Path) -> None:
    _, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), row("", "乙")))
    assert names(said) == [("甲", None), ("乙", None)]


def test_sub_items_without_a_name_stand_under_the_one_above(dry: Any, tmp_path: Path) -> None:
    rows = [
        row(1, "甲", "（一）"),
        row("", "", "（二）"),
        row("", "", "（三）", category="", basis="", body=""),
    ]
    _, said = dry(table(tmp_path / "a.xlsx", *rows))
    assert names(said) == [("（一）", "甲"), ("（二）", "甲"), ("（三）", "甲")]
    assert said["items"][2]["category"] == "行政许可"
    assert said["items"][2]["legal_basis"] == BASIS


def test_a_heading_over_its_sub_items_is_no_item(dry: Any, tmp_path: Path) -> None:
    _, said = dry(table(tmp_path / "a.xlsx", [1, "甲", "", "行政许可"], row("", "", "甲一", category="")))
    assert names(said) == [("甲一", "甲")]
    assert said["items"][0]["category"] == "行政许可"


def test_no_sub_item_is_written_in_many_ways(dry: Any, tmp_path: Path) -> None:
    _, said = dry(
        table(
            tmp_path / "a.xlsx", row(1, "甲", "无"), row(2, "乙", "/"), row(3, "丙", "——"), row(4, "丁", "丁")
        )
    )
    # An item's own name as its only sub-item is read as it stands, and published as no sub-item.
    assert [parent for _, parent in names(said)] == [None, None, None, "丁"]


def test_a_continuation_goes_on_in_its_fields(dry: Any, tmp_path: Path) -> None:
    more = ["", "", "", "", "第四条：续。", "", "", "2.续办。", "", ""]
    code, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), more, row(2, "乙")))
    assert (code, names(said)) == (0, [("甲", None), ("乙", None)])
    assert said["items"][0]["legal_basis"] == BASIS + "\n第四条：续。"
    assert said["items"][0]["duties"] == "1.受理。\n2.续办。"
    assert said["items"][0]["rows"] == [3, 4]


@pytest.mark.parametrize(
    "cells",
    [["备注：本清单共1项"], ["合计", "1项"], ["填表人：某某", "", "联系电话：123"],
     ["", "某市测试局（盖章）"],
     ["", "", "", "2024年3月1日"], ["注：1.依据截至2024年"]],
)  # fmt: skip
def test_footers_and_signatures_are_notes(dry: Any, tmp_path: Path, cells: list[str]) -> None:
    code, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), cells))
    assert names(said) == [("甲", None)]
    assert [(r["row"], r["reason"]) for r in said["rejected"]] == [(4, "note")]
    assert code == 2


def test_sections_say_the_category_where_no_column_does(dry: Any, tmp_path: Path) -> None:
    head = ["序号", "职权名称", "实施依据", "实施主体"]
    rows = [head, ["一、行政许可（1项）"], [1, "甲", BASIS, "局"], ["二、行政处罚"], [1, "乙", BASIS, "局"]]
    code, said = dry(workbook(tmp_path / "a.xlsx", rows))
    assert code == 0
    assert [i["category_code"] for i in said["items"]] == ["licence", "penalty"]


def test_sheets_may_be_categories(dry: Any, tmp_path: Path) -> None:
    head = ["序号", "职权名称", "实施依据", "实施主体"]
    path = workbook(tmp_path / "a.xlsx", [head, [1, "甲", BASIS, "局"]], title="行政检查",
                    行政奖励=[head, [1, "乙", BASIS, "局"]])  # fmt: skip
    _, said = dry(path)
    assert [(i["sheet"], i["category_code"]) for i in said["items"]] == [
        ("行政检查", "inspection"),
        ("行政奖励", "reward"),
    ]


def test_other_names_of_categories_mean_the_same(dry: Any, tmp_path: Path) -> None:
    _, said = dry(
        table(tmp_path / "a.xlsx", row(1, "甲", category="其他行政权力"), row(2, "乙", category="其他权力"))
    )
    assert [i["category_code"] for i in said["items"]] == ["other", "other"]
    assert [i["category"] for i in said["items"]] == ["其他行政权力", "其他权力"]


def test_numbers_that_look_like_codes_are_numbers(dry: Any, tmp_path: Path) -> None:
    head = ["编号", "职权名称", "类别", "实施依据"]
    _, said = dry(
        workbook(tmp_path / "a.xlsx", [head, [1, "甲", "行政许可", BASIS], [1, "乙", "行政许可", BASIS]])
    )
    assert [(i["seq"], i["code"]) for i in said["items"]] == [("1", None), ("1", None)]


def test_the_row_of_column_numbers_is_no_item(dry: Any, tmp_path: Path) -> None:
    _, said = dry(table(tmp_path / "a.xlsx", list(range(1, 11)), row(1, "甲")))
    assert names(said) == [("甲", None)]


def test_a_sheet_without_header_beside_one_with_is_rejected_row_by_row(dry: Any, tmp_path: Path) -> None:
    code, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), 汇总=[["类别", "数量"], ["许可", 1]]))
    assert code == 2
    assert [(r["sheet"], r["row"]) for r in said["rejected"]] == [("汇总", 1), ("汇总", 2)]


def test_words_that_editors_add_are_understood(dry: Any, tmp_path: Path) -> None:
    from cms.models import HeaderSynonym

    head = ["顺位", "办什么事", "类别", "凭什么办"]
    path = workbook(tmp_path / "a.xlsx", [head, [1, "甲", "行政许可", BASIS]])
    assert dry(path)[0] == 1
    HeaderSynonym.objects.create(text="办什么事", field="name")
    HeaderSynonym.objects.create(text="凭什么办", field="legal_basis")
    code, said = dry(path)
    assert (code, names(said)) == (0, [("甲", None)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_that_occur(dry: Any, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.xls"  # the name says something else
    path.write_bytes(
        '序号,事项名称,权力类型,实施依据\r\n1,对“甲”的许可,行政许可,"某法\n第三条"\r\n'.encode(encoding)
    )
    code, said = dry(path)
    assert (code, names(said)) == (0, [("对“甲”的许可", None)])
    assert said["items"][0]["legal_basis"] == "某法\n第三条"


def test_an_open_document_is_read(dry: Any, tmp_path: Path) -> None:
    import zipfile

    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = [["序号", "事项名称", "权力类型", "实施依据"], ["1", "甲", "行政许可", "某法"]]
    body = "".join(
        f"<table:table-row>{''.join(cell.format(c) for c in line)}</table:table-row>" for line in lines
    )
    blank = ('<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
             'table:number-columns-repeated="16384"/></table:table-row>')  # fmt: skip
    names_ = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    content = (f'<?xml version="1.0"?><office:document-content {names_}><office:body><office:spreadsheet>'
               f'<table:table table:name="表">{body}{blank}</table:table></office:spreadsheet></office:body>'
               "</office:document-content>")  # fmt: skip
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    code, said = dry(path)
    assert (code, names(said)) == (0, [("甲", None)])


def test_a_list_of_names_under_headings(dry: Any, tmp_path: Path) -> None:
    rows = [["某市测试局权力清单"], ["序号", "权力名称"], ["一、行政许可（2项）"], [1, "甲"], [2, "乙"],
            ["二、行政处罚（1项）"], [3, "丙"]]  # fmt: skip
    _, said = dry(workbook(tmp_path / "a.xlsx", rows))
    assert [(item["name"], item["category_code"]) for item in said["items"]] == [
        ("甲", "licence"),
        ("乙", "licence"),
        ("丙", "penalty"),
    ]


def test_a_list_of_contents_beside_the_table_is_none(dry: Any, tmp_path: Path) -> None:
    contents = [["序号", "事项名称"], [1, "目录里的"]]
    _, said = dry(table(tmp_path / "a.xlsx", row(1, "甲"), 目录=contents))
    assert [item["name"] for item in said["items"]] == ["甲"]
    assert {r["sheet"] for r in said["rejected"]} == {"目录"}
