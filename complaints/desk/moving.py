"""Giving a tip to another office: up, down or across; taken on there, or returned, within the rule's days.

It arrives as submitted; whoever begins to screen it there has accepted it (services.change_state).

One transaction re-seals and moves it (VAULT: Transfer). The office that had it keeps the number, the days
and whether it was accepted, and no key. A tip can be moved unread: only the reporter's keys are opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from ledger import services as ledger
from ledger.models import Event
from workdays import clock, rules

from complaints import access
from complaints.desk import transitions
from complaints.desk.joint_models import Joint
from complaints.desk.models import Labelled, Transfer
from complaints.desk.services import Refused, Stale, actor, fresh
from complaints.intake import services as intake
from complaints.intake.models import State, Tip, Tombstone
from complaints.vault import tips as sealing
from complaints.vault import transfer as vault
from complaints.vault.errors import Busy
from complaints.vault.models import Office, Wrap

TRIES = 5
Direction: TypeAlias = Transfer.Direction
Answer: TypeAlias = Transfer.Answer
# The rule that says how long the receiver has; a tip that goes up is due there by the sender's own rule.
RULES = {Direction.UP: "send_up", Direction.DOWN: "lower_accept", Direction.ACROSS: "lower_accept"}


def direction_of(source: Office, target: Office) -> Direction | None:
    """Up to the office above, down to one below, across to one under the same; None for any other."""
    if source.pk == target.pk:
        return None
    if target.pk == source.parent_id:
        return Direction.UP
    if target.parent_id == source.pk:
        return Direction.DOWN
    if source.parent_id is not None and target.parent_id == source.parent_id:
        return Direction.ACROSS
    return None


def targets(source: Office) -> list[tuple[Office, Direction]]:
    """The offices to which a tip can go from here: above, below, beside."""
    near = Q(pk=source.parent_id) | Q(parent=source.pk)
    if source.parent_id is not None:
        near |= Q(parent=source.parent_id)
    rows = Office.objects.filter(near, active=True).exclude(pk=source.pk).order_by("pk")
    found = [(office, direction_of(source, office)) for office in rows]
    order = list(Direction)
    return sorted(
        ((office, way) for office, way in found if way is not None), key=lambda row: order.index(row[1])
    )


def move(
    *,
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    office_seed: KeySeed,
    to: Office,
    reason: str,
    revision: int,
) -> Transfer:
    """Give the tip to an office above, below or beside. Raises Stale, Refused, DirectoryBroken, Busy."""
    access.require(user, "transfer", tip=tip)
    way = direction_of(tip.office, to)
    if way is None or not to.active:
        raise Refused(_("只能转给上一级、下一级或者同一上级的机构"))
    if tip.state not in transitions.MOVABLE:
        raise Refused(_("这件在“%(state)s”状态，不能再转办") % {"state": tip.get_state_display()})
    if tip.proposed:
        raise Refused(_("这件有等待批准的事项，先批准或者不批准，再转办"))
    if Joint.stands_for(tip):
        raise Refused(_("这件正在和别的机构共同办理，先结束共同办理，再转办"))
    if not reason.strip():
        raise Refused(_("请写明转办的理由"))
    return _go(tip, user, keys, office_seed, to, reason, revision, way, None)


def give_back(
    *, tip: Tip, user: User, keys: sealing.TipKeys, office_seed: KeySeed, reason: str, revision: int
) -> Transfer:
    """Return a tip that was given to this office and is not accepted yet. Raises Stale, Refused."""
    access.require(user, "transfer", tip=tip)
    given = open_transfer(tip)
    if given is None or given.target_id != tip.office_id:
        raise Refused(_("这件不是等待接收的转办件，不能退回"))
    if Joint.stands_for(tip):
        raise Refused(_("这件正在和别的机构共同办理，先结束共同办理，再转办"))
    if not reason.strip():
        raise Refused(_("请写明退回的理由"))
    return _go(tip, user, keys, office_seed, given.source, reason, revision, None, given)


def open_transfer(tip: Tip) -> Transfer | None:
    """The transfer by which the tip came here and which nobody has answered yet."""
    return Transfer.objects.filter(tip=tip, answer=Answer.OPEN).select_related("source", "target").first()


def settle(tip: Tip, user: User, answer: str) -> int:
    """In the caller's transaction: the open transfer of this tip, if any, is answered."""
    return Transfer.objects.filter(tip=tip, answer=Answer.OPEN).update(
        answer=answer, answered_by=user, answered_at=clock.now()
    )


# What the sender may see --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """One transfer as an office that took part sees it: number, days, answer; the state if the rule allows.

    What goes down or across is answered to the office that gave it (rules, art. 16 and 18). Of what went up
    the lower office learns only that it was accepted: the tip may be about its own head.
    """

    transfer: Transfer
    number: str
    state: str  # in words, "" where it is not shown
    late: bool
    mine: bool  # it lies with an office of this person


def incoming(user: User) -> QuerySet[Transfer]:
    """Open transfers to the offices of this person, nearest deadline first."""
    held = access.offices_for(user, "queue").order_by().values("pk")
    rows = Transfer.objects.filter(target__in=held, answer=Answer.OPEN)
    rows = rows.filter(access.limits(user, office="target", tip="tip__"))
    return rows.select_related("tip", "source", "target").order_by(F("due_on").asc(nulls_last=True), "uuid")


def outgoing(user: User, *, limit: int = 200) -> list[Progress]:
    """The newest transfers that offices of this person made, with as much of their progress as is theirs."""
    held = set(access.offices_for(user, "queue").values_list("pk", flat=True))
    rows = Transfer.objects.filter(source__in=held).filter(access.limits(user, office="source", tip="tip__"))
    rows = rows.select_related("tip", "source", "target")
    return [_progress(row, held) for row in rows.order_by("-at", "uuid")[:limit]]


def _progress(row: Transfer, held: set[int]) -> Progress:
    told = row.direction != Direction.UP and row.answer == Answer.ACCEPTED
    state = str(row.tip.get_state_display()) if told else ""
    due = row.due_on if row.answer == Answer.OPEN else None
    return Progress(row, row.tip.number, state, bool(due and due < clock.today()), row.tip.office_id in held)


# Identity -----------------------------------------------------------------------------------------------


def halves_waiting(user: User) -> list[tuple[Transfer, str]]:
    """(transfer, half) for each half of an identity that this person can send after its tip."""
    found: list[tuple[Transfer, str]] = []
    for half, action in (("a", "half:a"), ("b", "half:b")):
        held = set(access.offices_for(user, action).values_list("pk", flat=True))
        rows = Transfer.objects.filter(halves_due_on__isnull=False, **{f"half_{half}_at": None})
        kinds = vault.HALVES[half][0]
        kept = Wrap.objects.filter(kind=kinds, office__in=held).values("subject")
        if held:
            newest = rows.filter(tip__uuid__in=kept).select_related("tip", "target", "source")
            found += [(row, half) for row in newest.order_by("halves_due_on", "uuid")]
    return found


def send_half(*, transfer: Transfer, half: str, user: User, seed: KeySeed) -> None:
    """Re-seal one half to the guardians of the office that has the tip now. Raises Refused, NotAMember."""
    keeper = vault.keeper_of(transfer.tip_id, half)
    if keeper is None or not access.can(user, f"half:{half}", office=keeper):
        raise Refused(_("这半把身份钥匙不在您保管的机构"))
    before, made = vault.reseal_half(
        tip_uuid=transfer.tip_id, half=half, user=user, seed=seed, receiver=transfer.tip.office
    )
    now = clock.now()
    with transaction.atomic():
        rows = Transfer.objects.filter(pk=transfer.pk, **{f"half_{half}_at": None})
        still_there = Tip.objects.filter(pk=transfer.tip_id, office=transfer.tip.office_id).exists()
        if not still_there or rows.update(**{f"half_{half}_at": now}) != 1:
            raise Refused(_("这半把身份钥匙已经移交"))
        Wrap.objects.filter(pk=before).delete()
        made.save(force_insert=True)
        ledger.record(
            kind="identity-half",
            actor=actor(user),
            tag=bytes(transfer.tip.tag),
            at=now,
            details={"half": half},
        )


# Parts --------------------------------------------------------------------------------------------------


def _go(
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    office_seed: KeySeed,
    to: Office,
    reason: str,
    revision: int,
    way: Direction | None,
    back: Transfer | None,
) -> Transfer:
    for _try in range(TRIES):
        made = vault.reseal(tip_uuid=tip.uuid, keys=keys, sender_seed=office_seed, receiver=to)
        cell = sealing.new_cell(made.keys, tip_uuid=tip.uuid, label="note", text=reason)
        follow = vault.halves_follow(tip.uuid, to)
        try:
            with transaction.atomic():
                return _write(tip, user, made, cell, to, revision, way, back, follow)
        except intake.Moved:
            continue
    raise Busy


def _write(
    tip: Tip,
    user: User,
    made: vault.Resealed,
    cell: Any,
    to: Office,
    revision: int,
    way: Direction | None,
    back: Transfer | None,
    follow: bool,
) -> Transfer:
    now, today = clock.now(), clock.today()
    lock([tip.office_id, to.pk])
    if not sealing.epoch_unchanged(to, made.epoch):
        raise intake.Moved
    unread = not Event.objects.filter(kind="opened", tag=bytes(tip.tag)).exists()
    due_on, due_rule = _due(way, today)
    values: dict[str, Any] = {"state": State.SUBMITTED, "due_on": due_on, "due_rule": due_rule}
    if back is not None:
        values = {
            "state": back.before["state"],
            "due_on": _day(back.before.get("due_on")),
            "due_rule": back.before.get("due_rule", ""),
        }
    change, gone = intake.next_change(to.pk), intake.next_change(tip.office_id)
    won = Tip.objects.filter(pk=tip.pk, office=tip.office_id, revision=revision).update(
        office=to,
        epoch=made.epoch.number,
        talk_generation=made.keys.generation,
        case_generation=made.keys.case_generation,
        assignee=None,
        claimed_at=None,
        waiting=False,
        change=change,
        revision=F("revision") + 1,
        **values,
    )
    if won != 1:
        raise Stale(fresh(tip))
    vault.store(tip_uuid=tip.uuid, made=made)
    Tombstone.objects.filter(office=to, tip=tip.uuid).delete()  # it is here again
    Tombstone.objects.create(office_id=tip.office_id, tip=tip.uuid, change=gone, created_at=now)
    Labelled.objects.filter(tip=tip, label__office=tip.office_id).delete()
    cell.save(force_insert=True)
    settle(tip, user, Answer.RETURNED if back else Answer.ONWARD)
    ledger.record(
        kind="returned" if back else "transferred",
        actor=actor(user),
        tag=bytes(tip.tag),
        at=now,
        details={"from": str(tip.office.uuid), "to": str(to.uuid)},
        cell_hash=bytes(cell.hash),
    )
    row = Transfer(
        tip=tip,
        number=Transfer.objects.filter(tip=tip).count() + 1,
        source_id=tip.office_id,
        target=to,
        direction=way or direction_of(tip.office, to) or Direction.ACROSS,
        unread=unread,
        cell=cell,
        by=user,
        at=now,
        due_on=None if back else due_on,
        answer=Answer.ACCEPTED if back else Answer.OPEN,  # what comes back is not asked about again
        answered_at=now if back else None,
        before={
            "state": tip.state,
            "due_on": tip.due_on.isoformat() if tip.due_on else None,
            "due_rule": tip.due_rule,
        },
        halves_due_on=(due_on or today) if follow else None,
    )
    if not back and (first := open_before(tip, row.number)) and tip.due_rule in RULES.values():
        row.before = first.before  # sent on without being accepted: the reporter's clock is the first one's
    row.save(force_insert=True)
    return row


def open_before(tip: Tip, number: int) -> Transfer | None:
    """The transfer just before this one."""
    return Transfer.objects.filter(tip=tip, number=number - 1).first()


def lock(offices: Sequence[int]) -> None:
    """The rows of these offices, always in the same order: two transfers that cross do not wait in a ring."""
    list(Office.objects.select_for_update().filter(pk__in=offices).order_by("pk").values_list("pk"))


def _due(way: Direction | None, today: dt.date) -> tuple[dt.date | None, str]:
    code = RULES.get(way, "") if way else ""
    try:
        return (rules.deadline(code, today, strict=False).due, code) if code else (None, "")
    except rules.UnknownRule:
        return None, ""


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
