"""Numbers that another room counts and an editor releases, for the public page of statistics.

The room of reports and this one do not know each other: config registers where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Source = Callable[[str], list[dict[str, Any]]]
_SOURCES: list[Source] = []


def register(source: Source) -> None:
    """`source(language)` gives released periods, newest first: first, last, total, tables of rows."""
    _SOURCES[:] = [source]


def released(language: str) -> list[dict[str, Any]]:
    """What may be shown in this language now; empty where nothing is registered or released."""
    return [period for source in _SOURCES for period in source(language)]
