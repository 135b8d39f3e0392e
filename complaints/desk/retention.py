"""How long tips are kept, and the monthly list of those that two persons may have destroyed.

The operator sets, per category and state, how many months after the last act a tip may go (DOMAIN: data
protection). Nothing goes by itself: what is due is put on one list an office and month, and two of its people
agree to it, each by a conditional update in which both roles are asked for again. Whatever moved since it was
listed, or is held, stays (retention_destroy).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils.translation import gettext as _
from ledger import services as ledger
from ledger.models import Event
from outbox.services import enqueue
from workdays import clock

from complaints import access
from complaints.desk.models import DestructionItem, DestructionList, Link, RetentionRule, Transfer
from complaints.desk.retention_models import ENDED
from complaints.desk.services import LOOKING, Refused, actor
from complaints.intake.models import Category, Tip
from complaints.vault.models import Membership, Office

KIND = "desk.destroy"  # of the outbox
MOST = 2_000  # tips of one list; the rest comes next month
MONTHS_MOST = 1_200
CHUNK = 500
T = TypeVar("T")
Answer, Result = DestructionList.Answer, DestructionItem.Result


class Moved(Exception):
    """The list is not as it was on the page: somebody answered it, or took a tip off."""


class FirstLost(Refused):
    """Who agreed first has lost the role meanwhile: this agreement counts as the first."""


@dataclass(frozen=True)
class Due:
    """A tip that may go, the day of the last act on it, and the rule by which it may."""

    tip: Tip
    last_on: dt.date
    rule: RetentionRule


# Rules --------------------------------------------------------------------------------------------------


def rules() -> list[RetentionRule]:
    """The rules that hold, those for any category last."""
    rows = RetentionRule.objects.filter(ended_at=None).select_related("category", "by")
    return list(rows.order_by(F("category__order").asc(nulls_last=True), "category", "state"))


def set_rule(*, user: User, category: Category | None, state: str, months: int | None, source: str) -> None:
    """From now on so many months; None: kept for good. By an administrator of the topmost office.

    Raises PermissionDenied, Refused.
    """
    check_may_set_rules(user)
    if state not in ENDED or (months is not None and not 1 <= months <= MONTHS_MOST):
        raise Refused(_("保存期限从 1 个月到 1200 个月，只用于已经了结的状态"))
    if not source.strip():
        raise Refused(_("请写明依据"))
    now = clock.now()
    try:
        with transaction.atomic():
            live = RetentionRule.objects.filter(category=category, state=state, ended_at=None)
            ended = live.update(ended_at=now)
            if months is not None:
                RetentionRule.objects.create(
                    category=category, state=state, months=months, source=source.strip(), by=user, at=now
                )
            elif not ended:
                raise Refused(_("没有这条规则"))
            details = {"state": state, "months": months, "category": category.code if category else None}
            ledger.record(kind="retention-rule", actor=actor(user), at=now, details=details)
    except IntegrityError as error:
        raise Refused(_("刚才有人改了这条规则，请看过再改")) from error


def may_set_rules(user: User) -> bool:
    """Rules hold for the whole site: the topmost office's administrators set them."""
    return access.offices_for(user, "administer").filter(parent=None).exists()


def check_may_set_rules(user: User) -> None:
    """Raise PermissionDenied for everybody else."""
    if not may_set_rules(user):
        raise PermissionDenied


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier; the month's last where it has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if years < 1:
        return dt.date.min
    for number in (day.day, 30, 29):
        try:
            return dt.date(years, month + 1, number)
        except ValueError:
            continue
    return dt.date(years, month + 1, 28)


# What is due --------------------------------------------------------------------------------------------


def due(office: Office, today: dt.date | None = None) -> list[Due]:
    """The office's tips whose time is over, the longest untouched first, at most MOST.

    Nothing that is held, waits for somebody, runs a deadline or stands on an open list; tips joined into one
    go together or not at all.
    """
    today, known = today or clock.today(), _by_category()
    if not known:
        return []
    found: list[Due] = []
    for chunk in _chunks(_ended(office, today, known)):
        last = last_acts(chunk)
        for tip in chunk:
            rule, day = known.get((tip.category_id, tip.state)), last.get(bytes(tip.tag), tip.received_on)
            if rule is not None and day <= months_before(today, rule.months):
                found.append(Due(tip, day, rule))
    found = _whole_groups(found)
    return sorted(found, key=lambda row: (row.last_on, row.tip.number))[:MOST]


def last_acts(tips: Sequence[Tip]) -> dict[bytes, dt.date]:
    """The day of the last act of anybody on each tip, by its tag."""
    events = Event.objects.filter(tag__in=[bytes(tip.tag) for tip in tips]).exclude(
        kind__in=LOOKING
    )  # looking at a tip does not prolong its life
    rows = events.order_by().values_list("tag").annotate(day=Max("date"))
    return {bytes(tag): day for tag, day in rows}


def _ended(office: Office, today: dt.date, known: Mapping[tuple[int, str], RetentionRule]) -> Iterable[Tip]:
    """What has ended and could be due by its day of receipt alone; the last act is asked for afterwards."""
    shortest = months_before(today, min(rule.months for rule in known.values()))
    rows = Tip.objects.filter(office=office, state__in=ENDED, received_on__lte=shortest)
    rows = rows.filter(hold=False, proposed=False, objected=False, waiting=False, unread=False, due_on=None)
    rows = rows.exclude(pk__in=Transfer.objects.filter(answer=Transfer.Answer.OPEN).values("tip"))
    rows = rows.exclude(
        pk__in=DestructionItem.objects.filter(
            list__answer__in=[Answer.OPEN, Answer.APPROVED], tip__isnull=False, result=Result.WAITING
        ).values("tip")
    )
    return rows.order_by("received_on", "uuid").iterator(CHUNK)


def _by_category() -> dict[tuple[int, str], RetentionRule]:
    """(category, state) → the most specific rule."""
    own = {(rule.category_id, rule.state): rule for rule in rules()}
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    found = {}
    for state in ENDED:
        for category in parents:
            at: int | None = category
            while at is not None and (at, state.value) not in own:
                at = parents[at]
            if (rule := own.get((at, state.value))) is not None:
                found[category, state.value] = rule
    return found


def _whole_groups(found: list[Due]) -> list[Due]:
    """Without those that are joined to a tip that stays."""
    rows = Link.objects.filter(undone_at=None).exclude(kind=Link.Kind.RELATED)
    pairs: list[tuple[UUID, UUID]] = []
    for chunk in _chunks([row.tip.pk for row in found]):
        pairs += rows.filter(Q(tip__in=chunk) | Q(other__in=chunk)).values_list("tip", "other")
    going, before = {row.tip.pk for row in found}, -1
    while len(going) != before:
        before = len(going)
        for one, other in pairs:
            if one not in going or other not in going:
                going -= {one, other}
    return [row for row in found if row.tip.pk in going]


def _chunks(rows: Iterable[T]) -> Iterable[list[T]]:
    chunk: list[T] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# The list -----------------------------------------------------------------------------------------------


def make_lists() -> int:
    """One list an office and month, where anything is due and none waits; how many were made."""
    return sum(make_list(office) is not None for office in Office.objects.filter(active=True).order_by("pk"))


def make_list(office: Office) -> DestructionList | None:
    """This month's list; None where there is one, an older one is unanswered, or nothing is due."""
    month = clock.today().replace(day=1)
    rows = DestructionList.objects.filter(office=office)
    if rows.filter(Q(month=month) | Q(answer__in=[Answer.OPEN, Answer.APPROVED])).exists():
        return None
    if not (found := due(office)):
        return None
    try:
        with transaction.atomic():
            made = DestructionList.objects.create(office=office, month=month, created_at=clock.now())
            DestructionItem.objects.bulk_create((_item(made, row) for row in found), batch_size=CHUNK)
            details = {"list": str(made.pk), "office": office.code, "count": len(found)}
            ledger.record(kind="destruction-listed", actor="system", at=clock.now(), details=details)
    except IntegrityError:  # another worker was faster
        return None
    return made


def _item(made: DestructionList, row: Due) -> DestructionItem:
    return DestructionItem(
        list=made,
        tip=row.tip.pk,
        number=row.tip.number,
        category=row.tip.category.code,
        state=row.tip.state,
        received_on=row.tip.received_on,
        last_on=row.last_on,
        rule=row.rule,
        revision=row.tip.revision,
        change=row.tip.change,
    )


def take_off(*, row: DestructionList, number: str, user: User) -> None:
    """Keep one tip: it is not destroyed with this list. Raises Moved, PermissionDenied."""
    _may(row, user)
    with transaction.atomic():
        _lock(row)
        _still(row, user)
        item = row.items.filter(number=number, result=Result.WAITING).first()
        open_ = DestructionList.objects.filter(pk=row.pk, answer=Answer.OPEN)
        if item is None or open_.update(version=F("version") + 1) != 1:
            raise Moved
        DestructionItem.objects.filter(pk=item.pk).update(result=Result.TAKEN_OFF, done_on=clock.today())
        _record("destruction-kept", row, user, {"number": number})


def decline(*, row: DestructionList, user: User, version: int) -> None:
    """Nothing of this list is destroyed; what is still due comes again next month. Raises Moved."""
    _may(row, user)
    with transaction.atomic():
        _lock(row)
        _still(row, user)
        open_ = DestructionList.objects.filter(pk=row.pk, answer=Answer.OPEN, version=version)
        if open_.update(answer=Answer.DECLINED, declined_by=user, done_at=clock.now()) != 1:
            raise Moved
        row.items.filter(result=Result.WAITING).update(result=Result.TAKEN_OFF, done_on=clock.today())
        _record("destruction-declined", row, user)


def agree(*, row: DestructionList, user: User, version: int) -> bool:
    """Agree as the first or, another person, as the second: then it is done; whether it was the second.

    Both roles are asked for in the transaction of each agreement: who has lost it has agreed to nothing.
    Raises Moved, Refused, PermissionDenied.
    """
    _may(row, user)
    lost = False
    with transaction.atomic():
        _lock(row)
        roles = _still(row, user)
        now = DestructionList.objects.select_related("first_by").get(pk=row.pk)
        open_ = DestructionList.objects.filter(pk=row.pk, answer=Answer.OPEN, version=version)
        if now.first_by_id == user.pk:
            raise Refused(_("您已经批准过，要由另一个人来"))
        firsts = _roles(now.office_id, now.first_by_id) if now.first_by_id else set()
        if not firsts:
            lost = now.first_by_id is not None
            if open_.filter(first_by=now.first_by_id).update(first_by=user, first_at=clock.now()) != 1:
                raise Moved
        else:
            if access.APPROVER not in firsts | roles:
                raise Refused(_("两个人里至少要有一位审批人"))
            won = open_.filter(first_by=now.first_by_id).exclude(first_by=user)
            if won.update(answer=Answer.APPROVED, second_by=user, second_at=clock.now()) != 1:
                raise Moved
            enqueue(kind=KIND, ref=str(row.pk))
        _record("destruction-agreed", row, user)
    if lost:
        raise FirstLost(_("先批准的人已经不在这个角色上，那次批准作废；您的批准算第一个，还要另一个人"))
    return bool(firsts)


# Parts --------------------------------------------------------------------------------------------------


def _may(row: DestructionList, user: User) -> None:
    if not access.can(user, "destroy", office=row.office_id):
        raise PermissionDenied


def _still(row: DestructionList, user: User) -> set[str]:
    """The roles by which this person may, in this very transaction; whoever ends them waits, or was first."""
    if not (held := _roles(row.office_id, user.pk)):
        raise PermissionDenied
    return held


def _roles(office: int, user: int | None) -> set[str]:
    rows = Membership.objects.select_for_update().filter(
        user=user, user__is_active=True, office=office, ended_at=None, role__in=access.TABLE["destroy"]
    )
    return set(rows.values_list("role", flat=True))


def _lock(row: DestructionList) -> None:
    Office.objects.select_for_update().filter(pk=row.office_id).first()


def _record(kind: str, row: DestructionList, user: User, more: dict[str, str] | None = None) -> None:
    details = {"list": str(row.pk), **(more or {})}
    ledger.record(kind=kind, actor=actor(user), at=clock.now(), details=details)
