"""A table of measurements with what it was measured on."""

from __future__ import annotations

import os
import platform
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of cells under `columns`; `settings` say on what, how large and how."""

    title: str
    columns: Sequence[str]
    settings: dict[str, object] = field(default_factory=dict)
    rows: list[Sequence[object]] = field(default_factory=list)

    def text(self) -> str:
        """The table, aligned also where cells hold Chinese."""
        cells = [[str(cell) for cell in row] for row in [self.columns, *self.rows]]
        widths = [max(_width(row[n]) for row in cells) for n in range(len(self.columns))]
        lines = [
            "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        facts = {"python": platform.python_version(), "cores": os.cpu_count()} | self.settings
        head = f"\n{self.title}\n" + ", ".join(f"{name} {value}" for name, value in facts.items())
        return head + "\n\n" + "\n".join(line.rstrip() for line in lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def share(times: Sequence[float], part: float) -> float:
    """The quantile `part` of `times`, 0 where there are none."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def milliseconds(seconds: float) -> str:
    """1.2 ms as "1.2"."""
    return f"{seconds * 1000:.1f}"
