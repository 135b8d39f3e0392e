"""Handing in a report, and writing to each other about it (VAULT: Submit).

All sealing happens in memory before the transaction, which is short: it reads office and epoch again, gives
the number, and writes tip, cells, wraps, event and outbox together or not at all.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from accounts.keys import KeySeed
from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from ledger import checkpoints, proofs
from ledger import services as ledger
from ledger.models import Event
from outbox.services import enqueue
from workdays import clock, rules

from complaints.intake import drafts, routing, text, turns
from complaints.intake.answers import Answers, BadAnswer, Identity, Respondent
from complaints.intake.models import Category, Counter, Message, Region, Tip
from complaints.intake.uploads import HandedFile, hand_over
from complaints.vault import receipts, tips
from complaints.vault.errors import Busy
from complaints.vault.models import Cell, Epoch, Office, Wrap
from complaints.vault.tips import NewCell, TipKeys

__all__ = [
    "Answers",
    "BadAnswer",
    "Identity",
    "Moved",
    "Outside",
    "Respondent",
    "Submitted",
    "acknowledgement_of",
    "add_message",
    "mark_changed",
    "next_change",
    "submit_tip",
]

TRIES = 5
FIRST_ANSWER = "ack_named"


class Outside(Exception):
    """No office here may read it; `outside` says where to go. Nothing was stored."""

    def __init__(self, outside: routing.OutsideOnly) -> None:
        super().__init__("no office here may read it")
        self.outside = outside


class Moved(Exception):
    """Office or epoch changed while the ciphertext was built: it is built again."""


@dataclass(frozen=True)
class Submitted:
    """The tip, the signed word that it came, and whether it had been sent before."""

    tip: Tip
    acknowledgement: str
    again: bool = False


@dataclass(frozen=True, repr=False)
class _Built:
    """Everything that is written, made before the transaction."""

    tip: Tip
    office: Office
    epoch: Epoch
    cells: list[Cell]
    wraps: list[Wrap]
    files: list[tuple[HandedFile, UUID]]
    event: Event


def submit_tip(
    *,
    receipt: str,
    master: receipts.Master,
    answers: Answers,
    files: Sequence[HandedFile] = (),
    draft: drafts.Open | None = None,
) -> Submitted:
    """Hand in one report. The same receipt makes one tip, however often it is sent.

    Raises BadAnswer (an answer that may not be stored), Outside (no office here may read it), Mistyped (a
    receipt nobody could type back), Busy (office or keys kept moving), DirectoryBroken, NoOffice. A `draft`
    is marked as sent in the same transaction and keeps only what the page after it shows.
    """
    receipts.parse(receipt)
    answers.check()
    sealed_draft = _sent_draft(draft) if draft else b""
    for _ in range(TRIES):
        built = _build(master=master, answers=answers, files=files)
        try:
            with turns.writing(), transaction.atomic():
                if draft is not None and not drafts.mark_sent(draft, sealed_draft):
                    raise Moved
                _store(built)
        except Moved:
            if (before := _sent_before(master)) is not None:
                return before
            if draft is not None:
                # Another tab saved it meanwhile: what is sealed here is not what the reporter sees there.
                drafts.read_unsent(draft.handle)
                raise drafts.Stale from None
            continue
        except IntegrityError:
            if (before := _sent_before(master)) is not None:
                return before
            raise
        return Submitted(built.tip, acknowledgement_of(built.tip))
    raise Busy


def _sent_draft(draft: drafts.Open) -> bytes:
    """The draft after sending: receipt and day, no answers and no keys of files."""
    left = drafts.Content(
        receipt=draft.content.receipt,
        lookup=draft.content.lookup,
        seed=draft.content.seed,
        salt_version=draft.content.salt_version,
        sent={
            "on": clock.today().isoformat(),
            "named": draft.content.fields.get("identity_mode") == "named",
        },
    )
    return drafts.seal_next(drafts.Open(draft.handle, draft.revision, left, draft.created_at, draft.sent_at))


def _sent_before(master: receipts.Master) -> Submitted | None:
    tip = Tip.objects.filter(lookup_id=master.lookup_id).first()
    return Submitted(tip, acknowledgement_of(tip), again=True) if tip else None


def _route(answers: Answers) -> Office:
    chosen = routing.office_for(
        category=answers.category,
        region=answers.region,
        organisation_code=answers.about.organisation_code if answers.about else None,
        concerns_office=answers.concerns_office,
        up=answers.up,
    )
    if isinstance(chosen, routing.OutsideOnly):
        raise Outside(chosen)
    return chosen


def _build(*, master: receipts.Master, answers: Answers, files: Sequence[HandedFile]) -> _Built:
    """Seals everything. No transaction is open."""
    office = _route(answers)
    now, today = clock.now(), clock.today()
    tip_uuid = uuid4()
    new = [NewCell("subject", answers.subject), NewCell("narrative", answers.narrative)]
    if answers.respondents:
        new.append(NewCell("respondents", _json([asdict(r) for r in answers.respondents if r])))
    if answers.about:
        new.append(NewCell("about", _json(answers.about.as_json())))
    new.append(
        NewCell(
            "answers",
            _json(
                {
                    "concerns_office": answers.concerns_office,
                    "up": answers.up,
                    "language": answers.language,
                    **({"asked": [asdict(row) for row in answers.asked]} if answers.asked else {}),
                    **answers.extra,
                }
            ),
        )
    )
    # The row keeps the day; the exact time only the office can read.
    new.append(NewCell("times", _json({"received_at": now.isoformat()})))
    new += [cell for file in files for cell in _file_cells(file, message=None)]
    sealed = tips.seal_tip(
        tip_uuid=tip_uuid,
        office=office,
        reporter=master.reporter,
        cells=new,
        identity=answers.identity.as_json() if answers.identity else None,
    )
    file_cells = [cell for cell in sealed.cells if cell.label == "file"]
    due_on, due_rule = _due(today)
    tip = Tip(
        uuid=tip_uuid,
        lookup_id=master.lookup_id,
        salt_version=master.salt_version,
        tag=secrets.token_bytes(16),
        office=office,
        epoch=sealed.epoch.number,
        category=Category.objects.get(code=answers.category),
        region=Region.objects.get(code=answers.region),
        named=answers.identity is not None,
        files=len(files),
        received_on=today,
        due_on=due_on,
        due_rule=due_rule,
    )
    return _Built(
        tip=tip,
        office=office,
        epoch=sealed.epoch,
        cells=sealed.cells,
        wraps=sealed.wraps,
        files=[(file, cell.uuid) for file, cell in zip(files, file_cells, strict=True)],
        event=ledger.build(
            kind="submitted",
            actor="reporter",
            tag=bytes(tip.tag),
            date=today,
            cell_hash=tips.cells_hash(sealed.cells),
        ),
    )


def _due(received_on: date) -> tuple[date | None, str]:
    """By when a first answer is due, and by which rule; nothing where the operator switched the rule off.

    A year whose holidays are not announced is counted by its weekends: a report is never refused for it.
    """
    try:
        return rules.deadline(FIRST_ANSWER, received_on, strict=False).due, FIRST_ANSWER
    except rules.UnknownRule:
        return None, ""


def _store(built: _Built) -> None:
    """In the transaction: office and epoch again, then everything. Raises Moved, IntegrityError."""
    tip = built.tip
    tip.change = next_change(built.office.pk)  # holds the office's row: its epoch cannot move any more
    if not tips.epoch_unchanged(built.office, built.epoch):
        raise Moved
    tip.number = _next_number(tip.received_on.year)
    tip.save(force_insert=True)
    Cell.objects.bulk_create(built.cells)
    Wrap.objects.bulk_create(built.wraps)
    for file, cell in built.files:
        hand_over(file, tip=tip.uuid, cell=cell)
    ledger.write(built.event)
    enqueue(kind="tip.received", ref=str(tip.uuid))


def _next_number(year: int) -> str:
    """The next number of the year; never reused, because it is given in the transaction that uses it."""
    if Counter.objects.filter(year=year).update(last=F("last") + 1) != 1:
        Counter.objects.get_or_create(year=year)
        Counter.objects.filter(year=year).update(last=F("last") + 1)
    return f"{year}-{Counter.objects.values_list('last', flat=True).get(year=year)}"


def next_change(office: int) -> int:
    """The office's next change number. The row stays locked to the end of the transaction."""
    if Office.objects.filter(pk=office).update(change=F("change") + 1) != 1:
        raise Moved
    return Office.objects.values_list("change", flat=True).get(pk=office)


def mark_changed(tip: Tip) -> int:
    """In the transaction of any change of a tip: its office's next change number, for the index.

    Raises Moved where the tip is no longer with that office.
    """
    change = next_change(tip.office_id)
    if Tip.objects.filter(pk=tip.pk, office_id=tip.office_id).update(change=change) != 1:
        raise Moved
    tip.change = change
    return change


def add_message(
    *,
    tip: Tip,
    keys: TipKeys,
    author: str,
    text: str,
    files: Sequence[HandedFile] = (),
    user: User | None = None,
    signer: KeySeed | None = None,
    kind: str = "",
) -> Message:
    """A message of either side, with its files, under the talk key. It may stand in a larger transaction.

    `author` is one of Message.Author. The office signs with its seed (`signer`), so that the reporter can
    tell its words from those of somebody who writes into the database. `kind` is that of its event, where it
    is more than a message. Raises BadAnswer, Moved.
    """
    _check_message(text, files)
    message = Message(uuid=uuid4(), tip=tip, author=author, user=user, sent_on=clock.today())
    cell = tips.new_cell(keys, tip_uuid=tip.uuid, label="message", text=text)
    file_cells = [
        tips.new_cell(keys, tip_uuid=tip.uuid, label=new.label, text=new.text, uuid=new.uuid)
        for file in files
        for new in _file_cells(file, message=message.uuid)
    ]
    described = [row for row in file_cells if row.label == "file"]
    by_office = author == Message.Author.OFFICE
    message.sent_at = clock.now() if by_office else None
    if signer is not None:
        message.signature = tips.sign_message(signer, cell)
    with transaction.atomic():
        mark_changed(tip)  # holds the office's row: numbers within a tip are given one after another
        cell.save(force_insert=True)
        Cell.objects.bulk_create(file_cells)
        for file, file_cell in zip(files, described, strict=True):
            hand_over(file, tip=tip.uuid, cell=file_cell.uuid)
        message.cell = cell
        message.number = (Message.objects.filter(tip=tip).aggregate(last=Max("number"))["last"] or 0) + 1
        message.save(force_insert=True)
        state = {"files": F("files") + len(files)}
        if not by_office:
            Tip.objects.filter(pk=tip.pk).update(unread=True, waiting=False, **state)
        elif files:
            Tip.objects.filter(pk=tip.pk).update(**state)
        actor = f"user:{user.pk}" if user else author
        kind = kind or ("message" if by_office else "answered")
        _record_cells(kind, actor, tip=tip, cells=[cell, *file_cells], staff=by_office)
    return message


def _check_message(words: str, files: Sequence[HandedFile]) -> None:
    if not words.strip() and not files:
        raise BadAnswer("text")
    if len(words) > text_most() or text.hides(words):
        raise BadAnswer("text")


def text_most() -> int:
    """How long a message may be."""
    return text.MESSAGE_MOST


def _record_cells(kind: str, actor: str, *, tip: Tip, cells: Sequence[Cell], staff: bool = False) -> Event:
    """One event that commits to all cells written with it; of a reporter's act only the day is kept."""
    return ledger.record(
        kind=kind,
        actor=actor,
        tag=bytes(tip.tag),
        at=clock.now() if staff else None,
        date=clock.today(),
        cell_hash=tips.cells_hash(cells),
    )


def acknowledgement_of(tip: Tip) -> str:
    """The signed note that the tip was registered on its day; the same each time."""
    return ledger.acknowledgement(Event.objects.get(tag=bytes(tip.tag), kind="submitted"))


def proof_of(tip: Tip) -> str:
    """The proof file that the report stands in the signed ledger. Raises ledger.proofs.NotYet."""
    return proofs.of(Event.objects.get(tag=bytes(tip.tag), kind="submitted"))


def next_checkpoint() -> datetime:
    """When the ledger's next head is signed: by then `proof_of` has something to give."""
    return checkpoints.next_at()


def _file_cells(file: HandedFile, *, message: UUID | None) -> list[NewCell]:
    """What describes the file and, where it has words, a cell of them, which the first one names."""
    about = file.as_json()
    words = about.pop("words")
    own = [NewCell("file-text", words)] if words else []
    about |= {"message": str(message) if message else None, "text": str(own[0].uuid) if own else None}
    return [NewCell("file", _json(about)), *own]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
