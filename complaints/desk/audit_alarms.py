"""Alarms for unusual reading. Each rule is a row here, with its limit; each alarm names its rule.

They are raised where the reading happens, by what stands in clear (who, when, how many). Only the two rules
about one's own name look at words, while the session has them open; of those nothing is kept.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ledger.models import Event
from workdays import calendar, clock

from complaints.desk.audit_models import Alarm
from complaints.intake.models import Tip

Kind = Alarm.Rule
BEGIN, END = dt.time(7, 0), dt.time(20, 0)
READ = ("subject", "narrative", "respondents")  # the cells in which one's own name is looked for
NAME_LEAST = 2  # characters; a shorter name would be found in any text


@dataclass(frozen=True)
class Rule:
    """A limit, and the sentence that says what raises the alarm."""

    limit: int
    words: str | Promise


RULES: dict[str, Rule] = {
    Kind.MANY: Rule(40, _("同一个人一天打开 40 件以上不同的来件")),
    Kind.HOURS: Rule(1, _("在非工作日，或者 7:00 之前、20:00 之后打开来件")),
    Kind.OWN_NAME: Rule(1, _("打开的来件在被反映人或者正文里写有本人的姓名")),
    Kind.OWN_SEARCH: Rule(1, _("用本人的姓名检索")),
    Kind.EXPORTS: Rule(5, _("同一个人一天导出 5 次以上")),
    Kind.EMERGENCY: Rule(1, _("本机构或者下级机构的管理员应急查看来件")),
}


def on_opened(tip: Tip, user: User, texts: Iterable[str], *, office: int | None = None) -> None:
    """After a tip was opened. `texts`: what the reporter wrote, as it is open in this request.

    `office`: whose member read it, where that is not the office that has the tip.
    """
    office = office or tip.office_id
    today = clock.today()
    opened = Event.objects.filter(kind="opened", date=today, actor=f"user:{user.pk}")
    count = opened.order_by().values("tag").distinct().count()
    if count >= RULES[Kind.MANY].limit:
        _raise(Kind.MANY, user, office, count=count)
    if out_of_hours(clock.now()):
        _raise(Kind.HOURS, user, office, count=count)
    if names_in(user, texts):
        _raise(Kind.OWN_NAME, user, office, tip=tip)


def on_search(user: User, office: int, words: str) -> None:
    """After a search, before its words are forgotten."""
    if names_in(user, [words]):
        _raise(Kind.OWN_SEARCH, user, office, add=True)


def on_export(tip: Tip, user: User) -> None:
    """After a case file was made."""
    made = Event.objects.filter(kind="exported", date=clock.today(), actor=f"user:{user.pk}").count()
    if made >= RULES[Kind.EXPORTS].limit:
        _raise(Kind.EXPORTS, user, tip.office_id, count=made)


def on_emergency(user: User, office: int) -> None:
    """An administrator reads for an hour: told to the auditors of `office`."""
    _raise(Kind.EMERGENCY, user, office, add=True)


def out_of_hours(at: dt.datetime) -> bool:
    """Not a working day, or outside of working hours, by the site's calendar and zone."""
    local = timezone.localtime(at)
    return not BEGIN <= local.time() < END or not calendar.load(strict=False).is_working_day(local.date())


def names_in(user: User, texts: Iterable[str]) -> bool:
    """Whether this person's name stands in one of the texts, spaces and letter forms apart."""
    name = _plain(f"{user.last_name}{user.first_name}")
    return len(name) >= NAME_LEAST and any(name in _plain(text) for text in texts)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _raise(
    rule: str, user: User, office: int, *, tip: Tip | None = None, count: int = 1, add: bool = False
) -> None:
    """One row a rule, person and day (and tip); again it only counts. What was found stays found."""
    day = clock.today()
    mine = Alarm.objects.filter(rule=rule, user=user, office=office, tip=tip, day=day)
    if mine.update(count=F("count") + 1 if add else count):
        return
    try:
        with transaction.atomic():
            Alarm.objects.create(
                rule=rule, user=user, office_id=office, tip=tip, day=day, count=count, raised_at=clock.now()
            )
    except IntegrityError:  # in the same moment by another request
        mine.update(count=F("count") + 1 if add else count)
