"""Asking for an identity, agreeing, looking once: each step with its event (VAULT: identity)."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from accounts.keys import KeySeed
from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.intake.models import Tip
from complaints.vault import identity as vault
from complaints.vault.errors import BadSeal, NotAMember
from complaints.vault.models import IdentityRequest

ANSWER_WITHIN = dt.timedelta(hours=24)
LOOK_WITHIN = dt.timedelta(minutes=30)
Answer = IdentityRequest.Answer


class Refused(Exception):
    """What cannot be done; its text is the sentence for the person."""


@dataclass(frozen=True, repr=False)
class Shown:
    """An opened identity."""

    number: str
    name: str
    contact: list[str]


def ask(*, user: User, number: str, reason: str) -> IdentityRequest:
    """A custodian asks, with a reason that only the approvers read. Raises Refused, DirectoryBroken."""
    lapse()
    tip = Tip.objects.filter(number=number, named=True).first()
    keeper = vault.keeper_of(tip.uuid) if tip else None
    if tip is None or keeper is None or not access.can(user, "identity-request", office=keeper):
        raise Refused(_("没有这个编号的实名件，或者它的身份不由您保管。请对照编号再写一次"))
    if not reason.strip():
        raise Refused(_("请写明为什么必须知道"))
    cell, wrap = vault.seal_reason(tip.uuid, keeper, reason)
    now = clock.now()
    try:
        with transaction.atomic():
            cell.save(force_insert=True)
            wrap.save(force_insert=True)
            asked = IdentityRequest.objects.create(
                tip=tip.uuid, office=keeper, custodian=user, reason=cell, asked_at=now
            )
            _record("identity-asked", user, tip, cell_hash=bytes(cell.hash))
    except IntegrityError:
        raise Refused(_("您对这一件已有一个没有结束的申请")) from None
    return asked


def agree(*, asked: IdentityRequest, user: User, seed: KeySeed) -> None:
    """An approver hands half B to this custodian for thirty minutes. Raises Refused, NotAMember."""
    _may_answer(asked, user)
    wrap = vault.hand_half(asked, user, seed)
    now = clock.now()
    with transaction.atomic():
        _answered(asked, user, Answer.AGREED, now)
        wrap.save(force_insert=True)
        _record("identity-agreed", user, _tip(asked))


def decline(*, asked: IdentityRequest, user: User) -> None:
    """An approver says no. Raises Refused."""
    _may_answer(asked, user)
    with transaction.atomic():
        _answered(asked, user, Answer.DECLINED, clock.now())
        vault.drop_halves(asked)
        _record("identity-declined", user, _tip(asked))


def look(*, asked: IdentityRequest, user: User, seed: KeySeed) -> Shown:
    """The identity, once, within thirty minutes; then the handed half is gone. Raises Refused, NotAMember.

    The event is committed before anything is shown; the reporter sees its date.
    """
    if asked.custodian_id != user.pk or not access.can(user, "identity-request", office=asked.office_id):
        raise Refused(_("这不是您的申请"))
    lapse()
    tip = _tip(asked)
    try:
        told = json.loads(vault.open_with(asked, user, seed))
    except (NotAMember, BadSeal):
        raise Refused(_("这个申请已经看过、过期，或者没有被同意。要再看，请重新申请")) from None
    with transaction.atomic():
        rows = IdentityRequest.objects.filter(pk=asked.pk, answer=Answer.AGREED)
        if rows.filter(answered_at__gt=clock.now() - LOOK_WITHIN).update(answer=Answer.SEEN) != 1:
            raise Refused(_("这个申请已经看过、过期，或者没有被同意。要再看，请重新申请"))
        vault.drop_halves(asked)
        _record("identity-opened", user, tip)
    contact = [str(value) for name, value in told.items() if name != "name" and value]
    return Shown(tip.number, str(told.get("name", "")), contact)


def lapse() -> int:
    """What was not answered in a day, or not looked at in half an hour, ends; its handed half is deleted."""
    now = clock.now()
    late = Q(answer=Answer.OPEN, asked_at__lte=now - ANSWER_WITHIN)
    late |= Q(answer=Answer.AGREED, answered_at__lte=now - LOOK_WITHIN)
    ended = 0
    for asked in IdentityRequest.objects.filter(late):
        with transaction.atomic():
            if IdentityRequest.objects.filter(late, pk=asked.pk).update(answer=Answer.LAPSED):
                vault.drop_halves(asked)
                _record("identity-lapsed", None, _tip(asked))
                ended += 1
    return ended


def of_custodian(user: User) -> QuerySet[IdentityRequest]:
    """This person's requests, newest first."""
    return IdentityRequest.objects.filter(custodian=user).select_related("office").order_by("-asked_at")


def for_approver(user: User) -> QuerySet[IdentityRequest]:
    """Open requests that this person may answer, oldest first."""
    held = access.offices_for(user, "half:b").order_by().values("pk")
    rows = IdentityRequest.objects.filter(office__in=held, answer=Answer.OPEN).exclude(custodian=user)
    return rows.select_related("office", "custodian", "reason").order_by("asked_at")


def _may_answer(asked: IdentityRequest, user: User) -> None:
    if asked.custodian_id == user.pk or not access.can(user, "half:b", office=asked.office_id):
        raise Refused(_("只有保管机构的审批人能答复，而且不能是申请人本人"))


def _answered(asked: IdentityRequest, user: User, answer: str, now: dt.datetime) -> None:
    rows = IdentityRequest.objects.filter(pk=asked.pk, answer=Answer.OPEN, asked_at__gt=now - ANSWER_WITHIN)
    if rows.update(answer=answer, approver=user, answered_at=now) != 1:
        raise Refused(_("这个申请已有答复，或者超过 24 小时，已经过期"))


def _tip(asked: IdentityRequest) -> Tip:
    return Tip.objects.get(pk=asked.tip)


def _record(kind: str, user: User | None, tip: Tip, cell_hash: bytes = b"") -> None:
    actor = f"user:{user.pk}" if user else "system"
    ledger.record(kind=kind, actor=actor, tag=bytes(tip.tag), at=clock.now(), cell_hash=cell_hash)
