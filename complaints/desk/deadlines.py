"""What the desk says about a deadline: how long is left, how loud the warning, how it was counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ledger.models import Event
from workdays import rules, warnings
from workdays.calendar import Calendar
from workdays.models import Rule

from complaints.intake.models import Tip


@dataclass(frozen=True)
class Due:
    """One tip's deadline in words: "剩 3 个工作日", its day, its warning level 0 to 3."""

    words: str
    day: dt.date | None
    level: int

    @property
    def row_class(self) -> str:
        """The edge of the queue's row."""
        return {2: "is-yellow", 3: "is-red"}.get(self.level, "is-plain")


def of(tip: Tip, today: dt.date, days: Calendar) -> Due:
    """The tip's deadline as of today. `days` is loaded once for a list."""
    if tip.due_on is None:
        return Due(_("不计期限"), None, 0)
    level = warnings.level(tip.due_on, today, days)
    if tip.due_on == today:
        return Due(_("今天到期"), tip.due_on, level)
    n = abs(days.between(today, tip.due_on))
    if tip.due_on < today:
        if n == 0:
            return Due(_("已过期限"), tip.due_on, level)
        return Due(ngettext("已超 %(n)d 个工作日", "已超 %(n)d 个工作日", n) % {"n": n}, tip.due_on, level)
    return Due(ngettext("剩 %(n)d 个工作日", "剩 %(n)d 个工作日", n) % {"n": n}, tip.due_on, level)


@dataclass(frozen=True)
class Account:
    """How a deadline was counted."""

    name: str
    explanation: str


def explain(tip: Tip, events: list[Event], days: Calendar) -> Account | None:
    """The rule behind the tip's deadline, counted again from the day it began; None where none runs.

    It began with the last change into the present state, else with receipt (the events say both).
    """
    if not tip.due_rule or tip.due_on is None:
        return None
    rule = Rule.objects.filter(code=tip.due_rule, active=True).order_by("-version").first()
    if rule is None:
        return None
    start = tip.received_on
    if tip.due_rule != "ack_named":
        entered = [e.date for e in events if e.kind == "state" and e.details.get("to") == tip.state]
        start = max(entered, default=start)
    found = rules.deadline_by(rule, start, days)
    text = found.explanation
    if found.due != tip.due_on:  # the rule or the calendar has changed since: the promised day stands
        text = _("按提出时的规则到期；规则或者日历后来改过。%(text)s") % {"text": text}
    return Account(rules.name(rule), text)
