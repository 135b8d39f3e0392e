"""Joint handling: one office leads and owns state and deadline, another has a part with a day of its own.

The leading office asks one above, below or beside it, in one transaction that seals the tip to both. The
other one reads what the reporter says, takes part or does not, and hands in a result. When the leading office
ends it, the result goes into its own record, the other office's keys are deleted, and the talk key is made
anew: what is said from then on opens with nothing that it had (VAULT: transfer, complaints.vault.joint).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk import casefile, moving, transitions
from complaints.desk.joint_models import LIVE, Joint, JointNote
from complaints.desk.models import Note
from complaints.desk.services import Refused, Stale, actor, fresh, update
from complaints.intake import services as intake
from complaints.intake.models import Tip
from complaints.vault import joint as vault
from complaints.vault import offices, wraps
from complaints.vault import tips as sealing
from complaints.vault.errors import Busy, NotAMember
from complaints.vault.models import Cell, Office, Wrap

Answer, Kind = Joint.Answer, JointNote.Kind
MOST_DAYS = 366
MOST_PARTS = vault.GENERATIONS - 1
READ = ("subject", "narrative", "respondents", "about", "answers", "message", "file")


@dataclass(frozen=True)
class Side:
    """How one person comes to a part: as of the leading office, or of the joined one."""

    joint: Joint
    office: Office
    leads: bool
    may: frozenset[str]


@dataclass(frozen=True)
class Line:
    """A note of a part, opened. `changed`: it is not what was sealed."""

    row: JointNote
    text: str
    changed: bool


# Who ------------------------------------------------------------------------------------------------------


def of_tip(tip: Tip) -> list[Joint]:
    """Its parts, newest first."""
    return list(Joint.objects.filter(tip=tip).select_related("office", "by").order_by("-number"))


def targets(tip: Tip) -> list[Office]:
    """The offices that can be asked: above, below, beside, without those that take part already."""
    taken = set(Joint.objects.filter(tip=tip, answer__in=LIVE).values_list("office", flat=True))
    return [office for office, _way in moving.targets(tip.office) if office.pk not in taken]


def side_or_404(user: User, pk: UUID, action: str) -> Side:
    """The part with this id, for members of its two offices who may do this there. 404 for all others."""
    row = Joint.objects.select_related("tip__office", "tip__category", "tip__region", "office", "by")
    found = row.filter(pk=pk).first()
    if found is None:
        raise Http404
    for office, leads in ((found.tip.office, True), (found.office, False)):
        may = access.actions_of(user, office=office, tip=found.tip)
        if action in may and (leads or found.answer in LIVE):
            return Side(found, office, leads, may)
    raise Http404


def asked(user: User) -> QuerySet[Joint]:
    """The parts that offices of this person have to do, nearest day first."""
    held = access.offices_for(user, "queue").order_by().values("pk")
    rows = Joint.objects.filter(office__in=held, answer__in=LIVE).filter(access.limits(user, tip="tip__"))
    return rows.select_related("tip__office", "office").order_by("due_on", "uuid")


def led(user: User) -> QuerySet[Joint]:
    """The live parts, and those not taken on, of tips that offices of this person lead."""
    held = access.offices_for(user, "queue").order_by().values("pk")
    rows = Joint.objects.filter(tip__office__in=held, answer__in=[*LIVE, Answer.DECLINED])
    rows = rows.filter(access.limits(user, office="tip__office", tip="tip__"))
    return rows.select_related("tip", "office").order_by("due_on", "uuid")


# Doing ----------------------------------------------------------------------------------------------------


def ask(
    *,
    tip: Tip,
    user: User,
    keys: sealing.TipKeys,
    office_seed: KeySeed,
    to: Office,
    task: str,
    due_on: dt.date,
    revision: int,
) -> Joint:
    """Ask another office to handle it together. Raises Stale, Refused, DirectoryBroken, Busy."""
    access.require(user, "joint", tip=tip)
    if tip.state not in transitions.OPEN_STATES:
        raise Refused(_("只有未办结的件能共同办理"))
    if moving.direction_of(tip.office, to) is None or not to.active:
        raise Refused(_("只能请上一级、下一级或者同一上级的机构共同办理"))
    if not task.strip():
        raise Refused(_("请写明请对方办什么"))
    if not clock.today() <= due_on <= clock.today() + dt.timedelta(days=MOST_DAYS):
        raise Refused(_("期限要在今天以后、一年以内"))
    for _try in range(moving.TRIES):
        number = (Joint.objects.filter(tip=tip).aggregate(top=Max("number"))["top"] or 0) + 1
        if number > MOST_PARTS:
            raise Refused(_("这件共同办理的次数太多了"))
        part, built = vault.share(
            tip_uuid=tip.uuid, number=number, keys=keys, signer=office_seed, lead=tip.office, joined=to
        )
        cell = vault.new_cell(part, tip_uuid=tip.uuid, text=task)
        row = Joint(tip=tip, number=number, office=to, by=user, at=clock.now(), due_on=due_on)
        try:
            with transaction.atomic():
                _unmoved(tip, to, built)
                update(tip, revision=revision)
                row.save(force_insert=True)
                Wrap.objects.bulk_create(built.wraps)
                _write(row, cell, Kind.TASK, user, tip.office, "joint-asked")
        except intake.Moved:
            continue
        except IntegrityError as error:
            raise Refused(_("这个机构已经在共同办理这一件")) from error
        return row
    raise Busy


def answer(*, side: Side, user: User, seed: KeySeed, agree: bool, reason: str = "") -> None:
    """Take part, or do not and say why: then the office's keys are gone at once. Raises Refused."""
    row = _own(side, user, "joint")
    if not agree and not reason.strip():
        raise Refused(_("请写明不参加的理由"))
    cell = None
    if not agree:
        part = _part(side, user, seed)
        cell = vault.new_cell(part, tip_uuid=row.tip_id, text=reason)
    with transaction.atomic():
        moving.lock([side.office.pk, row.tip.office_id])
        _step(row, (Answer.OPEN,), Answer.AGREED if agree else Answer.DECLINED, user)
        if cell is not None:
            _write(row, cell, Kind.DECLINE, user, side.office, "joint-declined")
            vault.leave(tip_uuid=row.tip_id, joined=row.office)
        else:
            _record("joint-agreed", row, user)


def write(*, side: Side, user: User, seed: KeySeed, text: str, result: bool = False) -> None:
    """To the other office; with `result`, the part is done. Raises Refused, Stale."""
    row = side.joint
    if not text.strip():
        raise Refused(_("请写下要告诉对方的话"))
    if not access.can(user, "note", office=side.office):
        raise Refused(_("您在本机构的角色不能做这一步"))
    if result:
        _own(side, user, "note")
    cell = vault.new_cell(_part(side, user, seed), tip_uuid=row.tip_id, text=text)
    with transaction.atomic():
        moving.lock([row.office_id, row.tip.office_id])
        if result:
            _step(row, (Answer.AGREED,), Answer.DONE, user)
        elif not Joint.objects.filter(pk=row.pk, answer__in=LIVE).exists():
            raise Refused(_("共同办理已经结束"))
        kind, event = (Kind.RESULT, "joint-done") if result else (Kind.NOTE, "joint-noted")
        _write(row, cell, kind, user, side.office, event)


def end(
    *, side: Side, user: User, seed: KeySeed, keys: sealing.TipKeys, office_seed: KeySeed, revision: int
) -> None:
    """The leading office ends the part: result into its record, the other's keys gone, talk key anew.

    Raises Stale, Refused, DirectoryBroken, Busy.
    """
    row, tip = side.joint, side.joint.tip
    if not side.leads or not access.can(user, "joint", office=tip.office_id, tip=tip):
        raise Refused(_("由牵头的机构结束共同办理"))
    said = [line for line in lines(side, user, seed) if line.row.kind != Kind.NOTE and not line.changed]
    words = "\n\n".join(f"{line.row.get_kind_display()}：{line.text}" for line in said)
    note = sealing.new_cell(
        keys,
        tip_uuid=tip.uuid,
        label="note",
        text=_("和%(office)s共同办理，已结束。") % {"office": row.office.name} + f"\n\n{words}",
    )
    for _try in range(moving.TRIES):
        built = _talk_anew(row, keys, office_seed)
        try:
            with transaction.atomic():
                _unmoved(tip, row.office, built)
                values = {"talk_generation": built.talk} if built.talk else {}
                update(tip, revision=revision, **values)
                _step(row, LIVE, Answer.ENDED, user)
                if Wrap.objects.filter(pk__in=built.replaced).delete()[0] != len(built.replaced):
                    raise intake.Moved
                Wrap.objects.bulk_create(built.wraps)
                vault.leave(tip_uuid=tip.uuid, joined=row.office)
                note.save(force_insert=True)
                Note.objects.create(tip=tip, user=user, cell=note, created_at=clock.now())
                _record("joint-ended", row, user, bytes(note.hash))
        except intake.Moved:
            continue
        return
    raise Busy


# Reading --------------------------------------------------------------------------------------------------


def lines(side: Side, user: User, seed: KeySeed) -> list[Line]:
    """What the two offices wrote to each other, oldest first. Raises NotAMember."""
    rows = list(side.joint.notes.select_related("office", "by", "cell"))
    opened = vault.open_cells(_part(side, user, seed), [row.cell for row in rows])
    return [Line(row, opened[row.cell_id].text, opened[row.cell_id].changed) for row in rows]


def read(side: Side, user: User, seed: KeySeed) -> casefile.CaseFile:
    """What the reporter said, for the joined office: no notes, no decisions, no acts. Raises NotAMember."""
    part, tip = _part(side, user, seed), side.joint.tip
    return casefile.said(tip, sealing.read_cells(part.talk, tip.uuid, READ))


# Parts ----------------------------------------------------------------------------------------------------


def _own(side: Side, user: User, action: str) -> Joint:
    """The part, if it is this person's office that was asked. Raises Refused."""
    if side.leads or not access.can(user, action, office=side.office):
        raise Refused(_("由被请的机构来答复"))
    return side.joint


def _part(side: Side, user: User, seed: KeySeed) -> vault.Part:
    """Opened by the person's office, under its newest epoch or the one before that is being left."""
    row = side.joint
    epochs = Wrap.objects.filter(subject=row.tip_id, kind=Wrap.Kind.JOINT, office=side.office)
    for epoch in sorted({number or 0 for number in epochs.values_list("epoch", flat=True)}, reverse=True):
        own = offices.open_office_seed(user, seed, side.office, epoch=epoch)
        try:
            return vault.open_part(tip_uuid=row.tip_id, number=row.number, seed=own)
        except NotAMember:
            continue
    raise NotAMember


def _talk_anew(row: Joint, keys: sealing.TipKeys, office_seed: KeySeed) -> vault.Built:
    """A new talk key for the leading office, the reporter and the other parts; nothing where it cannot be."""
    tip = row.tip
    reporter = sealing.reporter_keys(keys, tip.uuid)
    target = vault.newest(tip.office)
    if reporter is None:
        return vault.Built(epochs=[target])
    rows: Sequence[Wrap] = vault.rows_of([tip.uuid])[tip.uuid]
    mine = [w for w in rows if w.kind == Wrap.Kind.TALK and w.office_id == tip.office_id]
    own = bytes(mine[0].recipient) if mine else wraps.recipient_hash(office_seed.box_public)
    built = vault.anew(
        tip_uuid=tip.uuid,
        keys=keys,
        parts={},
        rows=rows,
        reporter=reporter.box,
        own=own,
        target=target,
        signer=office_seed,
        without=row.office,
    )
    built.epochs.append(target)
    return built


def _unmoved(tip: Tip, other: Office, built: vault.Built) -> None:
    """In the transaction: the rows of the offices locked, and every epoch still the newest; else Moved."""
    moving.lock([tip.office_id, other.pk, *(epoch.office_id for epoch in built.epochs)])
    if not Tip.objects.filter(pk=tip.pk, office=tip.office_id).exists():
        raise Stale(fresh(tip))
    if not all(sealing.epoch_unchanged(epoch.office, epoch) for epoch in built.epochs):
        raise intake.Moved


def _step(row: Joint, before: Sequence[str], then: str, user: User) -> None:
    won = Joint.objects.filter(pk=row.pk, answer__in=before).update(
        answer=then, answered_by=user, answered_at=clock.now()
    )
    if won != 1:
        raise Refused(_("这一步已经有人办过，请刷新再看"))


def _write(row: Joint, cell: Cell, kind: str, user: User, office: Office, event: str) -> None:
    cell.save(force_insert=True)
    JointNote.objects.create(joint=row, kind=kind, office=office, by=user, at=clock.now(), cell=cell)
    _record(event, row, user, bytes(cell.hash))


def _record(event: str, row: Joint, user: User, cell_hash: bytes = b"") -> None:
    ledger.record(
        kind=event,
        actor=actor(user),
        tag=bytes(row.tip.tag),
        at=clock.now(),
        details={"part": row.number, "office": str(row.office.uuid)},
        cell_hash=cell_hash,
    )
