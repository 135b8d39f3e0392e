"""XLSX (ECMA-376) written row by row: text cells alone, so that no program reads a number, date or formula.

A sheet holds at most 1,048,576 rows and a cell 32,767 characters; what is longer is cut and says where the
whole text stands. Nothing but one row and the compressor's window is in memory.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _

ROWS, CHARACTERS = 1_000_000, 32_767
BYTES = 1_500_000_000  # of a sheet's XML: below 2 GiB, or the file would need ZIP64, which Excel refuses
UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|_x(?=[0-9A-Fa-f]{4}_)")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Outlet:
    """A file that only grows: what was written since the last `take` is handed on and forgotten."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        if data:  # the compressor keeps most of what it is given for later
            self.waiting.append(bytes(data))
            self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """zipfile asks for it; nothing is kept back here."""

    def take(self) -> bytes:
        found, self.waiting = b"".join(self.waiting), []
        return found


def workbook(header: list[str], rows: Iterable[list[Any]], name: str) -> Iterator[bytes]:
    """The file in pieces. `name` is the sheet's (at most 25 characters); the first column is the address."""
    outlet = Outlet()
    sheets, left = 0, iter(rows)
    first: list[Any] | None = next(left, None)
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as package:  # type: ignore[arg-type]
        while sheets == 0 or first is not None:
            sheets += 1
            with package.open(_info(f"xl/worksheets/sheet{sheets}.xml"), "w") as sheet:
                size = sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{_row(header)}'.encode())
                number = 1
                while first is not None and number < ROWS and size < BYTES:
                    size += sheet.write(_row(first).encode())
                    number += 1
                    first = next(left, None)
                    if number % 50 == 0:
                        yield outlet.take()
                sheet.write(b"</sheetData></worksheet>")
        for path, text in _parts(name, sheets):
            package.writestr(_info(path), text)
    yield outlet.take()


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _row(values: list[Any]) -> str:
    return f"<row>{''.join(_cell(value, values[0]) for value in values)}</row>"


def _cell(value: Any, address: Any) -> str:
    text = "" if value is None else str(value)
    if len(text) > CHARACTERS:
        end = _("……（太长，全文见 %(url)s）") % {"url": address}
        text = text[: CHARACTERS - len(end)] + end
    if not text:
        return "<c/>"
    text = UNFIT.sub(lambda found: "_x005F_x" if found[0] == "_x" else "", text)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _parts(name: str, sheets: int) -> list[tuple[str, str]]:
    """What makes a workbook of the sheets."""
    numbers = range(1, sheets + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    titles = [escape(name[:25] + (f" {n}" if n > 1 else ""), {'"': "&quot;"}) for n in numbers]
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    return [
        (
            "xl/workbook.xml",
            f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
        ),
        (
            "_rels/.rels",
            f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "[Content_Types].xml",
            f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{types}</Types>',
        ),
    ]
