"""One tip, opened: what its cells say, side by side with its clear columns and its events."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from ledger.models import Event

from complaints.desk import transitions
from complaints.desk.models import Note
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
    changed: list[str] = field(default_factory=list)


def language_of(cells: list[OpenCell]) -> str:
    """The language in which the reporter filled in the form."""
    for cell in cells:
        if cell.label == "answers" and not cell.changed and json.loads(cell.text).get("language") == "en":
            return "en"
    return "zh-hans"


def read(tip: Tip, cells: list[OpenCell]) -> CaseFile:
    """Sort the opened cells to where they belong. A changed cell is named, its text never shown."""
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
        elif cell.label == "disposal":
            case.decisions.append(decision_lines(json.loads(cell.text)))
    case.files = files(tip, cells)
    messages = list(Message.objects.filter(tip=tip).select_related("user"))
    case.messages = [_line(m, texts.get(m.cell_id), m.user) for m in messages]
    notes = list(Note.objects.filter(tip=tip).select_related("user"))
    case.notes = [_line(n, texts.get(n.cell_id), n.user) for n in notes]
    return case


def _line(row: Message | Note, cell: OpenCell | None, user: User | None) -> Line:
    changed = cell is None or cell.changed
    return Line(row, "" if cell is None or changed else cell.text, changed, user.name if user else "")


def files(tip: Tip, cells: list[OpenCell]) -> list[File]:
    """The tip's attachments, named by their cells."""
    described = {c.uuid: json.loads(c.text) for c in cells if c.label == "file" and not c.changed}
    rows = SealedFile.objects.filter(tip=tip.uuid, cell__in=list(described)).order_by("created_on", "uuid")
    return [
        File(row.uuid, d.get("name", ""), int(d.get("size", 0)), d.get("type", ""))
        for row in rows
        if row.cell and (d := described.get(row.cell)) is not None
    ]


def decision_lines(body: dict[str, str]) -> list[tuple[str, str]]:
    """A decision's fields in words, for the internal record."""
    lines = []
    if reason := transitions.REASONS.get(body.get("reason", "")):
        lines.append((_("不予受理的理由"), str(reason)))
    if disposal := transitions.DISPOSALS.get(body.get("disposal", "")):
        lines.append((_("处置方式"), str(disposal[0])))
    if body.get("where"):
        lines.append((_("可以向哪里反映"), body["where"]))
    if body.get("result"):
        lines.append((_("办理结果"), body["result"]))
    return lines


def events_of(tip: Tip) -> list[Event]:
    """The tip's events, oldest first. What a reporter did has no time and stands first on its day."""
    events = Event.objects.filter(tag=bytes(tip.tag))
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(events, key=lambda e: (e.date, e.at or first, e.position or 0))


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
    if event.kind == "assigned":
        return _("分给 %(name)s") % {"name": names.get(event.details["to"], "")}
    return str(KINDS.get(event.kind, event.kind))


def index_text(cells: Sequence[OpenCell]) -> tuple[str, str, str]:
    """(title, body, code of the power item) of a tip for its index; changed cells are left out."""
    title, item = "", ""
    body: list[str] = []
    for cell in cells:
        if cell.changed:
            continue
        if cell.label == "subject":
            title = cell.text
        elif cell.label == "respondents":
            body += [part for person in json.loads(cell.text) for part in person.values() if part]
        elif cell.label == "about":
            about = json.loads(cell.text)
            item = about.get("code", "")
            body += [part for part in (about.get("title"), about.get("step_title"), item) if part]
        else:
            body.append(cell.text)
    return title, "\n".join(body), item
