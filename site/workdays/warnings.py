"""Warnings before and after a deadline: 0 none, 1 prompt, 2 yellow, 3 red (docs: local practice)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext

from workdays import calendar

NONE, PROMPT, YELLOW, RED = range(4)
FAR = dt.timedelta(days=21)  # no holiday is so long that one working day takes more


def level(due: dt.date | None, today: dt.date, days: calendar.Calendar | None = None) -> int:
    """3 red: overdue; 2 yellow: due today; 1 prompt: one working day is left after today; 0 otherwise.

    Give `days` (calendar.load(strict=False)) for a list, or ask `levels`.
    """
    if due is None or due - today > FAR:
        return NONE
    if due < today:
        return RED
    if due == today:
        return YELLOW
    days = days or calendar.load(strict=False)
    return PROMPT if days.between(today, due) <= 1 else NONE


def levels(dues: Iterable[dt.date | None], today: dt.date) -> list[int]:
    """The level of each, with one query."""
    days = calendar.load(strict=False)
    return [level(due, today, days) for due in dues]


def label(value: int) -> str:
    """The level's name in the reader's language; empty for none."""
    return ["", gettext("提示"), gettext("黄色预警"), gettext("红色预警")][value]
