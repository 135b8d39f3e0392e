"""What an auditor sees: who opened, searched, exported, asked for an identity, changed a key, logged in.

All of it is read from the ledger's own events, which cannot be changed in silence; an auditor holds no key
and sees numbers, persons and times, never content. An opening is written once a person, tip and day.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy
from ledger import services as ledger
from ledger.models import Event
from workdays import clock

from complaints import access
from complaints.desk import audit_alarms
from complaints.desk.models import Alarm, Transfer
from complaints.desk.services import Refused, actor
from complaints.intake.models import Tip
from complaints.vault.models import Membership, Office

PAGE = 100
CSV_MOST = 20_000
DAYS = 30  # shown where no days are asked for
# What an auditor can ask for, and the kinds of events that belong to it.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "opened": (gettext_lazy("打开查看"), ("opened", "copied", "downloaded", "looked-above")),
    "searched": (gettext_lazy("检索"), ("searched", "counted")),
    "exported": (gettext_lazy("导出"), ("exported", "redacted")),
    "identity": (
        gettext_lazy("身份"),
        ("identity-asked", "identity-agreed", "identity-declined", "identity-opened", "identity-lapsed",
         "identity-half"),
    ),
    "keys": (gettext_lazy("钥匙和成员"), ("directory", "account", "resealed", "drill", "merged")),
    "login": (gettext_lazy("登录"), ("login",)),
    "emergency": (gettext_lazy("应急查看"), ("emergency", "emergency-ended")),
    "destroyed": (
        gettext_lazy("留存和销毁"),
        ("retention-rule", "destruction-agreed", "destruction-declined", "destruction-kept"),
    ),
}  # fmt: skip
WORDS: dict[str, str | Promise] = {
    "opened": gettext_lazy("打开查看"),
    "copied": gettext_lazy("做材料的查看件"),
    "downloaded": gettext_lazy("下载材料"),
    "looked-above": gettext_lazy("上一级已经过问"),
    "searched": gettext_lazy("检索"),
    "counted": gettext_lazy("按来源事项统计"),
    "exported": gettext_lazy("导出案卷"),
    "redacted": gettext_lazy("制作遮盖本"),
    "identity-asked": gettext_lazy("申请打开举报人身份"),
    "identity-agreed": gettext_lazy("同意打开举报人身份"),
    "identity-declined": gettext_lazy("不同意打开举报人身份"),
    "identity-opened": gettext_lazy("看过举报人身份"),
    "identity-lapsed": gettext_lazy("打开身份的申请过期"),
    "identity-half": gettext_lazy("移交半把身份钥匙"),
    "directory": gettext_lazy("钥匙目录有变"),
    "account": gettext_lazy("成员账户有变"),
    "resealed": gettext_lazy("来件换到新的钥匙下"),
    "drill": gettext_lazy("恢复演练"),
    "merged": gettext_lazy("机构并入另一机构"),
    "login": pgettext_lazy("event", "登录"),
    "emergency": gettext_lazy("开始应急查看"),
    "emergency-ended": gettext_lazy("结束应急查看"),
    "retention-rule": gettext_lazy("改保存期限"),
    "destruction-agreed": gettext_lazy("批准销毁清单"),
    "destruction-declined": gettext_lazy("不批准销毁清单"),
    "destruction-kept": gettext_lazy("从销毁清单拿下一件"),
}
# What an "account" event was, where it was not about somebody's account.
ACTS: dict[str, str | Promise] = {
    "calendar": gettext_lazy("改工作日历"),
    "rule": gettext_lazy("改期限规则"),
    "bound": gettext_lazy("改角色办理的类别和地区"),
    "figures-released": gettext_lazy("公布统计数字"),
    "figures-withdrawn": gettext_lazy("收回统计数字"),
}
KINDS = tuple(kind for _words, kinds in GROUPS.values() for kind in kinds)
PERSONAL = (
    "searched",
    "counted",
    "login",
    *GROUPS["emergency"][1],
    *GROUPS["keys"][1],
    *GROUPS["destroyed"][1],
)  # of no tip


@dataclass(frozen=True)
class Asked:
    """What an auditor looks for; each part narrows, None and "" do not. Days are both included."""

    first: dt.date
    last: dt.date
    person: int | None = None
    number: str = ""
    group: str = ""


@dataclass(frozen=True)
class Line:
    """One event in words. `number` is "" where it is about no tip."""

    at: dt.datetime
    who: str
    login: str
    words: str
    number: str
    mine: bool  # the tip lies with an office of this auditor, so its page opens
    position: int | None
    uuid: UUID


# Writing ------------------------------------------------------------------------------------------------


def record_search(user: User, words: str) -> None:
    """That this person searched, not for what."""
    offices = list(access.offices_for(user, "search"))
    with transaction.atomic():
        details = {"offices": sorted(office.code for office in offices)}
        ledger.record(kind="searched", actor=actor(user), at=clock.now(), details=details)
    if offices:
        audit_alarms.on_search(user, offices[0].pk, words)


def record_counted(user: User, *, taken: bool) -> None:
    """That this person counted by source item: the page once a day, each CSV taken."""
    day, details = clock.today(), {"as": "csv" if taken else "page"}
    before = Event.objects.filter(kind="counted", date=day, actor=actor(user))
    if not taken and any(details == event.details for event in before.only("details")):
        return
    with transaction.atomic():
        ledger.record(kind="counted", actor=actor(user), at=clock.now(), details=details)


def record_login(sender: Any, *, user: Any, **_rest: Any) -> None:
    """That this person logged in, for those who are or were of an office."""
    if isinstance(user, User) and Membership.objects.filter(user=user).exists():
        with transaction.atomic():
            ledger.record(kind="login", actor=actor(user), at=clock.now())


def listen() -> None:
    """Logins are told by a signal."""
    user_logged_in.connect(record_login, dispatch_uid="desk-audit-login")


# Reading ------------------------------------------------------------------------------------------------


def people(user: User) -> QuerySet[User]:
    """Who is or was of the offices of this auditor."""
    held = Membership.objects.filter(office__in=access.offices_for(user, "audit").order_by().values("pk"))
    return User.objects.filter(pk__in=held.values("user")).order_by("last_name", "first_name", "pk")


def events(user: User, asked: Asked) -> QuerySet[Event]:
    """The events that this auditor may see, newest first.

    Of tips that lie with the auditor's offices: all. Of tips that were given away from them or to them: what
    their own people did. Of no tip: what their own people did.
    """
    offices = list(access.offices_for(user, "audit").values_list("pk", flat=True))
    staff = [f"user:{pk}" for pk in people(user).values_list("pk", flat=True)]
    here = Tip.objects.filter(office__in=offices)
    passed = Transfer.objects.filter(Q(source__in=offices) | Q(target__in=offices))
    away = Tip.objects.filter(pk__in=passed.values("tip")).exclude(office__in=offices)
    if asked.number:
        here, away = here.filter(number=asked.number), away.filter(number=asked.number)
    seen = Q(tag__in=here.values("tag")) | Q(tag__in=away.values("tag"), actor__in=staff)
    if not asked.number:
        seen |= Q(tag=b"", kind__in=PERSONAL, actor__in=staff)
    rows = Event.objects.filter(seen, at__isnull=False, date__range=(asked.first, asked.last))
    rows = rows.filter(kind__in=GROUPS[asked.group][1] if asked.group else KINDS)
    if asked.person is not None:
        rows = rows.filter(actor=f"user:{asked.person}")
    return rows.order_by("-at", "-uuid")


def page(user: User, asked: Asked, *, after: str = "", size: int = PAGE) -> tuple[list[Line], str]:
    """So many lines after a cursor, and the next page's cursor, "" at the end. A bad cursor begins anew."""
    rows = events(user, asked)
    if (at := _cursor(after)) is not None:
        rows = rows.filter(Q(at__lt=at[0]) | Q(at=at[0], uuid__lt=at[1]))
    found = list(rows[: size + 1])
    more = _stamp(found[size - 1].at, found[size - 1].pk) if len(found) > size else ""
    return lines(user, found[:size]), more


def lines(user: User, found: Sequence[Event]) -> list[Line]:
    """Events in words, with names and numbers, in three queries."""
    ids = {int(event.actor[5:]) for event in found if event.actor.startswith("user:")}
    named = User.objects.in_bulk(ids)
    tags = {bytes(event.tag) for event in found if event.tag}
    tips = {
        bytes(tip.tag): tip for tip in Tip.objects.filter(tag__in=tags).only("tag", "number", "office_id")
    }
    held = set(access.offices_for(user, "audit").values_list("pk", flat=True))
    made = []
    for event in found:
        who = named.get(int(event.actor[5:])) if event.actor.startswith("user:") else None
        tip = tips.get(bytes(event.tag))
        made.append(
            Line(
                at=event.at or clock.now(),
                who=who.name if who else "",
                login=who.username if who else event.actor,
                words=_said(event),
                number=tip.number if tip else "",
                mine=bool(tip and tip.office_id in held),
                position=event.position,
                uuid=event.pk,
            )
        )
    return made


def _said(event: Event) -> str:
    act = str(event.details.get("act", "")) if event.kind == "account" else ""
    return str(ACTS.get(act) or WORDS.get(event.kind, event.kind))


def table(user: User, asked: Asked, head: Sequence[str]) -> Iterator[str]:
    """The same as CSV, line by line, page after page; at most CSV_MOST lines."""
    yield "\ufeff" + _row(head)
    after, left = "", CSV_MOST
    while left > 0:
        found, after = page(user, asked, after=after, size=min(500, left))
        for line in found:
            at = timezone.localtime(line.at).isoformat(timespec="seconds")
            yield _row([at, line.who, line.login, line.words, line.number, line.position, line.uuid])
        left -= len(found)
        if not after:
            return


class _Echo:
    def write(self, text: str) -> str:
        """What a csv writer would write."""
        return text


def _row(values: Iterable[Any]) -> str:
    """One line; what a spreadsheet would take for a formula gets an apostrophe."""
    safe = [f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" and v else v for v in values]
    return str(csv.writer(_Echo()).writerow(safe))


def _stamp(at: dt.datetime | None, pk: UUID) -> str:
    return f"{(at or clock.now()).astimezone(dt.UTC):%Y%m%dT%H%M%S.%f}-{pk.hex}"


def _cursor(text: str) -> tuple[dt.datetime, UUID] | None:
    at, _dash, pk = text.partition("-")
    try:
        return dt.datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=dt.UTC), UUID(hex=pk)
    except ValueError:
        return None


# Alarms -------------------------------------------------------------------------------------------------


def alarms(user: User, *, seen: bool = False) -> QuerySet[Alarm]:
    """Of this auditor's offices, newest first; those that nobody has answered, or the others."""
    rows = Alarm.objects.filter(office__in=access.offices_for(user, "audit").order_by().values("pk"))
    return rows.filter(seen_by__isnull=not seen).select_related("user", "office", "tip", "seen_by")


def alarm_page(user: User, *, seen: bool, after: str, size: int) -> tuple[list[Alarm], str]:
    """So many alarms after a cursor, and the next page's cursor, "" at the end. A bad cursor begins anew."""
    rows = alarms(user, seen=seen)
    if (at := _cursor(after)) is not None:
        rows = rows.filter(Q(raised_at__lt=at[0]) | Q(raised_at=at[0], uuid__lt=at[1]))
    found = list(rows.order_by("-raised_at", "-uuid")[: size + 1])
    more = _stamp(found[size - 1].raised_at, found[size - 1].pk) if len(found) > size else ""
    return found[:size], more


def answer(*, alarm: Alarm, user: User, finding: str) -> None:
    """What came of it, of a fixed list: an auditor's words could hold what was read. Raises Refused."""
    if not access.can(user, "audit", office=alarm.office_id):
        raise Refused(str(gettext_lazy("这条提醒不归您核实")))
    if finding not in Alarm.Finding.values:
        raise Refused(str(gettext_lazy("请选核实的结果")))
    if alarm.user_id == user.pk:
        raise Refused(str(gettext_lazy("提醒说的是您本人，要由另一位审计员核实")))
    now = clock.now()
    with transaction.atomic():
        rows = Alarm.objects.filter(pk=alarm.pk, seen_by=None)
        if rows.update(finding=finding, seen_by=user, seen_at=now) != 1:
            raise Refused(str(gettext_lazy("另一位审计员已经核实过")))
        details = {"rule": alarm.rule, "finding": finding, "of": f"user:{alarm.user_id}"}
        ledger.record(kind="alarm-answered", actor=actor(user), at=now, details=details)


def offices(user: User) -> list[Office]:
    """The offices that this person audits."""
    return list(access.offices_for(user, "audit"))
