"""What stands in a column of codes, and which of it is the code of one item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cms.importing.making import BASIS, workbook

HEAD = ["事项编码", "事项名称", "子项名称", "权力类型", "实施依据"]


def codes(said: Any) -> dict[str, str | None]:
    return {item["name"]: item["code"] for item in said["items"]}


def rows(*cells: tuple[str, str, str]) -> list[list[str]]:
    return [HEAD, *([code, name, sub, "行政许可", BASIS] for code, name, sub in cells)]


def test_a_code_that_sub_items_share_is_the_main_items(dry: Any, tmp_path: Path) -> None:
    given = rows(("XK-1", "甲", ""), ("XK-1", "甲", "甲一"), ("XK-1", "甲", "甲二"), ("XK-2", "乙", "乙一"))
    code, said = dry(workbook(tmp_path / "a.xlsx", given))
    assert code == 0
    assert codes(said) == {"甲": "XK-1", "甲一": None, "甲二": None, "乙一": "XK-2"}
    assert [w["code"] for w in said["warnings"]].count("code_of_main") == 2


def test_a_column_in_which_codes_recur_holds_none(dry: Any, tmp_path: Path) -> None:
    given = rows(*(("11010500", name, "") for name in "甲乙丙丁"))
    code, said = dry(workbook(tmp_path / "a.xlsx", given))
    assert code == 0
    assert codes(said) == dict.fromkeys("甲乙丙丁")
    assert {w["code"] for w in said["warnings"]} >= {"code_common"}


def test_an_item_said_twice_is_taken_once(dry: Any, tmp_path: Path) -> None:
    given = rows(("XK-1", "甲", ""), ("XK-2", "乙", ""), ("XK-3", "丙", ""), ("XK-1", "甲", ""))
    code, said = dry(workbook(tmp_path / "a.xlsx", given))
    assert code == 2
    assert codes(said) == {"甲": "XK-1", "乙": "XK-2", "丙": "XK-3"}
    assert [(row["row"], "第 2 行" in row["reason"]) for row in said["rejected"]] == [(5, True)]


def test_codes_that_only_count_are_numbers(dry: Any, tmp_path: Path) -> None:
    head = ["编码", "事项名称", "权力类型", "实施依据"]
    body = [[n, name, "行政许可", BASIS] for n, name in enumerate("甲乙丙", 1)]
    _, said = dry(workbook(tmp_path / "a.xlsx", [head, *body]))
    assert codes(said) == dict.fromkeys("甲乙丙")
    assert [item["seq"] for item in said["items"]] == ["1", "2", "3"]


def test_short_codes_that_do_not_count_stay_codes(dry: Any, tmp_path: Path) -> None:
    head = ["编码", "事项名称", "权力类型", "实施依据"]
    body = [[n, name, "行政许可", BASIS] for n, name in (("0101", "甲"), ("0205", "乙"), ("0317", "丙"))]
    _, said = dry(workbook(tmp_path / "a.xlsx", [head, *body]))
    assert codes(said) == {"甲": "0101", "乙": "0205", "丙": "0317"}


def test_full_width_codes_are_the_same_codes(dry: Any, tmp_path: Path) -> None:
    _, said = dry(workbook(tmp_path / "a.xlsx", rows(("ＸＫ－００１", "甲", ""), ("XK-002", "乙", ""))))
    assert codes(said) == {"甲": "XK-001", "乙": "XK-002"}
