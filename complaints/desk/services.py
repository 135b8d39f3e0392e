"""What is done to a tip at the desk. Each verb is one transaction: conditional update, cells, event.

Two people who act on the same tip at once: the update of one finds its `revision` (or a free `assignee`),
the other's does not and learns what happened. All sealing is done before the transaction.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from ledger import services as ledger
from ledger.models import Event
from workdays import clock, rules

from complaints import access
from complaints.desk import transitions
from complaints.desk.models import Note
from complaints.intake import services as intake
from complaints.intake.models import Message, State, Tip
from complaints.vault import tips as sealing
from complaints.vault.models import Membership


class Refused(Exception):
    """An act that cannot be done; its text is the sentence for the person."""


class Taken(Exception):
    """Somebody else has claimed the tip."""

    def __init__(self, tip: Tip) -> None:
        super().__init__()
        self.tip = tip


class Stale(Exception):
    """The tip has changed since the form was made; `tip` is as it is now."""

    def __init__(self, tip: Tip) -> None:
        super().__init__()
        self.tip = tip


def actor(user: User) -> str:
    """How the ledger names a member of staff."""
    return f"user:{user.pk}"


def fresh(tip: Tip) -> Tip:
    """The row as it is now, with what its page shows."""
    return Tip.objects.select_related("office", "category", "region", "assignee").get(pk=tip.pk)


# Who works on it -----------------------------------------------------------------------------------


def claim(*, tip: Tip, user: User) -> None:
    """Take a tip that nobody has. Of two at once one wins, the other gets Taken; one's own is no error."""
    access.require(user, "claim", tip=tip)
    now = clock.now()
    with transaction.atomic():
        won = Tip.objects.filter(pk=tip.pk, office=tip.office_id, assignee__isnull=True).update(
            assignee=user, claimed_at=now, revision=F("revision") + 1
        )
        if won:
            ledger.record(kind="claimed", actor=actor(user), tag=bytes(tip.tag), at=now)
    if not won and (current := fresh(tip)).assignee_id != user.pk:
        raise Taken(current)


def release(*, tip: Tip, user: User) -> None:
    """Give back one's own tip; whoever may assign can free another's. Raises Taken where one may not."""
    access.require(user, "claim", tip=tip)
    with transaction.atomic():
        mine = Tip.objects.filter(pk=tip.pk, assignee__isnull=False)
        if not access.can(user, "assign", office=tip.office_id, tip=tip):
            mine = mine.filter(assignee=user)
        if won := mine.update(assignee=None, claimed_at=None, revision=F("revision") + 1):
            ledger.record(kind="released", actor=actor(user), tag=bytes(tip.tag), at=clock.now())
    if not won and (current := fresh(tip)).assignee_id is not None:
        raise Taken(current)


def assign(*, tip: Tip, user: User, to: User, revision: int) -> None:
    """Give the tip to a colleague who may claim. Raises Stale, Refused."""
    access.require(user, "assign", tip=tip)
    if not access.can(to, "claim", office=tip.office_id, tip=tip):
        raise Refused(_("这个人在本机构不能办理来件，请另选一位"))
    now = clock.now()
    with transaction.atomic():
        _update(tip, revision=revision, assignee=to, claimed_at=now)
        ledger.record(
            kind="assigned", actor=actor(user), tag=bytes(tip.tag), at=now, details={"to": actor(to)}
        )


def claimants(tip: Tip) -> list[User]:
    """The colleagues to whom the tip can be given."""
    held = Membership.objects.filter(
        office=tip.office_id, ended_at__isnull=True, role__in=sorted(access.TABLE["claim"])
    )
    return list(User.objects.filter(is_active=True, pk__in=held.values("user")).order_by("pk"))


# What is said --------------------------------------------------------------------------------------


def reply(
    *,
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    office_seed: KeySeed,
    text: str,
    revision: int,
    ask_back: bool = False,
) -> Message:
    """Write to the reporter. `ask_back` marks the tip as waiting for an answer. Raises Stale, Refused."""
    access.require(user, "reply", tip=tip)
    if not text.strip():
        raise Refused(_("请写下要告诉举报人的话"))
    with transaction.atomic():
        _update(tip, revision=revision, waiting=ask_back)
        return _tell(tip=tip, user=user, keys=keys, office_seed=office_seed, text=text)


def add_note(*, tip: Tip, user: User, keys: sealing.TipKeys, text: str) -> Note:
    """An internal note. Two people may write at once: notes are only ever added. Raises Refused."""
    access.require(user, "note", tip=tip)
    if not text.strip():
        raise Refused(_("请写下要记录的内容"))
    now = clock.now()
    cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="note", text=text)
    with transaction.atomic():
        cell.save(force_insert=True)
        note = Note.objects.create(tip=tip, user=user, cell=cell, created_at=now)
        ledger.record(kind="noted", actor=actor(user), tag=bytes(tip.tag), at=now, cell_hash=bytes(cell.hash))
        try:
            intake.mark_changed(tip)
        except intake.Moved as error:  # to another office, while this was written
            raise Stale(fresh(tip)) from error
    return note


# What becomes of it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    """What the form of a change of state brings; which of it is needed, the transition says."""

    reason: str = ""
    where: str = ""
    disposal: str = ""
    result: str = ""

    def body(self) -> dict[str, str]:
        """The filled fields, for the case cell."""
        return {name: value for name, value in vars(self).items() if value}


def change_state(
    *,
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    office_seed: KeySeed,
    target: str,
    revision: int,
    decision: Decision | None = None,
    language: str = "zh-hans",
) -> None:
    """One step of the table: state, deadline, case cell, event, and a message if the reporter must be told.

    `language` is the reporter's, for the sentences around what was typed. Raises Refused where the table has
    no such step or a needed field is missing, Stale where the tip has moved on since the form was made.
    """
    step = transitions.find(tip.state, target)
    if step is None:
        if tip.revision != revision:
            raise Stale(fresh(tip))
        raise Refused(transitions.why_not(tip.state, target))
    access.require(user, step.action, tip=tip)
    decision = decision or Decision()
    _check(step, decision)
    now = clock.now()
    cell = None
    if body := decision.body():
        cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="disposal", text=json.dumps(body))
    due_on, due_rule = _deadline(step, tip, decision, clock.today())
    with translation.override(language):
        words = told(step, decision)
    with transaction.atomic():
        _update(
            tip,
            revision=revision,
            state=step.target.value,
            due_on=due_on,
            due_rule=due_rule,
            closed_at=now if step.target == State.CLOSED else None,
            waiting=False,
        )
        if cell is not None:
            cell.save(force_insert=True)
        ledger.record(
            kind="state",
            actor=actor(user),
            tag=bytes(tip.tag),
            at=now,
            details={"from": step.source.value, "to": step.target.value},
            cell_hash=bytes(cell.hash) if cell else b"",
        )
        if words:
            _tell(tip=tip, user=user, keys=keys, office_seed=office_seed, text=words)


def give_feedback(*, tip: Tip, user: User, revision: int) -> None:
    """The named reporter has been told the result in person: that deadline is met. Raises Stale, Refused."""
    access.require(user, "reply", tip=tip)
    if tip.state != State.CLOSED or not tip.due_on:
        raise Refused(_("这件没有等着反馈的期限"))
    now = clock.now()
    with transaction.atomic():
        _update(tip, revision=revision, due_on=None, due_rule="")
        ledger.record(kind="feedback", actor=actor(user), tag=bytes(tip.tag), at=now)


def told(step: transitions.Transition, decision: Decision) -> str:
    """What the reporter is told with this step, in the active language; "" where the state alone says it."""
    if step.target == State.REFUSED:
        reason = str(transitions.REASONS[decision.reason])
        text = _("您反映的事项不予受理。理由：%(reason)s。") % {"reason": reason}
        return text + (_("您可以向这里反映：%(where)s") % {"where": decision.where} if decision.where else "")
    if step.target == State.MOVED:
        return _("您反映的事项已经转送：%(where)s") % {"where": decision.where}
    if step.target == State.CLOSED:
        return _("已办结。%(result)s") % {"result": decision.result}
    return ""


def record_opened(*, tip: Tip, user: User) -> None:
    """Write that this person opened the tip, once a person, tip and day.

    Each look at one page in one day's work says nothing new; who had seen what on which day does. Also marks
    the reporter's messages as read.
    """
    today, tag = clock.today(), bytes(tip.tag)
    if not Event.objects.filter(kind="opened", tag=tag, actor=actor(user), date=today).exists():
        with transaction.atomic():
            ledger.record(kind="opened", actor=actor(user), tag=tag, at=clock.now())
    if tip.unread:
        Tip.objects.filter(pk=tip.pk, unread=True).update(unread=False)
        Message.objects.filter(tip=tip, author=Message.Author.REPORTER, read_on__isnull=True).update(
            read_on=today
        )


# Parts ---------------------------------------------------------------------------------------------


def _update(tip: Tip, *, revision: int, **values: Any) -> None:
    """The conditional update in the caller's transaction. Raises Stale."""
    won = Tip.objects.filter(pk=tip.pk, office=tip.office_id, revision=revision).update(
        **values, revision=F("revision") + 1
    )
    if won != 1:
        raise Stale(fresh(tip))


def _tell(*, tip: Tip, user: User, keys: sealing.TipKeys, office_seed: KeySeed, text: str) -> Message:
    """A message of the office, signed with the office's key."""
    return intake.add_message(
        tip=tip,
        keys=keys,
        author=Message.Author.OFFICE,
        text=text,
        files=[],
        user=user,
        signer=office_seed,
    )


def _check(step: transitions.Transition, decision: Decision) -> None:
    """Raise Refused where a field that the step needs is missing or not one of the lawful ones."""
    if "reason" in step.needs and decision.reason not in transitions.REASONS:
        raise Refused(_("请从三项理由里选一项"))
    wants_where = "reason" not in step.needs or decision.reason in transitions.REASONS_WITH_WAY
    if "where" in step.needs and wants_where and not decision.where.strip():
        raise Refused(_("请写明举报人可以向哪里反映"))
    if "disposal" in step.needs and decision.disposal not in transitions.DISPOSALS:
        raise Refused(_("请从五种处置方式里选一种"))
    if "result" in step.needs and not decision.result.strip():
        raise Refused(_("请用一句话写明办理结果"))


def _deadline(
    step: transitions.Transition, tip: Tip, decision: Decision, today: dt.date
) -> tuple[dt.date | None, str]:
    """(due day, rule) that start with the step. Screening keeps the deadline that runs since receipt."""
    code = step.rule
    if step.rule_if_named and not tip.named:
        code = ""
    if step.target == State.DISPOSING:
        code = transitions.DISPOSALS[decision.disposal][1]
    if step.target == State.SCREENING:
        return tip.due_on, tip.due_rule
    if not code:
        return None, ""
    try:
        return rules.deadline(code, today, strict=False).due, code
    except rules.UnknownRule:  # the operator has switched it off
        return None, ""
