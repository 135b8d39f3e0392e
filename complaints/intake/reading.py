"""What the return page shows: one tip, opened with its receipt.

A text is shown only if its cell opens, and if the event that was written with it still commits to it; else
the page says that it was changed. The office's messages also carry its signature.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import formats
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from ledger.models import Event
from workdays import clock

from complaints.intake.models import Message, State, Tip
from complaints.intake.uploads import readable
from complaints.vault import tips
from complaints.vault.models import Cell, Office
from complaints.vault.tips import OpenCell, TipKeys

# Written at submit, once; a cell with one of these labels belongs to that event.
AT_SUBMIT = {"subject", "narrative", "respondents", "about", "answers", "reporter-keys", "times", "identity"}
RUNNING = {State.SUBMITTED, State.SCREENING, State.ACCEPTED, State.DISPOSING}


@dataclass(frozen=True)
class File:
    """A file of either side."""

    uuid: str
    key: str
    name: str
    type: str
    size: int
    sha256: str
    strip: bool
    message: str | None
    cell: UUID  # the row that says all this
    text: UUID | None  # the row of its words, where it has any

    @property
    def readable(self) -> str:
        """Its size in words."""
        return readable(self.size)


@dataclass(frozen=True)
class Said:
    """A message. `changed`: it is not what was sent, and is not shown."""

    row: Message
    text: str
    changed: bool
    files: list[File]
    new: bool

    @property
    def mine(self) -> bool:
        """Is it the reporter's own?"""
        return self.row.author == Message.Author.REPORTER

    @property
    def unread(self) -> bool:
        """Can it still be taken back?"""
        return self.mine and self.row.read_on is None


@dataclass(frozen=True)
class Line:
    """One line of the timeline; `css` is done, now or next."""

    css: str
    on: dt.date | None
    title: str
    text: str = ""


@dataclass
class View:
    """Everything on the page."""

    tip: Tip
    state: str
    words: list[str] = field(default_factory=list)
    late: str = ""
    lines: list[Line] = field(default_factory=list)
    messages: list[Said] = field(default_factory=list)
    subject: str = ""
    narrative: str = ""
    files: list[File] = field(default_factory=list)
    changed: bool = False
    opened_identity: list[dt.date] = field(default_factory=list)


def read(*, tip: Tip, keys: TipKeys) -> View:
    """Opens everything that the receipt opens. Marks nothing as read."""
    opened = {cell.uuid: cell for cell in tips.read_cells(keys, tip.uuid)}
    rows = list(Cell.objects.filter(tip=tip.uuid).defer("sealed"))
    events = _events(tip)
    committed = {bytes(event.cell_hash) for event in events if event.cell_hash}
    files = _files(opened.values())
    messages = list(Message.objects.filter(tip=tip).select_related("cell"))
    view = View(tip=tip, state=str(State(tip.state).label))
    at_submit = [row for row in rows if _belongs(row, files, None)]
    view.changed = tips.cells_hash(at_submit) not in committed or any(
        opened[row.uuid].changed for row in at_submit if row.uuid in opened
    )
    if not view.changed:
        view.subject = _text(opened.values(), "subject")
        view.narrative = _text(opened.values(), "narrative")
        view.files = [file for file in files.values() if file.message is None]
    signed = _signed(tip, messages)
    for message in messages:
        own = [row for row in rows if row.uuid == message.cell_id or _belongs(row, files, message.uuid)]
        cell = opened.get(message.cell_id)
        changed = (
            cell is None
            or cell.changed
            or tips.cells_hash(own) not in committed
            or (message.author == Message.Author.OFFICE and message.uuid not in signed)
        )
        view.messages.append(
            Said(
                row=message,
                text="" if cell is None or changed else cell.text,
                changed=changed,
                files=[] if changed else [f for f in files.values() if f.message == str(message.uuid)],
                new=message.author == Message.Author.OFFICE and message.read_on is None,
            )
        )
    view.opened_identity = [event.date for event in events if event.kind == "identity-opened"]
    view.words, view.late = _what_next(tip)
    view.lines = _timeline(tip, events)
    return view


def mark_read(tip: Tip) -> None:
    """The reporter has seen the office's messages; the office sees the day."""
    unread = Message.objects.filter(tip=tip, author=Message.Author.OFFICE, read_on=None)
    if unread.exists():
        unread.update(read_on=clock.today())


def file_of(*, tip: Tip, keys: TipKeys, pk: UUID) -> File | None:
    """A file of this tip."""
    return _files(tips.read_cells(keys, tip.uuid, ["file"])).get(str(pk))


def _events(tip: Tip) -> list[Event]:
    """Oldest first; what a reporter did has no time and stands first on its day."""
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    events = Event.objects.filter(tag=bytes(tip.tag))
    return sorted(events, key=lambda event: (event.date, event.at or first, event.position or 0))


def _files(opened: Iterable[OpenCell]) -> dict[str, File]:
    """uuid → file, of the file cells that open."""
    found: dict[str, File] = {}
    for cell in opened:
        if cell.label == "file" and not cell.changed:
            body = json.loads(cell.text)
            known = {name: body[name] for name in File.__dataclass_fields__ if name not in ("cell", "text")}
            words = body.get("text")
            found[body["uuid"]] = File(cell=cell.uuid, text=UUID(words) if words else None, **known)
    return found


def _belongs(row: Cell, files: dict[str, File], message: UUID | None) -> bool:
    """Was this cell written with the message, or (None) at submit?"""
    if row.label in ("file", "file-text"):
        wanted = str(message) if message else None
        return any(row.uuid in (f.cell, f.text) and f.message == wanted for f in files.values())
    return message is None and row.label in AT_SUBMIT and row.generation == 1


def _signed(tip: Tip, messages: Sequence[Message]) -> set[UUID]:
    """The office messages whose signature holds: of the office now, else of one it was with before."""
    left = [m for m in messages if m.author == Message.Author.OFFICE]
    good: set[UUID] = set()
    for office in [tip.office, *Office.objects.exclude(pk=tip.office_id)]:
        if not left:
            break
        holds = tips.are_from_office(office, [(m.cell, bytes(m.signature)) for m in left])
        good |= {m.uuid for m, ok in zip(left, holds, strict=True) if ok}
        left = [m for m, ok in zip(left, holds, strict=True) if not ok]
    return good


def _text(cells: Iterable[OpenCell], label: str) -> str:
    return next((cell.text for cell in cells if cell.label == label and not cell.changed), "")


PROMISES = {
    "ack_named": gettext_lazy("告诉您是否受理"),
    "disposal_opinion": gettext_lazy("提出处置意见"),
    "talk_inquiry": gettext_lazy("谈话函询完毕"),
    "initial_check": gettext_lazy("初步核实完毕"),
    "feedback_named": gettext_lazy("告诉您办理结果"),
}


def promised(tip: Tip) -> str:
    """What is owed to this reporter by the running deadline, in words; "" where nothing is.

    The limits of first answer and feedback are owed to named reporters only.
    """
    owed = tip.named or tip.due_rule not in ("ack_named", "feedback_named")
    runs = tip.due_on and owed and (tip.state in RUNNING or tip.due_rule == "feedback_named")
    return str(PROMISES.get(tip.due_rule, "")) if runs else ""


def is_late(tip: Tip) -> bool:
    """Whether the day by which something was owed to this reporter has passed."""
    return bool(promised(tip) and tip.due_on and tip.due_on < clock.today())


def _what_next(tip: Tip) -> tuple[list[str], str]:
    """(sentences on where it stands, sentence on being late)."""
    words = {
        State.SUBMITTED: _("我们收到了您的举报，还没有开始审核。"),
        State.SCREENING: _("我们正在看您反映的情况，决定是否受理。"),
        State.ACCEPTED: _("已经受理，正在决定怎样处置。"),
        State.REFUSED: _("这件事不在这里受理。理由和可以去的地方，写在下面的消息里。"),
        State.MOVED: _("已经转送有权办理的机关，见下面的消息。"),
        State.DISPOSING: _("我们正在核实您反映的情况。"),
        State.CLOSED: _("已办结。结果写在下面的消息里。"),
        State.REPEAT: _("这件事以前有人反映过，已经登记，与之前的一并办理。"),
    }
    sentences = [words[State(tip.state)]]
    late = ""
    if (promise := promised(tip)) and tip.due_on:
        values = {"date": _spoken(tip.due_on), "promise": promise}
        if is_late(tip):
            late = (
                _("按规定，%(date)s前要%(promise)s，我们没有做到。工作台上已经标为红色预警。您不用做什么。")
                % values
            )
        else:
            sentences.append(_("%(date)s前%(promise)s。") % values)
    if tip.waiting:
        sentences.append(_("承办机构有问题想问您，见下面的消息。不方便回答也没关系。"))
    elif not tip.named and tip.state in RUNNING:
        sentences.append(_("有消息会留在这一页，请每一两周来看一次。"))
    return sentences, late


def _spoken(day: dt.date) -> str:
    """A date inside a sentence."""
    if (get_language() or "").startswith("en"):
        return formats.date_format(day, "j F Y")
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _timeline(tip: Tip, events: Sequence[Event]) -> list[Line]:
    """What the reporter may know of: not who opened or claimed it."""
    lines: list[Line] = []
    for event in events:
        title = _title(event)
        if title and (not lines or (lines[-1].on, lines[-1].title) != (event.date, title)):
            lines.append(Line("done", event.date, title))
    if lines and tip.state in RUNNING:
        lines[-1] = Line("now", lines[-1].on, lines[-1].title)
        lines.append(Line("next", None, _next_title(tip)))
    return lines


def _title(event: Event) -> str:
    if event.kind == "state":
        return str(State(event.details["to"]).label)
    names: dict[str, Any] = {
        "submitted": _("收到举报"),
        "message": _("承办机构给您留言"),
        "answered": _("您补充了情况"),
        "feedback": _("向您反馈了结果"),
        "transferred": _("转给另一机构办理"),
        "returned": _("由收到的机构退回"),
        "objected": _("您提出了异议"),
        "withdrawn": _("您撤回了一条消息"),
        "rated": _("您作了评价"),
        "receipt-changed": _("您换了查询码"),
        "asked-above": _("您请上一级过问"),
        "looked-above": _("上一级已经过问"),
    }
    return str(names.get(event.kind, ""))


def _next_title(tip: Tip) -> str:
    return {
        State.SUBMITTED: _("审核，决定是否受理"),
        State.SCREENING: _("决定是否受理"),
        State.ACCEPTED: _("处置"),
        State.DISPOSING: _("办结，告知结果"),
    }[State(tip.state)]
