"""What two persons decide together, and what stands still for a law: proposals, holds.

A proposal is made by one person with a reason and answered by another, whose role is asked for again in the
transaction of the answer: somebody who has just lost it decides nothing. The database refuses a row whose two
persons are the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock, rules

from complaints import access
from complaints.desk import transitions
from complaints.desk.models import Pause, Proposal, Warning
from complaints.desk.services import Refused, Stale, actor, fresh, update
from complaints.intake.models import State, Tip
from complaints.vault import tips as sealing
from complaints.vault.models import Membership, Office

Kind, Answer = Proposal.Kind, Proposal.Answer
# Where each kind makes sense; the reason is needed for all but a disposal, whose kind says it.
STATES: Mapping[str, frozenset[str]] = {
    Kind.DISPOSAL: frozenset({State.ACCEPTED, State.CLOSED}),
    Kind.FALSE_ACCUSATION: frozenset({State.DISPOSING, State.CLOSED}),
    Kind.LIFT_HOLD: frozenset(State.values),
    Kind.CLEAR_WARNING: frozenset(State.values),
}
EVENTS = {
    Answer.AGREED: "agreed",
    Answer.DECLINED: "declined",
}


class Answered(Exception):
    """Somebody else has answered the proposal; it is given as it is now."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal


def propose(
    *,
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    kind: str,
    choice: str = "",
    reason: str = "",
    review: str = "",
    revision: int,
) -> Proposal:
    """Put to another person what one alone may not decide. Raises Stale, Refused.

    `review` records a collective discussion (rules, art. 17): when, who, what was concluded.
    """
    access.require(user, "propose", tip=tip)
    _check(tip, kind, choice, reason)
    body = {"kind": kind, "choice": choice, "opinion": reason, "review": review}
    cell = sealing.new_cell(keys, tip_uuid=tip.uuid, label="disposal", text=_json(body))
    now = clock.now()
    try:
        with transaction.atomic():
            update(tip, revision=revision, proposed=True)
            if kind == Kind.DISPOSAL and _waiting(tip, kind):
                raise Refused(_("已经有同样的意见等另一人批准"))
            cell.save(force_insert=True)
            row = Proposal.objects.create(tip=tip, kind=kind, choice=choice, by=user, at=now, cell=cell)
            ledger.record(
                kind="proposed",
                actor=actor(user),
                tag=bytes(tip.tag),
                at=now,
                details={"kind": kind},
                cell_hash=bytes(cell.hash),
            )
    except IntegrityError as error:
        raise Refused(_("已经有同样的意见等另一人批准")) from error
    return row


def answer(*, proposal: Proposal, user: User, agree: bool) -> None:
    """Agree, or not, as another person. Raises Answered, Refused, Stale, PermissionDenied."""
    tip = proposal.tip
    access.require(user, "decide", tip=tip)
    if proposal.by_id == user.pk:
        raise Refused(_("提出意见的人不能自己批准，要由另一个人来"))
    if agree and proposal.kind == Kind.DISPOSAL and (waits := transitions.unheard(tip)):
        raise Refused(waits)  # the reporter objected after it was proposed
    now, result = clock.now(), Answer.AGREED if agree else Answer.DECLINED
    with transaction.atomic():
        Office.objects.select_for_update().filter(pk=tip.office_id).first()
        _still(user, tip)
        won = (
            Proposal.objects.filter(pk=proposal.pk, answer=Answer.OPEN)
            .exclude(by=user)
            .update(answer=result, answered_by=user, answered_at=now)
        )
        if won != 1:
            raise Answered(Proposal.objects.select_related("answered_by", "tip").get(pk=proposal.pk))
        values = _effect(proposal, tip) if agree else {}
        values["proposed"] = Proposal.objects.filter(tip=tip, answer=Answer.OPEN).exists()
        _apply(proposal, tip, values, agree=agree)
        ledger.record(
            kind=EVENTS[result],
            actor=actor(user),
            tag=bytes(tip.tag),
            at=now,
            details={"kind": proposal.kind},
        )
        if agree and proposal.kind == Kind.DISPOSAL:
            ledger.record(
                kind="state",
                actor=actor(user),
                tag=bytes(tip.tag),
                at=now,
                details={"from": tip.state, "to": State.DISPOSING.value},
            )


def open_of(tip: Tip) -> list[Proposal]:
    """The tip's proposals with their persons, oldest first."""
    return list(Proposal.objects.filter(tip=tip).select_related("by", "answered_by", "cell"))


def hold(*, tip: Tip, user: User, keys: sealing.TipKeys, reason: str, revision: int) -> None:
    """A legal hold: nothing of the tip is destroyed. Lifting it takes two. Raises Stale, Refused."""
    access.require(user, "hold", tip=tip)
    if tip.hold:
        raise Refused(_("这件已经在保全中"))
    if not reason.strip():
        raise Refused(_("请写明保全的理由"))
    cell = sealing.new_cell(
        keys, tip_uuid=tip.uuid, label="disposal", text=_json({"kind": "hold", "opinion": reason})
    )
    with transaction.atomic():
        update(tip, revision=revision, hold=True)
        cell.save(force_insert=True)
        ledger.record(
            kind="held", actor=actor(user), tag=bytes(tip.tag), at=clock.now(), cell_hash=bytes(cell.hash)
        )


# Parts --------------------------------------------------------------------------------------------------


def _waiting(tip: Tip, kind: str) -> bool:
    return Proposal.objects.filter(tip=tip, kind=kind, answer=Answer.OPEN).exists()


def _check(tip: Tip, kind: str, choice: str, reason: str) -> None:
    """Raise Refused where this kind makes no sense for the tip as it is."""
    if kind not in STATES:
        raise Refused(_("没有这样的意见，请从页面上选"))
    if tip.state not in STATES[kind]:
        raise Refused(_("这件在“%(state)s”状态，不能提出这项意见") % {"state": tip.get_state_display()})
    if kind == Kind.DISPOSAL and choice not in transitions.DISPOSALS:
        raise Refused(_("请从五种处置方式里选一种"))
    if kind == Kind.DISPOSAL and (waits := transitions.unheard(tip)):
        raise Refused(waits)
    if kind != Kind.DISPOSAL and not reason.strip():
        raise Refused(_("请写明理由"))
    if kind == Kind.LIFT_HOLD and not tip.hold:
        raise Refused(_("这件没有在保全中"))
    if kind == Kind.CLEAR_WARNING and warning_of(tip, choice) is None:
        raise Refused(_("没有这条预警，或者已经消除"))


def warning_of(tip: Tip, choice: str) -> Warning | None:
    """The tip's warning with this id that is not cleared yet."""
    if not choice.isascii() or not choice.isdigit() or len(choice) > 18:
        return None
    return Warning.objects.filter(tip=tip, pk=int(choice), cleared=None).first()


def _still(user: User, tip: Tip) -> None:
    """The role is still held in this very transaction; whoever ends it waits, or was first."""
    held = Membership.objects.select_for_update().filter(
        user=user, user__is_active=True, office=tip.office_id, ended_at=None, role__in=access.TABLE["decide"]
    )
    if not list(held.values_list("pk")):
        raise PermissionDenied
    access.require(user, "decide", tip=tip)  # nor has it been bound to other tips


def _effect(proposal: Proposal, tip: Tip) -> dict[str, Any]:
    """What agreeing changes in the tip's row."""
    if proposal.kind == Kind.LIFT_HOLD:
        return {"hold": False}
    if proposal.kind != Kind.DISPOSAL:
        return {}
    code = transitions.DISPOSALS[proposal.choice][1]
    try:
        due = rules.deadline(code, clock.today(), strict=False).due if code else None
    except rules.UnknownRule:  # the operator has switched it off
        due = None
    return {
        "state": State.DISPOSING.value,
        "due_on": due,
        "due_rule": code if due else "",
        "closed_at": None,
        "waiting": False,
    }


def _apply(proposal: Proposal, tip: Tip, values: dict[str, Any], *, agree: bool) -> None:
    rows = Tip.objects.filter(pk=tip.pk, office=tip.office_id)
    if agree:
        rows = rows.filter(state__in=STATES[proposal.kind])
    if agree and proposal.kind == Kind.DISPOSAL:
        rows = rows.filter(objected=False)
    if rows.update(**values, revision=F("revision") + 1) != 1:
        raise Stale(fresh(tip))
    if "due_on" in values:
        Pause.objects.filter(tip=tip, ended_on=None).update(ended_on=clock.today())
    if agree and proposal.kind == Kind.CLEAR_WARNING:
        Warning.objects.filter(pk=int(proposal.choice), tip=tip, cleared=None).update(cleared=proposal)


def _json(body: dict[str, str]) -> str:
    return json.dumps({name: value for name, value in body.items() if value}, ensure_ascii=False)
