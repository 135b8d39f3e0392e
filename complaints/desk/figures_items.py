"""Numbers by the published item that tips are about: out of the encrypted index, in an unlocked session.

Which item a tip is about is confided (VAULT: in clear, and in the thief's table), so no column has it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from accounts.keys import KeySeed
from accounts.models import User
from django.utils.translation import gettext as _

from complaints import access
from complaints.desk import finding, finding_similar, transitions
from complaints.desk.figures import Table
from complaints.intake.about import titles
from search.engines.base import EngineError

SHOWN = 30
BLOCK = 900  # ids in one question to the database
READ_S = 1.0  # seconds an office that the page may spend on reading in


@dataclass
class ByItem:
    """The table; the (code, name) of each of its rows; tips not yet read in; whether an index did not answer.

    `more`: items that are not shown.
    """

    table: Table
    codes: list[tuple[str, str]] = field(default_factory=list)
    pending: int = 0
    more: int = 0
    down: bool = False


def by_item(user: User, seed: KeySeed, *, today: dt.date) -> ByItem:
    """Tips, open ones and overdue ones by item, of the offices in which this person may search."""
    held: dict[str, list[str]] = {}
    pending, down = 0, False
    try:
        for index in finding_similar.indexes(user, seed):
            pending += index.catch_up(READ_S).pending
            for code, refs in index.engine.holders("item").items():
                held.setdefault(code, []).extend(refs)
    except EngineError:
        down = True
    counts = _counts(user, held, today)
    ranked = sorted((code for code in counts if counts[code][0]), key=lambda code: (-counts[code][0], code))
    named = titles("power", ranked[:SHOWN])  # an item that is not disclosed any more shows its code alone
    codes = [(code, f"{code} {named[code]}" if code in named else code) for code in ranked[:SHOWN]]
    rows: list[list[Any]] = [[name, *counts[code]] for code, name in codes]
    head = [_("事项"), _("全部"), _("未办结"), _("超期")]
    table = Table("item", _("按来源事项"), head, rows)
    return ByItem(table, codes, pending, max(0, len(ranked) - SHOWN), down)


def _counts(user: User, held: dict[str, list[str]], today: dt.date) -> dict[str, list[int]]:
    """Code → all, open, overdue; from the clear columns of the tips that this person may search."""
    item_of = {finding.tip_of(ref): code for code, refs in held.items() for ref in refs}
    counts = {code: [0, 0, 0] for code in held}
    tips = access.tips_for(user, "search").order_by()
    keys = sorted(item_of)
    for start in range(0, len(keys), BLOCK):
        block = keys[start : start + BLOCK]
        for pk, state, due in tips.filter(pk__in=block).values_list("pk", "state", "due_on"):
            row = counts[item_of[pk]]
            row[0] += 1
            row[1] += state in transitions.OPEN_STATES
            row[2] += due is not None and due < today
    return counts
