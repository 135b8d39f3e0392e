"""What the desk says about a deadline: how long is left, how loud the warning, how it was counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from ledger import services as ledger
from ledger.models import Event
from workdays import clock, rules, warnings
from workdays.calendar import Calendar, load
from workdays.models import Rule

from complaints import access
from complaints.desk.models import Pause, Warning
from complaints.desk.services import ON_THE_WAY, Refused, actor, update
from complaints.intake.models import Tip
from complaints.intake.services import FIRST_ANSWER


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


def of(tip: Tip, today: dt.date, days: Calendar, scale: warnings.Scale) -> Due:
    """The tip's deadline as of today. `days` and `scale` are loaded once for a list."""
    if tip.due_on is None:
        return Due(_("停止计算") if tip.due_rule else _("不计期限"), None, 0)
    level = warnings.level(tip.due_on, today, days, scale)
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


def started(tip: Tip, events: Sequence[Event]) -> dt.date:
    """The day on which the tip's deadline began: receipt, the change into its state, or the transfer.

    The last pause is no beginning: the deadline goes on after it.
    """
    if tip.due_rule == FIRST_ANSWER:
        return tip.received_on
    if tip.due_rule in ON_THE_WAY:
        moved = [e.date for e in events if e.kind in ("transferred", "returned")]
        return max(moved, default=tip.received_on)
    entered = [e.date for e in events if e.kind == "state" and e.details.get("to") == tip.state]
    return max(entered, default=tip.received_on)


def explain(tip: Tip, events: list[Event], days: Calendar) -> Account | None:
    """The rule behind the tip's deadline, counted again from the day it began; None where none runs."""
    if not tip.due_rule:
        return None
    start = started(tip, events)
    try:
        rule = rules.at(tip.due_rule, start)
        stood = pauses_of(tip)
        running = next((row for row in stood if row.ended_on is None), None)
        if running is not None:
            return Account(rules.name(rule), _stands(running))
        if tip.due_on is None:
            return None
        found = rules.deadline_by(rule, start, days, [(p.began_on, p.ended_on) for p in stood if p.ended_on])
    except rules.UnknownRule:
        return None
    text = found.explanation
    if found.due != tip.due_on:  # the rule or the calendar has changed since: the promised day stands
        text = _("按提出时的规则到期；规则或者日历后来改过。%(text)s") % {"text": text}
    return Account(rules.name(rule), text)


# Special procedures stop the clock -----------------------------------------------------------------

STOPS: dict[str, str | Promise] = {
    "appraisal": gettext_lazy("鉴定、评估、审计"),
    "judgment": gettext_lazy("等待裁判或者其他机关的决定"),
    "hearing": gettext_lazy("听证、公告"),
    "force-majeure": gettext_lazy("不可抗力"),
}


def pauses_of(tip: Tip) -> list[Pause]:
    """The pauses of the deadline that runs now, oldest first."""
    return list(Pause.objects.filter(tip=tip, rule=tip.due_rule))


def _stands(pause: Pause) -> str:
    return _("自 %(day)s 起停止计算：%(why)s。重新计算时，停止的日子不计入。") % {
        "day": date_format(pause.began_on),
        "why": STOPS.get(pause.reason, pause.reason),
    }


def stop(*, tip: Tip, user: User, reason: str, revision: int) -> None:
    """The clock stands from today, for a reason of the list. Raises Stale, Refused."""
    access.require(user, "pause", tip=tip)
    if reason not in STOPS:
        raise Refused(_("请从列表里选停止计算的事由"))
    if not tip.due_rule or tip.due_on is None:
        raise Refused(_("这件没有正在计算的期限"))
    with transaction.atomic():
        update(tip, revision=revision, due_on=None)
        Pause.objects.create(tip=tip, rule=tip.due_rule, reason=reason, began_on=clock.today(), by=user)
        _record("paused", tip, user, {"rule": tip.due_rule, "reason": reason})


def go_on(*, tip: Tip, user: User, revision: int) -> None:
    """The clock goes on from today; the days on which it stood do not count. Raises Stale, Refused."""
    access.require(user, "pause", tip=tip)
    stood = pauses_of(tip)
    if not stood or stood[-1].ended_on is not None:
        raise Refused(_("这件的期限没有停止计算"))
    today = clock.today()
    spans = [(row.began_on, row.ended_on or today) for row in stood]
    start = started(tip, list(Event.objects.filter(tag=bytes(tip.tag))))
    found = rules.deadline_by(rules.at(tip.due_rule, start), start, load(strict=False), spans)
    with transaction.atomic():
        update(tip, revision=revision, due_on=found.due)
        Pause.objects.filter(pk=stood[-1].pk, ended_on=None).update(ended_on=today)
        _record("resumed", tip, user, {"rule": tip.due_rule})


def _record(kind: str, tip: Tip, user: User, details: dict[str, str]) -> None:
    ledger.record(kind=kind, actor=actor(user), tag=bytes(tip.tag), at=clock.now(), details=details)


# A calendar that changes, and warnings --------------------------------------------------------------

BATCH = 500


def recompute(*, why: str = "calendar") -> int:
    """Count every running deadline again; how many moved. Each that moved says so in its events.

    By the rule in force when it began, with the calendar of now. It may run again at any time.
    """
    moved, days = 0, load(strict=False)
    known: dict[tuple[str, dt.date], Rule] = {}
    rows = Tip.objects.filter(due_on__isnull=False).exclude(due_rule="").order_by("pk")
    for tips in _batches(rows):
        events: dict[bytes, list[Event]] = {}
        for event in Event.objects.filter(tag__in=[bytes(tip.tag) for tip in tips]):
            events.setdefault(bytes(event.tag), []).append(event)
        spans: dict[Any, list[tuple[dt.date, dt.date]]] = {}
        for pause in Pause.objects.filter(tip__in=[tip.pk for tip in tips], ended_on__isnull=False):
            spans.setdefault((pause.tip_id, pause.rule), []).append((pause.began_on, pause.ended_on))  # type: ignore[arg-type]
        for tip in tips:
            start = started(tip, events.get(bytes(tip.tag), []))
            try:
                key = (tip.due_rule, start)
                rule = known.get(key) or known.setdefault(key, rules.at(*key))
                due = rules.deadline_by(rule, start, days, spans.get((tip.pk, tip.due_rule), [])).due
            except rules.UnknownRule:
                continue
            moved += due != tip.due_on and _moved(tip, due, why)
    return moved


def _batches(rows: QuerySet[Tip]) -> Iterator[list[Tip]]:
    last: Any = None
    while tips := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        yield tips
        last = tips[-1].pk


def _moved(tip: Tip, due: dt.date, why: str) -> bool:
    """Write the new day, unless somebody has changed the deadline meanwhile."""
    with transaction.atomic():
        same = Tip.objects.filter(pk=tip.pk, due_on=tip.due_on, due_rule=tip.due_rule)
        if same.update(due_on=due, revision=F("revision") + 1) != 1:
            return False
        details = {"from": str(tip.due_on), "to": str(due), "rule": tip.due_rule, "why": why}
        ledger.record(kind="recomputed", actor="system", tag=bytes(tip.tag), at=clock.now(), details=details)
    return True


def raise_warnings(today: dt.date | None = None) -> int:
    """One row a tip, rule and due day, as loud as it has become; how many were raised or grew louder."""
    today = today or clock.today()
    days, scale, done = load(strict=False), warnings.load(today), 0
    rows = Tip.objects.filter(due_on__lte=today + scale.far).exclude(due_rule="").order_by("pk")
    for tips in _batches(rows):
        have = {(w.tip_id, w.rule, w.due_on): w for w in Warning.objects.filter(tip__in=[t.pk for t in tips])}
        new = []
        for tip in tips:
            if tip.due_on is None:
                continue
            level = warnings.level(tip.due_on, today, days, scale)
            old = have.get((tip.pk, tip.due_rule, tip.due_on))
            if level and old is None:
                new.append(
                    Warning(tip=tip, rule=tip.due_rule, due_on=tip.due_on, level=level, raised_on=today)
                )
            elif old is not None and level > old.level:
                # What was cleared as a prompt is not cleared as overdue.
                done += Warning.objects.filter(pk=old.pk).update(level=level, raised_on=today, cleared=None)
        done += len(Warning.objects.bulk_create(new, ignore_conflicts=True))
    return done


def warnings_of(tip: Tip) -> list[Warning]:
    """The tip's warnings with who cleared them."""
    rows = Warning.objects.filter(tip=tip)
    return list(rows.select_related("cleared__by", "cleared__answered_by"))
