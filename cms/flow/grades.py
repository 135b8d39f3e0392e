"""The site's scale of integrity risks: which level a risk point has, how it looks, when it is reviewed."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext

from cms.models import RiskGrade, RiskPoint


@dataclass(frozen=True)
class Grade:
    """A level of the scale. `look` 1 to 3: how many triangles; 0 where a risk point's level is not on it."""

    code: str
    name: str
    look: int
    months: int = 12

    @property
    def word(self) -> str:
        """On a chip: 风险高."""
        return gettext("风险%(level)s") % {"level": self.name}

    @property
    def badge(self) -> str:
        """On a drawing's badge: 风险 高."""
        return gettext("风险 %(level)s") % {"level": self.name}


class Scale:
    """The levels in their order, read once; `of` finds a risk point's."""

    def __init__(self) -> None:
        self.rows = list(RiskGrade.objects.all())
        self.grades = {row.code: Grade(row.code, row.label, row.look, row.review_months) for row in self.rows}
        scored = [row for row in self.rows if row.from_score]
        self.scored = sorted(scored, key=lambda row: -(row.from_score or 0))

    def of(self, risk: RiskPoint) -> Grade:
        """By its level; where it states none, by likelihood × severity; else a grade without look."""
        return self.named(self.code_of(risk.level, risk.score))

    def code_of(self, level: str, score: int | None) -> str:
        """The code of the level, or of the highest level whose least score is reached; else ""."""
        if level or score is None:
            return level
        return next((row.code for row in self.scored if (row.from_score or 0) <= score), "")

    def named(self, code: str) -> Grade:
        return self.grades.get(code) or Grade(code, code or gettext("未定级"), 0)

    def due(self, risk: RiskPoint) -> dt.date | None:
        """When it is to be reviewed next: as stated, or so many months after the last review."""
        stated, last = risk.next_review, risk.reviewed_on
        if stated and (last is None or stated > last):
            return stated
        return months_after(last, self.of(risk).months) if last else None


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
