"""Deadlines by rule. A rule is a row with its source, so that an operator can see and change it.

How a limit is counted (Civil Code of 2020, 民法典, articles 201-203, which other rules follow where they are
silent): the day of the event does not count; a limit in months ends on the same day of the month, or on its
last day where there is none; a last day that is a holiday moves to the day after the holiday. A limit in
working days counts working days only, so its end is always one.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from workdays import calendar
from workdays.models import Rule

U = Rule.Unit
M = Rule.Mark
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
]  # fmt: skip


class UnknownRule(LookupError):
    """No active rule has this code."""


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

    @property
    def explanation(self) -> str:
        """Why it is due that day, in the reader's language, with the source."""
        return " ".join(_sentences(self)) if _english() else "".join(_sentences(self))


def deadline(code: str, start: dt.date, *, strict: bool = True) -> Deadline:
    """The deadline that the active rule `code` sets for what happened on `start`.

    Raises UnknownRule, and CalendarMissing where a year's holidays are not announced; with strict=False such
    a year is counted by its weekends and statutory holidays, and the explanation says so.
    """
    rule = Rule.objects.filter(code=code, active=True).order_by("-version").first()
    if rule is None:
        raise UnknownRule(code)
    return deadline_by(rule, start, calendar.load(strict=strict))


def deadline_by(rule: Rule, start: dt.date, days: calendar.Calendar) -> Deadline:
    """The deadline by a rule (of any version) and a calendar already loaded."""
    guessed_before = set(days.guessed)
    days.guessed.clear()
    if rule.unit == U.WORKDAY:
        end = due = days.add(start, rule.value)
    else:
        end = _end(rule, start)
        due = days.on_or_after(end)
    guessed = frozenset(days.guessed)
    days.guessed |= guessed_before
    return Deadline(rule, start, due, moved=due != end, guessed=guessed)


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
    if found.guessed:
        years = (", " if _english() else "、").join(str(year) for year in sorted(found.guessed))
        sentences.append(gettext("%(years)s 年放假安排尚未录入，暂按周末和法定节日推算。") % {"years": years})
    sentences.append(gettext("依据：%(source)s（%(mark)s）。") % values)
    return sentences
