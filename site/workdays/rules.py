"""Deadlines by rule. A rule is a row with its source, so that an operator can see and change it.

How a limit is counted (Civil Code of 2020, 民法典, articles 201-203, which other rules follow where they are
silent): the day of the event does not count; a limit in months ends on the same day of the month, or on its
last day where there is none; a last day that is a holiday moves to the day after the holiday. A limit in
working days counts working days only, so its end is always one.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from workdays import calendar
from workdays.models import Rule

U = Rule.Unit
M = Rule.Mark
# Not limits, but how many working days at the end of any limit are warned of (workdays.warnings).
PROMPT, YELLOW = "warn_prompt", "warn_yellow"
WARNED_MOST = 60
_INTERNAL = "《纪检监察机关处理检举控告工作规则》"

# code, name, English name, value, unit, source, mark
DEFAULTS: list[tuple[str, str, str, int, str, str, str]] = [
    ("ack_named", "告知实名举报受理情况", "Tell a named reporter whether the tip is accepted",
     15, U.WORKDAY, f"{_INTERNAL}第二十六条（条号待核）", M.VERIFIED),
    ("feedback_named", "反馈实名举报处理结果", "Tell a named reporter the result",
     15, U.WORKDAY, f"{_INTERNAL}第二十七条（条号待核）", M.VERIFIED),
    ("send_up", "移送上级机关", "Send a tip up to the higher level",
     5, U.WORKDAY, f"{_INTERNAL}第十五条", M.VERIFIED),
    ("lower_accept", "下级机关受理或者转送", "The lower level accepts a transferred tip or sends it on",
     5, U.WORKDAY, f"{_INTERNAL}第十六条", M.VERIFIED),
    ("quarterly_return", "按季度向信访举报部门反馈办理情况", "Return results to the intake office",
     1, U.QUARTER, f"{_INTERNAL}第十八条", M.VERIFIED),
    ("disposal_opinion", "提出处置意见", "Propose the disposal",
     1, U.MONTH, "《中国共产党纪律检查机关监督执纪工作规则》（据转述）", M.PARAPHRASED),
    ("talk_inquiry", "谈话函询办结", "Finish an inquiry by talk or letter",
     30, U.DAY, "地方规定（据转述）", M.PARAPHRASED),
    ("initial_check", "初步核实办结", "Finish the initial check",
     15, U.WORKDAY, "地方规定（据转述）", M.PARAPHRASED),
    ("petition_accept", "信访事项受理告知", "Tell a petitioner whether the matter is accepted",
     15, U.DAY, "《信访工作条例》（待核实）", M.UNVERIFIED),
    ("petition_close", "信访事项办结", "Close a petition",
     60, U.DAY, "《信访工作条例》（待核实）", M.UNVERIFIED),
    ("petition_extension", "信访事项延长办理", "Extension of a petition",
     30, U.DAY, "《信访工作条例》（待核实）", M.UNVERIFIED),
    ("objection", "举报人对办理结果提出异议", "The reporter objects to the result",
     15, U.WORKDAY, "地方规定（待核实）", M.UNVERIFIED),
    ("publish_general", "公开案件处理结果", "Publish the outcome of a case",
     20, U.WORKDAY, "《中华人民共和国政府信息公开条例》第二十六条", M.VERIFIED),
    ("publish_penalty", "公开行政处罚决定", "Publish a penalty decision",
     7, U.WORKDAY, "行政执法公示制度（据转述）", M.PARAPHRASED),
    (PROMPT, "临近到期提示：期限的最后几个工作日", "Prompt: the last working days of a limit",
     2, U.WORKDAY, "地方规定（据转述）", M.PARAPHRASED),
    (YELLOW, "黄色预警：期限的最后几个工作日", "Yellow warning: the last working days of a limit",
     1, U.WORKDAY, "地方规定（据转述）", M.PARAPHRASED),
]  # fmt: skip


Pause = tuple[dt.date, dt.date]  # the clock stands from the first day, up to but without the second
VALUE_MAX = {U.WORKDAY: 1000, U.DAY: 1500, U.MONTH: 48, U.QUARTER: 16}  # four years, more or less


class UnknownRule(LookupError):
    """No active rule has this code."""


class NeverEnds(UnknownRule):
    """The rule sets a day beyond any calendar: as good as none, and nobody waits while it is counted."""


class BadRule(ValueError):
    """A rule that may not be; its text says what to change."""


@dataclass(frozen=True)
class Deadline:
    """When something is due, and by what rule.

    `moved` says that the limit ended on a holiday and went on to `due`; `guessed` are years whose holidays
    are not announced yet and were counted by weekends and statutory days alone.
    """

    rule: Rule
    start: dt.date
    due: dt.date
    moved: bool = False
    guessed: frozenset[int] = field(default_factory=frozenset)
    pauses: tuple[Pause, ...] = ()

    @property
    def explanation(self) -> str:
        """Why it is due that day, in the reader's language, with the source."""
        return " ".join(_sentences(self)) if _english() else "".join(_sentences(self))


def deadline(code: str, start: dt.date, *, strict: bool = True) -> Deadline:
    """The deadline that the active rule `code` sets for what happened on `start`.

    Raises UnknownRule, and CalendarMissing where a year's holidays are not announced; with strict=False such
    a year is counted by its weekends and statutory holidays, and the explanation says so.
    """
    return deadline_by(at(code, start), start, calendar.load(strict=strict))


def at(code: str, day: dt.date) -> Rule:
    """The version of a rule by which what happened on `day` is counted. Raises UnknownRule."""
    rows = Rule.objects.filter(code=code, active=True).order_by("-version")
    for rule in rows:
        if rule.since is None or rule.since <= day:
            return rule
    raise UnknownRule(code)


def deadline_by(
    rule: Rule, start: dt.date, days: calendar.Calendar, pauses: Sequence[Pause] = ()
) -> Deadline:
    """The deadline by a rule (of any version) and a calendar already loaded.

    While a special procedure runs the clock stands: a day of a pause does not count, whatever the unit.
    Raises NeverEnds, CalendarMissing.
    """
    if rule.value > VALUE_MAX[U(rule.unit)]:
        raise NeverEnds(rule.code)
    pauses = tuple((a, b) for a, b in pauses if b > a and b > start)
    guessed_before = set(days.guessed)
    days.guessed.clear()
    try:
        end, due = _count(rule, start, days, pauses)
    except (OverflowError, calendar.CalendarMissing) as error:
        if isinstance(error, calendar.CalendarMissing) and error.year <= calendar.LAST_YEAR:
            raise
        raise NeverEnds(rule.code) from error
    guessed = frozenset(days.guessed)
    days.guessed |= guessed_before
    return Deadline(rule, start, due, moved=due != end, guessed=guessed, pauses=pauses)


def _count(
    rule: Rule, start: dt.date, days: calendar.Calendar, pauses: Sequence[Pause]
) -> tuple[dt.date, dt.date]:
    """(end of the limit, day it is due)."""
    if rule.unit == U.WORKDAY:
        end = days.add(start, rule.value) if not pauses else _skipping(start, rule.value, pauses, days)
        return end, end
    if rule.unit == U.DAY:
        end = _skipping(start, rule.value, pauses)
    else:
        end = _end(rule, start)
        stood = sum(_stands(day, pauses) for day in calendar.each_day(start + calendar.ONE, end))
        end = _skipping(end, stood, pauses)
    return end, days.on_or_after(end)


def _skipping(
    start: dt.date, n: int, pauses: Sequence[Pause], days: calendar.Calendar | None = None
) -> dt.date:
    """The n-th day after `start` that counts: outside every pause and, with `days`, a working day."""
    day = start
    while n:
        day += calendar.ONE
        if day.year > calendar.LAST_YEAR:
            raise calendar.CalendarMissing(day.year)
        n -= not _stands(day, pauses) and (days is None or days.is_working_day(day))
    return day


def _stands(day: dt.date, pauses: Sequence[Pause]) -> bool:
    return any(a <= day < b for a, b in pauses)


def revise(
    *, code: str, value: int, unit: str, source: str, mark: str, since: dt.date, name: str = ""
) -> Rule:
    """A new version of a rule, for what happens from `since` on; what runs keeps the version before.

    Raises UnknownRule, BadRule for a value that no calendar holds, or a day before the version there is.
    """
    if unit not in U.values or mark not in M.values or not source.strip():
        raise BadRule(gettext("请写明单位、出处和核实情况"))
    if not 0 < value <= VALUE_MAX[U(unit)]:
        raise BadRule(gettext("期限要在 1 至 %(most)d 之间") % {"most": VALUE_MAX[U(unit)]})
    if code in (PROMPT, YELLOW) and (unit != U.WORKDAY or value > WARNED_MOST):
        raise BadRule(gettext("提示和预警按工作日，1 至 %(most)d 个") % {"most": WARNED_MOST})
    with transaction.atomic():
        rows = Rule.objects.select_for_update().filter(code=code)
        last = rows.order_by("-version").first()
        if last is None:
            raise UnknownRule(code)
        if last.since and since < last.since:
            raise BadRule(gettext("新规则的起始日不能早于现行规则的起始日"))
        return Rule.objects.create(
            code=code,
            version=last.version + 1,
            name=name or last.name,
            name_en=last.name_en if not name else "",
            value=value,
            unit=unit,
            source=source,
            mark=mark,
            since=since,
        )


def _end(rule: Rule, start: dt.date) -> dt.date:
    if rule.unit == U.DAY:
        return start + dt.timedelta(days=rule.value)
    if rule.unit == U.MONTH:
        return add_months(start, rule.value)
    # The current quarter is the first: its last day, or that of a later one.
    first_month = (start.month - 1) // 3 * 3 + 1
    return add_months(start.replace(day=1, month=first_month), 3 * rule.value) - dt.timedelta(days=1)


def add_months(day: dt.date, n: int) -> dt.date:
    """The same day n months on, or the last of that month where it has no such day (Civil Code, art. 202)."""
    index = day.year * 12 + day.month - 1 + n
    year, month = divmod(index, 12)
    month += 1
    return dt.date(year, month, min(day.day, months.monthrange(year, month)[1]))


def name(rule: Rule) -> str:
    """The rule's name in the reader's language."""
    return rule.name_en if _english() and rule.name_en else rule.name


def install_defaults() -> int:
    """Make the rules that are not there yet; those that an operator changed stay. How many were made."""
    made = 0
    for code, title, title_en, value, unit, source, mark in DEFAULTS:
        _, new = Rule.objects.get_or_create(
            code=code,
            version=1,
            defaults={
                "name": title,
                "name_en": title_en,
                "value": value,
                "unit": unit,
                "source": source,
                "mark": mark,
            },
        )
        made += new
    return made


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _limit(rule: Rule) -> str:
    value = {"value": rule.value}
    if rule.unit == U.WORKDAY:
        return ngettext("%(value)d 个工作日", "%(value)d 个工作日", rule.value) % value
    if rule.unit == U.DAY:
        return ngettext("%(value)d 日", "%(value)d 日", rule.value) % value
    if rule.unit == U.MONTH:
        return ngettext("%(value)d 个月", "%(value)d 个月", rule.value) % value
    return ngettext("%(value)d 个季度", "%(value)d 个季度", rule.value) % value


def _sentences(found: Deadline) -> list[str]:
    rule = found.rule
    values = {
        "name": name(rule),
        "start": date_format(found.start),
        "due": date_format(found.due),
        "limit": _limit(rule),
        "source": rule.source,
        "mark": rule.get_mark_display(),
    }
    if rule.unit == U.QUARTER:
        main = gettext("%(name)s：%(start)s 所在季度起第 %(limit)s内，%(due)s 到期。") % values
    else:
        main = gettext("%(name)s：自 %(start)s 的次日起 %(limit)s，%(due)s 到期。") % values
    sentences = [main]
    if found.moved:
        sentences.append(gettext("期限最后一日是休息日，顺延至其后第一个工作日（《民法典》第二百零三条）。"))
    for first, end in found.pauses:
        between = {"first": date_format(first), "last": date_format(end - calendar.ONE)}
        sentences.append(gettext("%(first)s 至 %(last)s 停止计算。") % between)
    if found.guessed:
        years = (", " if _english() else "、").join(str(year) for year in sorted(found.guessed))
        sentences.append(gettext("%(years)s 年放假安排尚未录入，暂按周末和法定节日推算。") % {"years": years})
    sentences.append(gettext("依据：%(source)s（%(mark)s）。") % values)
    return sentences
