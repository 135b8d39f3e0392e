"""How tips are sorted for work: labels, priority, and which of them belong together.

A merge or a duplicate changes one row of a tip and keeps beside it how it was: undone, the row is again what
it was, to the byte, its revision too. So that no old form fits by chance, a joined tip counts its revisions
in a range of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk.joint_models import Joint
from complaints.desk.models import Label, Labelled, Link, Mention, Reading, Transfer
from complaints.desk.services import Refused, Stale, actor, fresh, update
from complaints.intake.models import State, Tip

PRIORITIES = (0, 1, 2, 3)
JOINED = 1_000_000  # revisions of a joined tip begin so much higher
KEPT = ("state", "due_on", "due_rule", "waiting", "assignee_id", "claimed_at", "closed_at", "revision")
JOINABLE = (State.SUBMITTED, State.SCREENING, State.ACCEPTED)
Kind = Link.Kind


def labels_for(office: int) -> QuerySet[Label]:
    """The labels that an office can use: its own and the common ones."""
    return Label.objects.filter(Q(office=office) | Q(office=None), active=True)


def set_labels(*, tip: Tip, user: User, labels: set[int], revision: int) -> None:
    """The tip bears exactly these of the labels that its office can use. Raises Stale, Refused."""
    access.require(user, "label", tip=tip)
    known = set(labels_for(tip.office_id).values_list("pk", flat=True))
    if labels - known:
        raise Refused(_("没有这个标签"))
    have = set(Labelled.objects.filter(tip=tip, label__in=known).values_list("label", flat=True))
    if have == labels:
        return
    with transaction.atomic():
        update(tip, revision=revision)
        Labelled.objects.filter(tip=tip, label__in=have - labels).delete()
        Labelled.objects.bulk_create(Labelled(tip=tip, label_id=pk) for pk in sorted(labels - have))
        details = {"put": sorted(labels - have), "taken": sorted(have - labels)}
        _record("labelled", tip, user, {name: pks for name, pks in details.items() if pks})


def set_priority(*, tip: Tip, user: User, priority: int, revision: int) -> None:
    """0 ordinary to 3 most urgent. Raises Stale, Refused."""
    access.require(user, "priority", tip=tip)
    if priority not in PRIORITIES:
        raise Refused(_("没有这一级，请从列表里选"))
    if tip.priority == priority:
        return
    with transaction.atomic():
        update(tip, revision=revision, priority=priority)
        _record("priority", tip, user, {"to": priority})


def link(*, tip: Tip, user: User, other: Tip, kind: str, revision: int) -> Link:
    """`tip` is related to `other`, a duplicate of it, or merged into it. Raises Stale, Refused."""
    access.require(user, "link", tip=tip)
    access.require(user, "link", tip=other)
    _check(tip, other, kind)
    before = {name: _plain(getattr(tip, name)) for name in KEPT} if kind != Kind.RELATED else {}
    now = clock.now()
    try:
        with transaction.atomic():
            if before:
                _join(tip, revision)
            made = Link.objects.create(tip=tip, other=other, kind=kind, by=user, at=now, before=before)
            _record("linked", tip, user, {"kind": kind})
            _record("linked", other, user, {"kind": kind})
    except IntegrityError as error:
        raise Refused(_("这两件已经连在一起")) from error
    return made


def undo(*, made: Link, user: User) -> None:
    """The tip's row is again what it was. Raises Stale where the tip went on since."""
    tip = made.tip
    access.require(user, "link", tip=tip)
    with transaction.atomic():
        won = Link.objects.filter(pk=made.pk, undone_at=None).update(undone_by=user, undone_at=clock.now())
        if won != 1:
            raise Stale(fresh(tip))
        if made.before:
            expected = int(made.before["revision"]) % JOINED + JOINED
            values = {name: _restored(name, made.before[name]) for name in KEPT}
            rows = Tip.objects.filter(pk=tip.pk, office=tip.office_id, state=State.REPEAT, revision=expected)
            if rows.update(**values) != 1:
                raise Stale(fresh(tip))
        _record("unlinked", tip, user, {"kind": made.kind})
        _record("unlinked", made.other, user, {"kind": made.kind})


def links_of(tip: Tip, user: User) -> list[tuple[Link, Tip, bool]]:
    """(link, the other tip, whether this one is the one that was joined), in the same office only.

    A tip that is outside the person's remit is not named.
    """
    rows = Link.objects.filter(Q(tip=tip) | Q(other=tip), undone_at=None).select_related("tip", "other", "by")
    found = []
    for row in rows:
        other, first = (row.other, True) if row.tip_id == tip.pk else (row.tip, False)
        if other.office_id == tip.office_id:
            found.append((row, other, first))
    seen = access.of_these(user, "queue", [other for _row, other, _first in found])
    return [line for line in found if line[1].pk in seen]


@dataclass(frozen=True)
class Extra:
    """What a row of the queue shows beside the tip's own columns."""

    labels: list[str]
    readers: list[str]  # who else has it open


READS = dt.timedelta(minutes=5)


def shown_with(tips: Sequence[Tip], user: User) -> dict[UUID, Extra]:
    """Labels and present readers of a page of tips, in two queries."""
    found = {tip.uuid: Extra([], []) for tip in tips}
    for row in Labelled.objects.filter(tip__in=list(found)).select_related("label").order_by("label__name"):
        found[row.tip_id].labels.append(row.label.title)
    for who in readers(list(found), user):
        found[who.tip_id].readers.append(who.user.name)
    return found


def readers(tips: Sequence[UUID], user: User) -> list[Reading]:
    """Who else has looked at one of these in the last five minutes."""
    rows = Reading.objects.filter(tip__in=tips, at__gt=clock.now() - READS).exclude(user=user)
    return list(rows.select_related("user").order_by("user"))


def mark_reading(tip: Tip, user: User) -> None:
    """This person has the tip open now. Marks older than a day are dropped with it."""
    Reading.objects.update_or_create(tip=tip, user=user, defaults={"at": clock.now()})
    Reading.objects.filter(user=user, at__lt=clock.now() - dt.timedelta(days=1)).delete()


def mentions_of(user: User) -> list[Mention]:
    """Notes in which this person is named and which they have not seen, of tips they may still open."""
    rows = Mention.objects.filter(user=user, seen_at=None).select_related("note__tip", "note__user")
    return list(rows.filter(note__tip__in=access.tips_for(user, "open"))[:20])


# Parts --------------------------------------------------------------------------------------------------


def _check(tip: Tip, other: Tip, kind: str) -> None:
    if kind not in Kind.values:
        raise Refused(_("没有这种关系，请从列表里选"))
    if tip.pk == other.pk:
        raise Refused(_("不能和自己连在一起"))
    if tip.office_id != other.office_id:
        raise Refused(_("只有同一机构的来件能连在一起"))
    if kind == Kind.RELATED:
        return
    if tip.state not in JOINABLE:
        raise Refused(_("这件在“%(state)s”状态，不能再并入别的") % {"state": tip.get_state_display()})
    if Joint.stands_for(tip):
        raise Refused(_("还有机构在共同办理这一件，先结束共同办理"))
    if Transfer.objects.filter(tip=tip, answer=Transfer.Answer.OPEN).exists():
        raise Refused(_("这件是转来的，还没有接收：先开始审核，再并入别的；或者写明理由退回"))
    if other.state == State.REPEAT:
        raise Refused(_("要并入的那一件自己也是重复件，请连到原来的一件"))


def _join(tip: Tip, revision: int) -> None:
    """The row of a joined tip: registered as a repeat, no deadline of its own. Raises Stale."""
    won = Tip.objects.filter(pk=tip.pk, office=tip.office_id, revision=revision).update(
        state=State.REPEAT,
        due_on=None,
        due_rule="",
        waiting=False,
        revision=revision % JOINED + JOINED,
    )
    if won != 1:
        raise Stale(fresh(tip))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _restored(name: str, value: Any) -> Any:
    if value is None or name not in ("due_on", "claimed_at", "closed_at"):
        return value
    return dt.date.fromisoformat(value) if name == "due_on" else dt.datetime.fromisoformat(value)


def _record(kind: str, tip: Tip, user: User, details: dict[str, Any] | None = None) -> None:
    ledger.record(kind=kind, actor=actor(user), tag=bytes(tip.tag), at=clock.now(), details=details)
