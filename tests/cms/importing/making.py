"""Workbooks made in the test: nothing here comes from a published one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl

HEADER = [
    "序号",
    "事项名称",
    "子项名称",
    "权力类型",
    "实施依据",
    "行使主体",
    "承办机构",
    "责任事项",
    "追责情形",
    "备注",
]
BASIS = "【法律】《中华人民共和国测试法》（2020年1月1日主席令第1号公布）\n第三条：由市级部门许可。"


def row(number: Any, name: str, sub: str = "", **more: str) -> list[Any]:
    """A complete row under HEADER."""
    values = {"category": "行政许可", "basis": BASIS, "body": "市测试局", "unit": "法规科",
              "duty": "1.受理。",              "blame": "1.不受理的。", "remark": ""} | more  # fmt: skip
    return [
        number,
        name,
        sub,
        *(values[k] for k in ("category", "basis", "body", "unit", "duty", "blame", "remark")),
    ]


def workbook(path: Path, rows: list[list[Any]], *, merges: tuple[str, ...] = (), title: str = "Sheet1",
             **sheets: list[list[Any]]) -> Path:  # fmt: skip
    """An xlsx with these rows; `sheets` are more sheets by name."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for values in rows:
        sheet.append(values)
    for name, more in sheets.items():
        other = book.create_sheet(name)
        for values in more:
            other.append(values)
    for span in merges:
        sheet.merge_cells(span)
    book.save(path)
    return path


def table(path: Path, *rows: list[Any], **more: Any) -> Path:
    """A workbook with title, HEADER and these rows."""
    return workbook(path, [["某市测试局权责清单"], HEADER, *rows], **more)
