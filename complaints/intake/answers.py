"""A report's answers, whole: what views, importers and the demo hand to submit_tip."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from complaints.intake import text
from complaints.intake.about import About


class BadAnswer(ValueError):
    """An answer that may not be stored; `field` names it, never its content."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the answer {field} may not be stored as it is")
        self.field = field


@dataclass(frozen=True)
class Respondent:
    """A person or body complained of; any part may be empty."""

    name: str = ""
    unit: str = ""
    post: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.unit or self.post)


@dataclass(frozen=True)
class Asked:
    """A question of the operator's own with its answer, in the words that the reporter saw."""

    code: str
    question: str
    answer: str


@dataclass(frozen=True)
class Identity:
    """A real name (or unit) and a way to reach it."""

    name: str
    phone: str

    def as_json(self) -> str:
        """The text that is sealed apart."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True)
class Answers:
    """Category and region by code. `up` counts how often "not this one" was pressed."""

    category: str
    region: str
    subject: str
    narrative: str
    respondents: tuple[Respondent, ...] = ()
    about: About | None = None
    concerns_office: bool = False
    up: int = 0
    identity: Identity | None = None
    language: str = "zh-hans"
    asked: tuple[Asked, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raises BadAnswer for the first answer that is empty, too long or hides something."""
        for name, value, most in (
            ("subject", self.subject, text.SUBJECT_MOST),
            ("narrative", self.narrative, text.NARRATIVE_MOST),
        ):
            if not value.strip() or len(value) > most or text.hides(value):
                raise BadAnswer(name)
        lines = [("respondents", part) for r in self.respondents for part in (r.name, r.unit, r.post)]
        if self.identity:
            lines += [("name", self.identity.name), ("phone", self.identity.phone)]
            if not self.identity.name.strip() or not self.identity.phone.strip():
                raise BadAnswer("identity")
        for name, value in lines:
            if len(value) > text.LINE_MOST or text.hides(value):
                raise BadAnswer(name)
        for row in self.asked:
            if len(row.answer) > text.ANSWER_MOST or text.hides(row.answer):
                raise BadAnswer(row.code)
        for key, value in self.extra.items():
            if len(value) > text.NARRATIVE_MOST or text.hides(value):
                raise BadAnswer(key)
