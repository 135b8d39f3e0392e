"""A masked version of a tip, for those who may not know who spoke or who is named; the original stays.

What is masked is found by exact words (letter forms, case and spaces apart), sentences ticked in the original
among them, and by the shapes of numbers and addresses. A mask has one length whatever it hides. It is
sealed under the case key like a note: whoever may open the tip opens it, nobody else.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk import casefile
from complaints.desk.models import Redaction
from complaints.desk.services import Refused, Stale, actor, fresh
from complaints.intake import services as intake
from complaints.intake.models import Message, Tip
from complaints.vault import tips as sealing

LABEL = "redaction"
MASK = "■■■"  # in GB 2312, so that every printer has it
WORDS_MOST, WORD_MOST = 200, 500  # so many phrases, each of so many characters
# Runs of seven digits or more, as in phone, bank card and identity numbers, with what people write between;
# mail addresses and links. Which number is whose, nobody has to decide.
SHAPES = re.compile(
    r"[a-z0-9_.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+|https?://[!-~]+|"
    r"\+?\d(?:[ \-\u2010-\u2014.()（）]*\d){6,}[ \-]*[xX]?",
)

PASSAGE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]*[”’」』）)]*")
PASSAGES_MOST = 500  # that may be ticked


@dataclass(frozen=True)
class Passage:
    """A sentence of the original. `id`: 16 hex digits of its hash, the same however the others change."""

    id: str
    text: str


@dataclass(frozen=True)
class Wish:
    """What to mask, and which parts to leave out altogether."""

    words: tuple[str, ...] = ()
    numbers: bool = True
    respondents: bool = True  # whether the names of those reported stay
    messages: bool = True  # whether what was written since stays


@dataclass(frozen=True)
class Version:
    """The masked texts. `count`: masks set; `missing`: words that stand nowhere."""

    body: dict[str, Any]
    count: int
    missing: tuple[str, ...]


def phrases(text: str) -> tuple[str, ...]:
    """One phrase a line, each once. Raises Refused for too many, or one that is too long or too short."""
    found = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if len(found) > WORDS_MOST or any(len(word) > WORD_MOST for word in found):
        raise Refused(_("最多 200 行，每行最多 500 字"))
    if any(len(_letters(word)) < 2 for word in found):
        raise Refused(_("每行至少两个字，只写一个字会遮住太多"))
    return found


def passages(case: casefile.CaseFile) -> list[Passage]:
    """The sentences of subject, narrative and messages in their order, each once, for ticking."""
    said = [line.text for line in case.messages if not line.changed and isinstance(line.row, Message)]
    found: dict[str, Passage] = {}
    for text in (case.subject, case.narrative, *said):
        for sentence in PASSAGE.findall(text):
            for start in range(0, len(sentence), WORD_MOST):
                part = sentence[start : start + WORD_MOST].strip()
                if len(_letters(part)) > 1:
                    key = hashlib.sha256(part.encode()).hexdigest()[:16]
                    found.setdefault(key, Passage(key, part))
    return list(found.values())


def ticked(found: Sequence[Passage], ids: Sequence[str]) -> tuple[str, ...]:
    """The texts of these. One that is no more is passed over. Raises Refused for too many."""
    wanted = set(ids)
    if len(wanted) > PASSAGES_MOST:
        raise Refused(_("最多勾选 500 句"))
    return tuple(passage.text for passage in found if passage.id in wanted)


def make(case: casefile.CaseFile, wish: Wish) -> Version:
    """The masked version of an opened tip; nothing is stored."""
    mask = _Mask(wish)
    body: dict[str, Any] = {"subject": mask(case.subject), "narrative": mask(case.narrative)}
    if wish.respondents:
        body["respondents"] = [mask(person) for person in case.respondents]
    if wish.messages:
        body["messages"] = [
            {"author": line.row.author, "on": line.row.sent_on.isoformat(), "text": mask(line.text)}
            for line in case.messages
            if not line.changed and isinstance(line.row, Message)
        ]
    return Version(body, mask.count, tuple(word for word in wish.words if word not in mask.met))


def keep(*, tip: Tip, user: User, keys: sealing.TipKeys, version: Version) -> Redaction:
    """Seal it beside the original, with its event. Raises PermissionDenied, Stale."""
    access.require(user, "redact", tip=tip)
    now = clock.now()
    cell = sealing.new_cell(
        keys, tip_uuid=tip.uuid, label=LABEL, text=json.dumps(version.body, ensure_ascii=False)
    )
    with transaction.atomic():
        cell.save(force_insert=True)
        row = Redaction.objects.create(tip=tip, cell=cell, by=user, at=now)
        ledger.record(
            kind="redacted", actor=actor(user), tag=bytes(tip.tag), at=now, cell_hash=bytes(cell.hash)
        )
        try:
            intake.mark_changed(tip)
        except intake.Moved as error:  # to another office, while this was looked at
            raise Stale(fresh(tip)) from error
    return row


def of(tip: Tip) -> list[Redaction]:
    """The kept versions, newest first."""
    return list(Redaction.objects.filter(tip=tip).select_related("by"))


def read(tip: Tip, pk: UUID, cells: Sequence[sealing.OpenCell]) -> tuple[Redaction, dict[str, Any]] | None:
    """A kept version and its texts; None for another tip's, or one whose cell does not open as sealed."""
    row = Redaction.objects.filter(tip=tip, pk=pk).select_related("by").first()
    cell = next((c for c in cells if row is not None and c.uuid == row.cell_id and not c.changed), None)
    return (row, json.loads(cell.text)) if row is not None and cell is not None else None


# Parts --------------------------------------------------------------------------------------------------


class _Mask:
    """Masks texts one after the other; counts, and remembers which words it met."""

    def __init__(self, wish: Wish) -> None:
        self.count, self.met = 0, set[str]()
        longest = sorted(wish.words, key=lambda word: -len(word))
        self._words = [(word, _pattern(word)) for word in longest]
        self._numbers = wish.numbers

    def __call__(self, text: str) -> str:
        spans = [
            (match.start(), match.end(), word)
            for word, pattern in self._words
            for match in pattern.finditer(_folded(text))
        ]
        self.met |= {word for _start, _end, word in spans}
        if self._numbers:
            spans += [(match.start(), match.end(), "") for match in SHAPES.finditer(_folded(text))]
        return self._without(text, sorted((start, end) for start, end, _word in spans))

    def _without(self, text: str, spans: list[tuple[int, int]]) -> str:
        parts, at = [], 0
        for start, end in spans:
            if start >= at:  # touching masks stay two: how many words were there is no secret
                parts += [text[at:start], MASK]
                self.count += 1
            at = max(at, end)
        return "".join([*parts, text[at:]])


def _folded(text: str) -> str:
    """One letter for one letter, so that places stay the same: full-width and capital forms made plain."""
    folded = (unicodedata.normalize("NFKC", letter).casefold() for letter in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, folded, strict=True))


def _letters(word: str) -> str:
    return "".join(_folded(word).split())


def _pattern(word: str) -> re.Pattern[str]:
    """The word with any space between its letters, as a break of a line would bring in."""
    return re.compile(r"\s*".join(re.escape(letter) for letter in _letters(word)))
