"""Warnings before and after a deadline: 0 none, 1 prompt, 2 yellow, 3 red (docs: local practice).

How many of the last working days of a limit are prompted of, and how many are yellow, two rules say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from workdays import calendar, rules
from workdays.models import Rule

NONE, PROMPT, YELLOW, RED = range(4)


@dataclass(frozen=True)
class Scale:
    """The last working days of a limit, its end among them: so many are prompted of, so many yellow."""

    prompt: int = 2
    yellow: int = 1

    @property
    def far(self) -> dt.timedelta:
        """Nothing due later is warned of: so many working days and the longest holidays are over by then."""
        return dt.timedelta(days=21 + 3 * max(self.prompt, self.yellow))


def load(today: dt.date) -> Scale:
    """The scale in force on this day, in one query. A rule that was switched off warns of no day."""
    found: dict[str, int] = {}
    for row in Rule.objects.filter(code__in=(rules.PROMPT, rules.YELLOW)).order_by("version"):
        found.setdefault(row.code, 0)
        if row.active and (row.since is None or row.since <= today):
            found[row.code] = row.value
    return Scale(found.get(rules.PROMPT, Scale.prompt), found.get(rules.YELLOW, Scale.yellow))


def level(
    due: dt.date | None, today: dt.date, days: calendar.Calendar | None = None, scale: Scale | None = None
) -> int:
    """3 red: overdue; 2 yellow and 1 prompt: among the last working days, by the scale; 0 otherwise.

    Give `days` (calendar.load(strict=False)) for a list, or ask `levels`; without `scale` the day itself is
    yellow and the working day before it prompts.
    """
    scale = scale or Scale()
    if due is None or due - today > scale.far:
        return NONE
    if due < today:
        return RED
    if due == today and scale.yellow:
        return YELLOW
    days = days or calendar.load(strict=False)
    left = days.between(today, due) + 1  # today among them
    if scale.yellow > 1 and left <= scale.yellow:
        return YELLOW
    return PROMPT if left <= scale.prompt else NONE


def levels(dues: Iterable[dt.date | None], today: dt.date) -> list[int]:
    """The level of each, with one query."""
    days = calendar.load(strict=False)
    return [level(due, today, days) for due in dues]


def label(value: int) -> str:
    """The level's name in the reader's language; empty for none."""
    return ["", gettext("提示"), gettext("黄色预警"), gettext("红色预警")][value]
