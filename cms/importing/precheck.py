"""What a file is by its content, and whether it is safe to open, by streaming its parts first.

A workbook of one kilobyte can ask for gigabytes (one far cell, a bomb of zeros), so size, ratio, spans and
far cells are measured here, before anything builds a table. Pure: no Django; runs in the child only.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from .refusals import Refused

MAX_FILE = 50 * 2**20  # bytes as uploaded
MAX_UNPACKED = 256 * 2**20  # bytes, all parts together
MAX_RATIO = 250  # of one part of more than RATIO_FROM bytes; real lists stay under 30
RATIO_FROM = 8 * 2**20
MAX_PARTS = 2_000
MAX_SHEETS = 100
MAX_ROWS, MAX_COLUMNS = 100_000, 1_024  # of a cell with content
MAX_AREA = 4_000_000  # cells from A1 to the last one with content
CHUNK = 2**16

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
WEB_PAGE = re.compile(rb"<(!doctype html|html|head|body|table|meta)\b", re.IGNORECASE)
OTHER = {b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"Rar!": "RAR", b"7z\xbc\xaf": "7z",
         b"{\\rtf": "RTF", b"\x1f\x8b": "gzip", b"GIF8": "GIF", b"MZ": "EXE"}  # fmt: skip


def kind_of(data: bytes) -> str:
    """`xlsx`, `ods`, `xls` or `csv`, by content; the name of the file plays no part.

    Raises Refused for anything else, and for what is encrypted or damaged.
    """
    if not data.strip():
        raise Refused("empty")
    if len(data) > MAX_FILE:
        raise Refused("too_large", limit=MAX_FILE // 2**20)
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused("encrypted")
        return "xls"
    if data.startswith(b"PK"):
        return archive_kind(data)
    for mark, name in OTHER.items():
        if data.startswith(mark):
            raise Refused("not_a_workbook", found=name)
    head = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if WEB_PAGE.search(head):
        raise Refused("web_page")
    if head.startswith(b"<?xml"):
        raise Refused("xml_workbook")
    # Excel 2 to 4 began without a container.
    if data[:2] == b"\x09\x08":
        return "xls"
    return "csv"


def archive_kind(data: bytes) -> str:
    """`xlsx` or `ods`, after every part has been streamed once."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused("damaged") from error
    if len(infos) > MAX_PARTS:
        raise Refused("too_many_parts", limit=MAX_PARTS)
    if any(info.flag_bits & 0x1 for info in infos):
        raise Refused("encrypted")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise Refused("bomb", limit=MAX_UNPACKED // 2**20)
    names = {info.filename for info in infos}
    if len(names) != len(infos):
        raise Refused("damaged")
    if "xl/workbook.xml" in {name.lower() for name in names}:
        kind, watch = "xlsx", watch_xlsx
    elif "xl/workbook.bin" in names:
        raise Refused("binary_workbook")
    elif "content.xml" in names:
        kind, watch = "ods", watch_ods
    else:
        raise Refused("not_a_workbook", found="DOCX" if "word/document.xml" in names else "ZIP")
    unpacked = 0
    for info in infos:
        unpacked += stream(archive, info, watch(info.filename))
        if unpacked > MAX_UNPACKED:
            raise Refused("bomb", limit=MAX_UNPACKED // 2**20)
    return kind


def stream(archive: zipfile.ZipFile, info: zipfile.ZipInfo, parser: Any) -> int:
    """Read one part to its end, through `parser` if there is one; its length in bytes.

    The length a part declares is what zipfile stops at, and a part that is longer fails its checksum: after
    this, declared sizes are true.
    """
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise Refused("bomb", limit=MAX_UNPACKED // 2**20)
    read = 0
    try:
        with archive.open(info) as part:
            while chunk := part.read(CHUNK):
                read += len(chunk)
                if parser is not None:
                    parser.Parse(chunk, False)
        if parser is not None and read:
            parser.Parse(b"", True)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, expat.ExpatError) as error:
        raise Refused("damaged", part=info.filename[:100]) from error
    except Exception as error:
        if isinstance(error, Refused):
            raise
        raise Refused("damaged", part=info.filename[:100]) from error  # zlib.error and its like
    return read


def parser_of(start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None) -> Any:
    """An expat parser that refuses document types (entities are a bomb of their own)."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end

    def refuse(*_: object) -> None:
        raise Refused("entities")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def place(reference: str) -> tuple[int, int]:
    """`C5` → (5, 3). (0, 0) for what is no reference."""
    match = re.fullmatch(r"\$?([A-Za-z]{1,7})\$?([0-9]{1,10})", reference)
    if not match:
        return 0, 0
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def too_far(row: int, column: int, sheet: str, cell: str) -> None:
    """Raise Refused if a cell with content stands beyond what a list can need."""
    if row > MAX_ROWS or column > MAX_COLUMNS or row * column > MAX_AREA:
        raise Refused("far_cell", sheet=sheet, row=row, cell=cell[:20])


def local(name: str) -> str:
    return name.rpartition(":")[2]


def watch_xlsx(name: str) -> Any:
    """A parser for a part of an xlsx, or None. Styled cells without content may stand anywhere: no harm."""
    if name.lower() == "xl/workbook.xml":
        count = 0

        def sheet(tag: str, _: dict[str, str]) -> None:
            nonlocal count
            count += local(tag) == "sheet"
            if count > MAX_SHEETS:
                raise Refused("too_many_sheets", limit=MAX_SHEETS)

        return parser_of(sheet)
    if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name, re.IGNORECASE):
        return parser_of(lambda *_: None) if name.lower().endswith((".xml", ".rels")) else None

    part = name.rpartition("/")[2]
    row = column = last_row = last_column = 0
    cell = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, cell, last_row, last_column
        match local(tag):
            case "row":
                number = attributes.get("r", "")
                row, column = int(number) if number.isdigit() and len(number) < 11 else row + 1, 0
            case "c":
                cell = attributes.get("r", "")
                at = place(cell)
                column = at[1] or column + 1
                row = at[0] or row
            case "v" | "is" | "t":
                last_row, last_column = max(last_row, row), max(last_column, column)
                too_far(last_row, last_column, part, cell)
            case "mergeCell":
                first, _, last = attributes.get("ref", "").partition(":")
                (top, left), (bottom, right) = place(first), place(last or first)
                # Whole rows or columns merged are layout; both at once is an attack.
                if (bottom - top + 1) * (right - left + 1) > 20 * MAX_AREA:
                    raise Refused("far_cell", sheet=part, row=top, cell=attributes.get("ref", "")[:20])

    return parser_of(start)


def watch_ods(name: str) -> Any:
    """A parser for the content of an ods: repetition counts only where there is content."""
    if name != "content.xml":
        return parser_of(lambda *_: None) if name.endswith(".xml") else None
    sheets = row = column = row_repeat = cell_repeat = 0
    sheet = ""
    content_in_row = in_cell = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal sheets, sheet, row, column, row_repeat, cell_repeat, content_in_row, in_cell
        match local(tag):
            case "table":
                sheets, row, sheet = sheets + 1, 0, attributes.get("table:name", "")[:60]
                if sheets > MAX_SHEETS:
                    raise Refused("too_many_sheets", limit=MAX_SHEETS)
            case "table-row":
                row_repeat = number(attributes.get("table:number-rows-repeated"))
                column, content_in_row = 0, False
            case "table-cell" | "covered-table-cell":
                cell_repeat = number(attributes.get("table:number-columns-repeated"))
                in_cell = True
                if "office:value" in attributes or attributes.get("office:string-value"):
                    content_in_row = True
                    too_far(row + row_repeat, column + cell_repeat, sheet, "")
            case "p" if in_cell:
                content_in_row = True
                too_far(row + row_repeat, column + cell_repeat, sheet, "")

    def end(tag: str) -> None:
        nonlocal row, column, in_cell
        if local(tag) in ("table-cell", "covered-table-cell"):
            column, in_cell = column + cell_repeat, False
        elif local(tag) == "table-row":
            row += row_repeat
            if content_in_row:
                too_far(row, 1, sheet, "")

    return parser_of(start, end)


def number(text: str | None) -> int:
    """A repetition: at least 1, at most what no sheet has."""
    return max(1, min(int(text), 10**9)) if text and text.isdigit() and len(text) < 12 else 1
