"""Bytes → grids of text with merged spans. python-calamine for xls, xlsx and ods; csv by hand.

Pure: no Django; runs in the child only. Formulas count by their stored value, macros are never looked at.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass, field
from typing import Any

import python_calamine as calamine

from .precheck import MAX_AREA, kind_of
from .refusals import Refused

MAX_CELL = 200_000  # characters
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass
class Grid:
    """One sheet from A1 on. `merges` are (top, left, bottom, right), 0-based and inclusive."""

    name: str
    rows: list[list[str]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    cleaned: int = 0  # cells from which control characters were taken


@dataclass
class Book:
    """What a file holds. `skipped` names hidden sheets and sheets that are charts."""

    kind: str
    grids: list[Grid]
    skipped: list[str] = field(default_factory=list)


def read_book(data: bytes) -> Book:
    """All visible sheets of a workbook. Raises Refused."""
    kind = kind_of(data)
    if kind == "csv":
        return Book("csv", [read_csv(data)])
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused("encrypted" if "assword" in str(error) else "damaged") from error
    grids, skipped = [], []
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet or meta.visible != calamine.SheetVisibleEnum.Visible:
            skipped.append(meta.name)
            continue
        try:
            grids.append(read_sheet(book, index, meta.name))
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise Refused("damaged_sheet", sheet=meta.name) from error
    return Book(kind, grids, skipped)


def read_sheet(book: calamine.CalamineWorkbook, index: int, name: str) -> Grid:
    sheet = book.get_sheet_by_index(index)
    if sheet.end is None:
        return Grid(name, [])
    if (sheet.end[0] + 1) * (sheet.end[1] + 1) > MAX_AREA:
        raise Refused("far_cell", sheet=name, row=sheet.end[0] + 1, cell="")
    grid = Grid(name, [])
    for values in sheet.to_python(skip_empty_area=False):
        grid.rows.append([clean(grid, text_of(value)) for value in values])
    grid.merges = [(a, b, c, d) for (a, b), (c, d) in sheet.merged_cell_ranges or []]
    return grid


def text_of(value: Any) -> str:
    """A cell's value as a reader of the sheet would see it: 1.0 is “1”, a date is ISO."""
    match value:
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.date() | dt.time():
            return value.isoformat()
        case None:
            return ""
        case _:
            return str(value)


def clean(grid: Grid, text: str) -> str:
    """Line ends are one sign, control characters (NUL too) go, outer blanks go; nothing else changes."""
    if not text:
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    safe = SURROGATE.sub("\ufffd", CONTROL.sub("", text))
    if len(safe) != len(text):
        grid.cleaned += 1
    return safe[:MAX_CELL].strip(" \t\n\u3000\u00a0\ufeff")


def decode(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else GB 18030 (which Chinese spreadsheets still write)."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if marked else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_workbook", found="")


def delimiter_of(head: str) -> str:
    """The sign that parts most lines into equally many fields; the comma where none does better."""

    def even(sign: str) -> int:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=sign) if row]
        except csv.Error:
            return 0
        return max((widths.count(width) for width in set(widths) if width > 1), default=0)

    return max(",\t;", key=even)


def read_csv(data: bytes) -> Grid:
    """One sheet of comma, tab or semicolon separated text; row numbers count records, not lines."""
    text = decode(data)
    marks = len(re.findall(r"[\x00-\x08\x0e-\x1f]", text[:100_000]))
    if marks > 5 and marks * 100 > len(text[:100_000]):
        raise Refused("not_a_workbook", found="")
    delimiter = delimiter_of(text[:20_000])
    grid = Grid("", [])
    csv.field_size_limit(MAX_CELL * 4)
    try:
        for values in csv.reader(io.StringIO(text.replace("\x00", "\x01"), newline=""), delimiter=delimiter):
            grid.rows.append([clean(grid, value) for value in values])
            if len(grid.rows) * max(1, len(values)) > MAX_AREA:
                raise Refused("far_cell", row=len(grid.rows), cell="")
    except csv.Error as error:
        raise Refused("damaged") from error
    width = max(map(len, grid.rows), default=0)
    for row in grid.rows:
        row.extend([""] * (width - len(row)))
    return grid
