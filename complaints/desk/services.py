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
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from ledger import services as ledger
from ledger.models import Event
from workdays import clock, rules

from complaints import access
from complaints.desk import transitions
from complaints.desk.joint_models import Joint
from complaints.desk.models import Mention, Note, Pause, Transfer
from complaints.intake import services as intake
from complaints.intake.models import Message, State, Tip
from complaints.vault import tips as sealing
from complaints.vault.models import Office

LOOKING = ("opened", "downloaded", "exported", "copied")  # events of those who only looked
ON_THE_WAY = ("send_up", "lower_accept")  # rules of a tip that another office gave


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


def claim(*, tip: Tip, user: User, revision: int | None = None) -> None:
    """Take a tip that nobody has. Of two at once one wins, the other gets Taken; one's own is no error.

    With `revision` (from a list of many), a tip that changed since it was chosen is left alone: Stale.
    """
    access.require(user, "claim", tip=tip)
    if tip.objected and acted(tip, user):
        raise Refused(_("您办过这件事；异议要由没办过的人接手"))
    now = clock.now()
    with transaction.atomic():
        free = Tip.objects.filter(pk=tip.pk, office=tip.office_id, assignee__isnull=True)
        if revision is not None:
            free = free.filter(revision=revision)
        won = free.update(assignee=user, claimed_at=now, revision=F("revision") + 1)
        if won:
            ledger.record(kind="claimed", actor=actor(user), tag=bytes(tip.tag), at=now)
    if won or (current := fresh(tip)).assignee_id == user.pk:
        return
    raise Taken(current) if current.assignee_id else Stale(current)


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
    if tip.objected and acted(tip, to):
        raise Refused(_("这个人办过这件事；异议要由没办过的人接手，请另选一位"))
    now = clock.now()
    with transaction.atomic():
        update(tip, revision=revision, assignee=to, claimed_at=now)
        ledger.record(
            kind="assigned", actor=actor(user), tag=bytes(tip.tag), at=now, details={"to": actor(to)}
        )


def claimants(tip: Tip) -> list[User]:
    """The colleagues to whom the tip can be given: with an objection, those who did nothing to it before."""
    found = access.people("claim", office=tip.office_id, tip=tip)
    if not tip.objected:
        return found
    before = _acts(tip).values_list("actor", flat=True)
    return [user for user in found if actor(user) not in set(before)]


def claimants_of(office: int) -> list[User]:
    """The members of an office who may claim."""
    return access.people("claim", office=office)


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
        _lock(tip)
        update(tip, revision=revision, waiting=ask_back)
        return _tell(tip=tip, user=user, keys=keys, office_seed=office_seed, text=text)


def add_note(*, tip: Tip, user: User, keys: sealing.TipKeys, text: str) -> Note:
    """An internal note. Two people may write at once: notes are only ever added. Raises Refused."""
    access.require(user, "note", tip=tip)
    if not text.strip():
        raise Refused(_("请写下要记录的内容"))
    now = clock.now()
    named = mentioned(text, tip)
    cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="note", text=text)
    with transaction.atomic():
        cell.save(force_insert=True)
        note = Note.objects.create(tip=tip, user=user, cell=cell, created_at=now)
        Mention.objects.bulk_create(Mention(note=note, user=who) for who in named if who.pk != user.pk)
        ledger.record(kind="noted", actor=actor(user), tag=bytes(tip.tag), at=now, cell_hash=bytes(cell.hash))
        try:
            intake.mark_changed(tip)
        except intake.Moved as error:  # to another office, while this was written
            raise Stale(fresh(tip)) from error
    return note


def mentioned(text: str, tip: Tip) -> list[User]:
    """The colleagues who may open this tip and are named in the text, as @姓名 or @login."""
    if "@" not in text and "＠" not in text:
        return []
    text = text.replace("＠", "@")
    people = access.people("open", office=tip.office_id, tip=tip)
    return [user for user in people if f"@{user.name}" in text or f"@{user.username}" in text]


# What becomes of it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    """What the form of a change of state brings; which of it is needed, the transition says."""

    reason: str = ""
    where: str = ""
    disposal: str = ""
    opinion: str = ""
    review: str = ""
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
    if step.second:
        raise Refused(_("这一步要两个人：先提出意见，再由另一位审批人批准"))
    if shut := transitions.condition(step, tip, acted=bool(step.fresh) and acted(tip, user)):
        if tip.revision != revision:
            raise Stale(fresh(tip))
        raise Refused(shut)
    if step.target not in transitions.OPEN_STATES and Joint.stands_for(tip):
        raise Refused(_("还有机构在共同办理这一件，先结束共同办理"))
    decision = decision or Decision()
    _check(step, decision)
    now = clock.now()
    cell = None
    if body := decision.body():
        cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="disposal", text=json.dumps(body))
    due_on, due_rule = _deadline(step, tip, decision, clock.today())
    with translation.override(language):
        words = told(step, decision)
    values: dict[str, Any] = {"state": step.target.value, "waiting": False}
    values |= {"due_on": due_on, "due_rule": due_rule}
    values["closed_at"] = now if step.target == State.CLOSED else None
    if step.when == "objected":  # whoever takes it on has it, and nobody else need
        values |= {"objected": False, "assignee": user, "claimed_at": now}
    with transaction.atomic():
        _lock(tip)
        update(tip, revision=revision, **values)
        if tip.state == State.SUBMITTED:
            _settle(tip, user)
        _end_pauses(tip)
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
        update(tip, revision=revision, due_on=None, due_rule="")
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
    today = clock.today()
    Mention.objects.filter(user=user, note__tip=tip, seen_at=None).update(seen_at=clock.now())
    _once_a_day("opened", tip, user)
    if tip.unread:
        Tip.objects.filter(pk=tip.pk, unread=True).update(unread=False)
        Message.objects.filter(tip=tip, author=Message.Author.REPORTER, read_on__isnull=True).update(
            read_on=today
        )


def record_looked(*, tip: Tip, user: User) -> None:
    """Write that somebody of an office with a part of it read the tip, once a person, tip and day."""
    _once_a_day("opened", tip, user)


def record_downloaded(*, tip: Tip, user: User) -> None:
    """Write that this person took an attachment of the tip away, once a person, tip and day."""
    _once_a_day("downloaded", tip, user)


# Parts ---------------------------------------------------------------------------------------------


def _once_a_day(kind: str, tip: Tip, user: User) -> None:
    tag = bytes(tip.tag)
    if not Event.objects.filter(kind=kind, tag=tag, actor=actor(user), date=clock.today()).exists():
        with transaction.atomic():
            ledger.record(kind=kind, actor=actor(user), tag=tag, at=clock.now())


def acted(tip: Tip, user: User) -> bool:
    """Whether this person has done anything to the tip but look at it."""
    return _acts(tip).filter(actor=actor(user)).exists()


def _acts(tip: Tip) -> QuerySet[Event]:
    """What was done to the tip, looking apart."""
    return Event.objects.filter(tag=bytes(tip.tag)).exclude(kind__in=LOOKING)


def last_act(tip: Tip) -> Event | None:
    """The last thing that a member of staff did to the tip, looking apart."""
    events = Event.objects.filter(tag=bytes(tip.tag), actor__startswith="user:", at__isnull=False)
    return events.exclude(kind__in=LOOKING).order_by("-at").first()


def _lock(tip: Tip) -> None:
    """The office's row before the tip's, as a reporter's message takes them: no two wait in a ring."""
    Office.objects.select_for_update().filter(pk=tip.office_id).first()


def _running_again(tip: Tip) -> tuple[dt.date | None, str]:
    """The clock for the reporter, which ran on while the tip was on its way from another office."""
    given = Transfer.objects.filter(tip=tip, answer=Transfer.Answer.OPEN).first()
    before = given.before if given else {}
    if before.get("due_rule") != intake.FIRST_ANSWER or not before.get("due_on"):
        return None, ""
    return dt.date.fromisoformat(before["due_on"]), intake.FIRST_ANSWER


def _settle(tip: Tip, user: User) -> None:
    """A tip that another office gave is taken on by the first step here."""
    Transfer.objects.filter(tip=tip, target=tip.office_id, answer=Transfer.Answer.OPEN).update(
        answer=Transfer.Answer.ACCEPTED, answered_by=user, answered_at=clock.now()
    )


def _end_pauses(tip: Tip) -> None:
    """A deadline that ends takes its pause with it."""
    Pause.objects.filter(tip=tip, ended_on=None).update(ended_on=clock.today())


def update(tip: Tip, *, revision: int, **values: Any) -> None:
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
    if "result" in step.needs and not decision.result.strip():
        raise Refused(_("请用一句话写明办理结果"))


def _deadline(
    step: transitions.Transition, tip: Tip, decision: Decision, today: dt.date
) -> tuple[dt.date | None, str]:
    """(due day, rule) that start with the step. Screening keeps the deadline that runs since receipt."""
    code = step.rule
    if step.rule_if_named and not tip.named:
        code = ""
    if step.target == State.SCREENING:
        if step.when:
            return None, ""
        return _running_again(tip) if tip.due_rule in ON_THE_WAY else (tip.due_on, tip.due_rule)
    if not code:
        return None, ""
    try:
        return rules.deadline(code, today, strict=False).due, code
    except rules.UnknownRule:  # the operator has switched it off
        return None, ""
