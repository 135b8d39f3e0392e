"""More of what lists do, read without a database: each made up from what published ones are known to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cms.importing.grids import delimiter_of, read_book
from cms.importing.headers import Vocabulary
from cms.importing.names import Names, main_name
from cms.importing.parse import Parsed, parse_book
from cms.importing.refusals import Refused
from tests.cms.importing.making import BASIS, workbook

pytestmark = pytest.mark.once

TITLE = ["某市测试局权力清单（2023年版）"]
HEAD = ["序号", "职权名称", "子项", "职权类别", "设定依据", "行使主体"]


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """read(rows, merges=…) → what the parser says of a workbook with these rows."""

    def read(rows: list[list[Any]], **more: Any) -> Parsed:
        path = workbook(tmp_path / "list.xlsx", rows, **more)
        names = Names.of_categories(), Names.of_levels()
        return parse_book(read_book(path.read_bytes()), Vocabulary(()), *names)

    return read


def said(parsed: Parsed) -> list[tuple[str, str | None]]:
    return [(item.name, item.parent) for item in parsed.items]


def test_a_name_whose_other_cells_are_merged_from_above_is_an_item(read: Any) -> None:
    rows = [TITLE, HEAD, [1, "甲", "", "行政处罚", BASIS, "局"], ["", "乙"], ["", "丙"]]
    parsed = read(rows, merges=("A3:A5", "D3:D5", "E3:E5", "F3:F5"))
    assert said(parsed) == [("甲", None), ("乙", None), ("丙", None)]
    assert {(i.category_code, i.values["legal_basis"]) for i in parsed.items} == {("penalty", BASIS)}
    assert said(read(rows)) == [("甲", None)], "without the spans nothing says that they are items"


@pytest.mark.parametrize("mark", ["同上", "〃", '"'])
def test_ditto_marks_say_what_stands_above(read: Any, mark: str) -> None:
    rows = [TITLE, HEAD, [1, "甲", "甲一", "行政处罚", BASIS, "局"], [mark, mark, "甲二", mark, mark, mark]]
    parsed = read(rows)
    assert said(parsed) == [("甲一", "甲"), ("甲二", "甲")]
    second = parsed.items[1]
    assert (second.category_code, second.values["legal_basis"], second.values["exercising_body"]) == (
        "penalty",
        BASIS,
        "局",
    )


@pytest.mark.parametrize(
    "names",
    [("事项名称（主项）", "事项名称（子项）"), ("一级事项", "二级事项"), ("职权项目", "具体事项"),
     ("主项", "办理项名称"), ("行政处罚事项", "子项（小项）"), ("事项名称 Name", "子项 Sub-item")],
)  # fmt: skip
def test_other_words_for_item_and_sub_item(read: Any, names: tuple[str, str]) -> None:
    head = ["序号", *names, "职权种类", "执法依据", "执法单位"]
    parsed = read(
        [TITLE, head, [1, "甲", "甲一", "行政处罚", BASIS, "局"], ["", "", "甲二", "行政处罚", BASIS, "局"]]
    )
    assert said(parsed) == [("甲一", "甲"), ("甲二", "甲")]
    assert parsed.items[0].values["exercising_body"] == "局"


def test_sub_items_have_numbers_and_codes_of_their_own(read: Any) -> None:
    head = ["序号", "职权编码", "职权名称", "子项序号", "子项编码", "子项名称", "职权类别", "法定依据"]
    rows = [
        [1, "A-0001", "甲", "", "", "", "行政许可", BASIS],
        [2, "A-0002", "乙", 1, "A-0002-1", "乙一", "行政许可", BASIS],
        ["", "", "", 2, "A-0002-2", "乙二", "行政许可", BASIS],
    ]
    parsed = read([TITLE, head, *rows])
    assert said(parsed) == [("甲", None), ("乙一", "乙"), ("乙二", "乙")]
    assert [item.code for item in parsed.items] == ["A-0001", "A-0002-1", "A-0002-2"]
    assert "sub_code" not in parsed.items[1].as_json()["more"]


def test_an_own_name_as_only_sub_item_is_read_and_means_nothing(read: Any) -> None:
    assert said(read([TITLE, HEAD, [1, "甲", "甲", "行政许可", BASIS, "局"]])) == [("甲", "甲")]
    assert main_name("甲", " 甲") == ""
    assert main_name("甲", "甲一") == "甲"


def test_a_second_row_of_the_header_may_have_any_words(read: Any) -> None:
    top = ["序号", "职权名称", "职权类别", "执法依据", "", "责任事项", "", "实施主体"]
    low = ["", "", "", "法律名称", "条款内容", "受理", "决定", ""]
    spans = ("A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2", "H2:H3")
    parsed = read(
        [TITLE, top, low, [1, "甲", "行政处罚", "《甲法》", "第一条", "一", "二", "局"]], merges=spans
    )
    item = parsed.items[0]
    assert parsed.rejected == []
    assert (item.values["legal_basis"], item.values["duties"]) == ("《甲法》\n第一条", "一\n二")


def test_levels_as_columns_under_one_header(read: Any) -> None:
    head = ["序号", "事项名称", "权力类型", "实施依据", "省级", "市级", "县级"]
    parsed = read([TITLE, head, [1, "甲", "行政许可", BASIS, "", "√", "√"]])
    assert parsed.items[0].levels == ["city", "county"]


def test_acts_stand_for_names_but_a_table_of_discretion_is_no_list(read: Any) -> None:
    head = ["序号", "违法行为", "处罚依据", "处罚种类", "实施主体"]
    parsed = read([["某局行政处罚事项清单"], head, [1, "无证经营", BASIS, "罚款", "局"]])
    assert [(i.name, i.category_code) for i in parsed.items] == [("无证经营", "penalty")]
    with pytest.raises(Refused):
        read(
            [
                ["某局裁量基准"],
                ["序号", "违法行为", "处罚依据", "裁量阶次", "适用条件"],
                [1, "甲", BASIS, "较轻", "初犯"],
            ]
        )


@pytest.mark.parametrize(
    "foot",
    [
        [["", "", "", "", "", "某市测试局"], ["", "", "", "", "", "2024年3月1日"]],
        [["", "", "", "", "某市测试局", "2024年5月"]],
        [["单位负责人（签字）：张三", "", "", "填表人：李四"]],
        [["第1页，共1页"]],
        [["抄送：市委编办"]],
        [["某市测试局办公室  2024年5月1日印发"]],
        [["（此件公开发布）"]],
    ],
)
def test_signatures_never_become_part_of_the_last_item(read: Any, foot: list[list[str]]) -> None:
    parsed = read([TITLE, HEAD, [1, "甲", "", "行政许可", BASIS, "局"], *foot])
    assert said(parsed) == [("甲", None)]
    assert parsed.items[0].values["exercising_body"] == "局"
    assert parsed.items[0].values["seq"] == "1", "long words below do not make the numbers codes"
    assert [row.code for row in parsed.rejected] == ["note"] * len(foot)


def test_several_names_of_one_category_are_that_category(read: Any) -> None:
    rows = [[1, "甲", "", "行政征收/行政收费", BASIS], [2, "乙", "", "行政许可、行政确认", BASIS]]
    parsed = read([TITLE, HEAD, *rows])
    assert [item.category_code for item in parsed.items] == ["levy", None]
    assert [w.code for w in parsed.warnings] == ["category_unknown"]


def test_the_sign_that_parts_the_lines_evenly_parts_a_csv() -> None:
    assert delimiter_of("序号,名称,依据\n1,甲,一;二;三;四\n2,乙,一;二\n") == ","
    assert delimiter_of("序号;名称\n1;甲，乙\n") == ";"
    assert delimiter_of("序号\t名称\n1\t甲,乙\n") == "\t"


def test_a_heading_with_a_number_of_its_own_says_the_category(read: Any) -> None:
    head = ["序号", "权责事项", "设定依据", "责任主体", "备注"]
    first = [["一", "行政许可（1项）", "", "", ""], [1, "甲", BASIS, "局", ""]]
    second = [["二", "行政处罚", "", "", ""], ["（一）", "监管类", "", "", ""], [1, "乙", BASIS, "局", ""]]
    rows = [head, *first, *second, ["三", "丙", BASIS, "局", ""]]
    found = read(rows)
    assert [(item.name, item.category_code) for item in found.items] == [
        ("甲", "licence"),
        ("乙", "penalty"),
        ("丙", "penalty"),
    ]
    assert not found.rejected


def test_numbered_names_below_an_item_are_its_sub_items(read: Any) -> None:
    head = ["序号", "事项名称", "权力类型", "设定依据", "责任主体"]
    rows = [head, [1, "办学审批", "行政许可", BASIS, "局"], ["", "（1）设立", "", "", ""],
            ["", "（2）变更", "", "", ""], [2, "教师资格", "行政许可", BASIS, "局"]]  # fmt: skip
    found = read(rows)
    assert [(item.name, item.parent) for item in found.items] == [
        ("办学审批", None),
        ("（1）设立", "办学审批"),
        ("（2）变更", "办学审批"),
        ("教师资格", None),
    ]
    assert all(item.values["legal_basis"] and item.category_code == "licence" for item in found.items)
