"""One tip, opened: what its cells say, side by side with its clear columns and its events."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from ledger.models import Event

from complaints.desk import copies, services, transitions
from complaints.desk.models import Note, Proposal
from complaints.intake.models import Message, State, Tip
from complaints.vault.models import SealedFile
from complaints.vault.tips import OpenCell

# What each kind of event is called on the timeline; others show their kind.
KINDS = {
    "submitted": gettext_lazy("收到"),
    "opened": gettext_lazy("打开查看"),
    "claimed": pgettext_lazy("event", "领取"),
    "released": pgettext_lazy("event", "交回分办"),
    "assigned": gettext_lazy("分给办理人"),
    "message": pgettext_lazy("event", "写给举报人"),
    "answered": gettext_lazy("举报人来信"),
    "noted": pgettext_lazy("event", "内部记录"),
    "feedback": gettext_lazy("已向举报人当面反馈"),
    "proposed": gettext_lazy("提出意见，等另一人批准"),
    "agreed": pgettext_lazy("event", "批准"),
    "declined": pgettext_lazy("event", "未批准"),
    "held": gettext_lazy("保全"),
    "transferred": gettext_lazy("转给另一机构"),
    "returned": gettext_lazy("退回转来的机构"),
    "joint-asked": gettext_lazy("请另一机构共同办理"),
    "joint-agreed": gettext_lazy("对方同意共同办理"),
    "joint-declined": gettext_lazy("对方不参加共同办理"),
    "joint-noted": gettext_lazy("共同办理的往来"),
    "joint-done": gettext_lazy("共同办理的机构交来结果"),
    "joint-ended": gettext_lazy("结束共同办理"),
    "identity-half": gettext_lazy("移交半把身份钥匙"),
    "identity-asked": gettext_lazy("申请打开举报人身份"),
    "identity-agreed": gettext_lazy("同意打开举报人身份"),
    "identity-declined": gettext_lazy("不同意打开举报人身份"),
    "identity-lapsed": gettext_lazy("打开身份的申请过期"),
    "labelled": gettext_lazy("改标签"),
    "priority": gettext_lazy("改轻重缓急"),
    "linked": gettext_lazy("和另一件连在一起"),
    "unlinked": gettext_lazy("取消和另一件的连接"),
    "paused": gettext_lazy("期限停止计算"),
    "resumed": gettext_lazy("期限继续计算"),
    "recomputed": gettext_lazy("期限重新推算"),
    "copied": gettext_lazy("做材料的查看件"),
    "downloaded": gettext_lazy("下载材料"),
    "exported": gettext_lazy("导出案卷"),
    "redacted": gettext_lazy("制作遮盖本"),
    "asked-above": gettext_lazy("举报人请上一级过问"),
    "looked-above": gettext_lazy("上一级已经过问"),
    "identity-opened": gettext_lazy("看过举报人身份"),
}


@dataclass(frozen=True)
class Moment:
    """One line of the timeline. `at` is None for what a reporter did: only the day is kept."""

    date: dt.date
    at: dt.datetime | None
    words: str
    who: str
    position: int | None


@dataclass(frozen=True)
class Line:
    """A message or note with its text. `changed`: the cell is not the one that its event recorded."""

    row: Message | Note
    text: str
    changed: bool
    who: str


@dataclass(frozen=True)
class File:
    """An attachment: the name and type that its cell gives, the size without padding."""

    pk: uuid.UUID
    name: str
    size: int
    type: str
    copy: copies.Copy | None = None


@dataclass
class CaseFile:
    """All that the tip page shows of the content."""

    subject: str = ""
    narrative: str = ""
    respondents: list[str] = field(default_factory=list)  # one line each: name, unit, post
    about: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    messages: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    decisions: list[list[tuple[str, str]]] = field(default_factory=list)
    proposals: list[tuple[Proposal, list[tuple[str, str]]]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def language_of(cells: list[OpenCell]) -> str:
    """The language in which the reporter filled in the form."""
    for cell in cells:
        if cell.label == "answers" and not cell.changed and json.loads(cell.text).get("language") == "en":
            return "en"
    return "zh-hans"


def read(tip: Tip, cells: list[OpenCell]) -> CaseFile:
    """Sort the opened cells to where they belong. A changed cell is named, its text never shown."""
    case = said(tip, cells)
    proposals = list(Proposal.objects.filter(tip=tip).select_related("by", "answered_by"))
    proposed = {row.cell_id for row in proposals}
    texts = {cell.uuid: cell for cell in cells}
    case.decisions = [
        decision_lines(json.loads(cell.text))
        for cell in cells
        if cell.label == "disposal" and not cell.changed and cell.uuid not in proposed
    ]
    case.proposals = [(row, _proposed(texts.get(row.cell_id))) for row in proposals]
    notes = list(Note.objects.filter(tip=tip).select_related("user"))
    case.notes = [_line(n, texts.get(n.cell_id), n.user) for n in notes]
    return case


def said(tip: Tip, cells: list[OpenCell]) -> CaseFile:
    """Of the case only what was said between reporter and office, with the attachments."""
    case = CaseFile()
    texts = {cell.uuid: cell for cell in cells}
    for cell in cells:
        if cell.changed:
            case.changed.append(cell.label)
        elif cell.label in ("subject", "narrative"):
            setattr(case, cell.label, cell.text)
        elif cell.label == "respondents":
            people = json.loads(cell.text)
            case.respondents = [_("，").join(part for part in person.values() if part) for person in people]
        elif cell.label in ("about", "answers"):
            setattr(case, cell.label, json.loads(cell.text))
    case.files = files(tip, cells)
    messages = list(Message.objects.filter(tip=tip).select_related("user"))
    case.messages = [_line(m, texts.get(m.cell_id), m.user) for m in messages]
    return case


def _line(row: Message | Note, cell: OpenCell | None, user: User | None) -> Line:
    changed = cell is None or cell.changed
    return Line(row, "" if cell is None or changed else cell.text, changed, user.name if user else "")


def files(tip: Tip, cells: list[OpenCell]) -> list[File]:
    """The tip's attachments, named by their cells."""
    described = {c.uuid: json.loads(c.text) for c in cells if c.label == "file" and not c.changed}
    made = copies.read(cells)
    rows = SealedFile.objects.filter(tip=tip.uuid, cell__in=list(described)).order_by("created_on", "uuid")
    return [
        File(row.uuid, d.get("name", ""), int(d.get("size", 0)), d.get("type", ""), made.get(row.uuid))
        for row in rows
        if row.cell and (d := described.get(row.cell)) is not None
    ]


def decision_lines(body: dict[str, str]) -> list[tuple[str, str]]:
    """A decision's fields in words, for the internal record."""
    lines = []
    if body.get("kind") == "hold":
        lines.append((_("保全"), ""))
    if reason := transitions.REASONS.get(body.get("reason", "")):
        lines.append((_("不予受理的理由"), str(reason)))
    if disposal := transitions.DISPOSALS.get(body.get("disposal", "")):
        lines.append((_("处置方式"), str(disposal[0])))
    if body.get("where"):
        lines.append((_("可以向哪里反映"), body["where"]))
    if body.get("opinion"):
        lines.append((_("意见和理由"), body["opinion"]))
    if body.get("review"):
        lines.append((_("集体研究情况"), body["review"]))
    if body.get("result"):
        lines.append((_("办理结果"), body["result"]))
    return lines


def _proposed(cell: OpenCell | None) -> list[tuple[str, str]]:
    """What a proposal says; nothing where its cell does not open or was changed."""
    if cell is None or cell.changed:
        return []
    body = json.loads(cell.text)
    return decision_lines({**body, "disposal": body.get("choice", "")})


def events_of(tip: Tip) -> list[Event]:
    """The tip's events, oldest first. What a reporter did has no time and stands first on its day."""
    events = Event.objects.filter(tag=bytes(tip.tag))
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(events, key=lambda e: (e.date, e.at or first, e.position or 0))


def recent(events: list[Event]) -> list[Event]:
    """The last acts of staff, newest first: among them what a stale form did not know of."""
    return [e for e in reversed(events) if e.at is not None and e.kind not in services.LOOKING][:3]


def changes(tip: Tip) -> list[Moment]:
    """The same in words, for the page that tells who was faster."""
    return timeline(recent(events_of(tip)))


def timeline(events: list[Event]) -> list[Moment]:
    """The events in words, with names (one query)."""
    ids = {int(e.actor[5:]) for e in events if e.actor.startswith("user:")}
    ids |= {int(e.details["to"][5:]) for e in events if e.kind == "assigned"}
    names = {f"user:{u.pk}": u.name for u in User.objects.filter(pk__in=ids)}
    return [Moment(e.date, e.at, _words(e, names), names.get(e.actor, ""), e.position) for e in events]


def _words(event: Event, names: dict[str, str]) -> str:
    if event.kind == "message" and event.actor == "reporter":
        return _("举报人来信")
    if event.kind == "state":
        return str(State(event.details["to"]).label)
    if event.kind == "recomputed":
        days = {"before": event.details["from"], "then": event.details["to"]}
        return _("放假安排有变，期限由 %(before)s 改为 %(then)s") % days
    if event.kind == "assigned":
        return _("分给 %(name)s") % {"name": names.get(event.details["to"], "")}
    return str(KINDS.get(event.kind, event.kind))
