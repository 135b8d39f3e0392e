"""What the index holds of a tip: which of its words stand where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from complaints.vault.tips import OpenCell
from search import names

LABELS = (
    "subject",
    "narrative",
    "message",
    "respondents",
    "about",
    "answers",
    "note",
    "disposal",
    "file",
    "file-text",
)
LONGEST = 200_000  # signs that are read of all that belongs to a tip; a document's text can be a book


@dataclass
class Words:
    """`title` and `body`: what the reporter said first; `low`: what came to it; `names` of those reported."""

    title: str = ""
    body: str = ""
    low: list[str] = field(default_factory=list)
    item: str = ""
    names: list[str] = field(default_factory=list)


def of(cells: Sequence[OpenCell]) -> Words:
    """The words of a tip's opened cells; changed cells are left out."""
    words = Words()
    for cell in cells:
        if not cell.changed:
            _ADD.get(cell.label, _add_text)(words, cell.text)
    return words


def facets(words: Words) -> dict[str, list[str]]:
    """The power item it is about; each respondent's name as written, and the keys of its other spellings."""
    found: dict[str, list[str]] = {"item": [words.item] if words.item else [], "named": words.names}
    for name in words.names:
        for kind, values in names.keys(name).items():
            found.setdefault(kind, []).extend(values)
    return {kind: values for kind, values in found.items() if values}


def _title(words: Words, text: str) -> None:
    words.title = text


def _body(words: Words, text: str) -> None:
    words.body = text


def _respondents(words: Words, text: str) -> None:
    for person in json.loads(text):
        words.low += _filled(person.values())
        words.names += _filled([person.get("name")])


def _about(words: Words, text: str) -> None:
    about = json.loads(text)
    words.item = about.get("code", "")
    words.low += _filled([about.get("title"), about.get("step_title"), words.item])


def _answers(words: Words, text: str) -> None:
    """What was typed or chosen for the operator's own questions."""
    words.low += _filled(row.get("answer") for row in json.loads(text).get("asked", ()))


def _file(words: Words, text: str) -> None:
    words.low += _filled([json.loads(text).get("name")])


def _disposal(words: Words, text: str) -> None:
    """What somebody wrote; codes and numbers are no words."""
    body = json.loads(text)
    words.low += _filled(body.get(key) for key in ("where", "opinion", "review", "result"))


def _add_text(words: Words, text: str) -> None:
    room = LONGEST - sum(map(len, words.low))
    words.low += _filled([text[: max(0, room)]])


def _filled(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values if value]


_ADD = {
    "subject": _title,
    "narrative": _body,
    "respondents": _respondents,
    "about": _about,
    "answers": _answers,
    "file": _file,
    "disposal": _disposal,
}
