"""CSV that spreadsheets open as it is meant: UTF-8 with its mark, no cell that runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

RISKY = tuple("=+-@\t\r＝＋－＠")  # OWASP, CSV injection; full-width signs are folded by some programs


def neutral(value: Any) -> Any:
    """The value; text that a spreadsheet would run gets an apostrophe before it."""
    if isinstance(value, str) and value.lstrip(" \n").startswith(RISKY):
        return "'" + value
    return value


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def lines(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The file, line by line."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff".encode() + writer.writerow([str(title) for title in header]).encode()
    for row in rows:
        yield writer.writerow([neutral(value) for value in row]).encode()
