"""The text of a file, for the search. Pure: no Django; it runs in child processes that have limits.

Raises whatever a reader of a stranger's file may raise, where it cannot be read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

MAX_TEXT = 200_000
MAX_PAGES = 500
MAX_PART, MAX_PARTS = 40 * 2**20, 300  # of a zipped file: bytes of one part, parts that are read
# What a zipped file's text stands in, and the elements of Word and PowerPoint after which a line ends.
PARTS = {
    "docx": re.compile(r"word/(document|footnotes|endnotes|header\d*|footer\d*)\.xml"),
    "pptx": re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml"),
    "odt": re.compile(r"content\.xml"),
    "odp": re.compile(r"content\.xml"),
}
LINES = {"p", "tr", "br", "cr", "tab", "tc"}


def text_of(data: bytes, kind: str) -> str:
    """The text of a file, at most MAX_TEXT characters. Raises anything where it cannot be read."""
    if kind == "pdf":
        pieces = _pdf(data)
    elif kind in PARTS:
        pieces = _zipped(data, kind)
    elif kind in ("xlsx", "xls", "ods"):
        pieces = _sheets(data)
    else:
        pieces = iter([_plain(data)])
    found: list[str] = []
    left = MAX_TEXT
    for piece in pieces:
        found.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return "".join(found)


def _pdf(data: bytes) -> Iterator[str]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    for page in extract_pages(io.BytesIO(data), maxpages=MAX_PAGES):
        for part in page:
            if isinstance(part, LTTextContainer):
                # A line of a page is no line of the text: Chinese words run on over its end.
                yield (
                    re.sub(r"(?<=[\u2e80-\u9fff，、；：]) *\n *(?=[\u2e80-\u9fff])", "", part.get_text())
                    + "\n"
                )


def _zipped(data: bytes, kind: str) -> Iterator[str]:
    from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        parts = [part for part in book.infolist() if PARTS[kind].fullmatch(part.filename)][:MAX_PARTS]
        for part in parts:
            if part.file_size > MAX_PART:
                raise ValueError("too large")
            with book.open(part) as file:
                yield from _words(iterparse(file, events=("end",), forbid_dtd=True), kind)


def _words(events: Any, kind: str) -> Iterator[str]:
    for _event, element in events:
        name = element.tag.rpartition("}")[2]
        if kind in ("odt", "odp"):  # text stands anywhere in a paragraph
            if name in ("p", "h"):
                yield "".join(element.itertext()) + "\n"
                element.clear()
        elif name == "t":
            yield element.text or ""
        elif name in LINES:
            yield "\n"
            element.clear()


def _sheets(data: bytes) -> Iterator[str]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names[:50]:
        yield name + "\n"
        for row in book.get_sheet_by_name(name).iter_rows():
            if line := "\t".join(str(cell) for cell in row if cell not in ("", None)):
                yield line + "\n"


def _plain(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("no text")


def names_in_zip(data: bytes) -> str:
    """What an archive lists, one name a line; nothing in it is opened."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "\n".join(part.filename[:300] for part in book.infolist()[:2_000])[:MAX_TEXT]
