"""From a flowchart's rows to the plain chart that is drawn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext, ngettext, override

from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.grades import Grade, Scale
from cms.models import Flowchart
from cms.models import RiskPoint as RiskRow
from cms.models import Step as StepRow
from cms.models import Transition as TransitionRow


@dataclass(frozen=True)
class Risk:
    """A risk point as the list shows it; `level` 1 to 3, 0 where it is not on the scale; when it is due."""

    row: RiskRow
    grade: Grade
    due: dt.date | None = None

    @property
    def level(self) -> int:
        return self.grade.look


@dataclass(frozen=True)
class ListedStep:
    """A step with all that the list says of it. `onward`: (condition, name of the next step, is a return)."""

    row: StepRow
    limit: str
    risks: list[Risk] = field(default_factory=list)
    onward: list[tuple[str, str, bool]] = field(default_factory=list)


def limit_text(value: int | None, unit: str, note: str = "") -> str:
    """A limit in words: "3 个工作日"; the note alone where there is no number."""
    if value is None:
        return note
    words = {
        "workday": ngettext("%(n)d 个工作日", "%(n)d 个工作日", value),
        "day": ngettext("%(n)d 日", "%(n)d 日", value),
        "month": ngettext("%(n)d 个月", "%(n)d 个月", value),
    }
    return words.get(unit or "day", words["day"]) % {"n": value}


def listed_steps(flowchart: Flowchart) -> list[ListedStep]:
    """The steps in order, with risks and ways on: three lists read once each."""
    steps = list(flowchart.steps.all())
    names = {s.key: s.name for s in steps}
    risks: dict[str, list[Risk]] = {}
    rows = list(flowchart.risk_points.all())
    scale = Scale() if rows else None
    for row in rows:
        if scale:
            risks.setdefault(row.step_key, []).append(Risk(row, scale.of(row), scale.due(row)))
    ways: dict[str, list[tuple[str, str, bool]]] = {}
    for t in flowchart.transitions.all():
        if t.to_key in names:
            ways.setdefault(t.from_key, []).append((t.condition, names[t.to_key], t.is_return))
    return [
        ListedStep(
            s, limit_text(s.limit, s.limit_unit, s.limit_note), risks.get(s.key, []), _told(ways, s.key)
        )
        for s in steps
    ]


def _told(ways: dict[str, list[tuple[str, str, bool]]], key: str) -> list[tuple[str, str, bool]]:
    """Only what the order of the list does not say already: choices and ways back."""
    on = ways.get(key, [])
    return on if len(on) > 1 or any(back or condition for condition, _, back in on) else []


def chart_of(flowchart: Flowchart, steps: list[ListedStep] | None = None, prefix: str | None = None) -> Chart:
    """The chart as the drawing takes it. What is done is numbered in the order of the list.

    `prefix`: that of the list's ids on the same page, which badges then lead to; None draws no links."""
    listed = listed_steps(flowchart) if steps is None else steps
    drawn, number = [], 0
    for s in listed:
        row = s.row
        worst = max(s.risks, key=lambda r: r.level, default=None)
        link = f"#{prefix}risk-{row.key}-{s.risks.index(worst) + 1}" if worst and prefix is not None else ""
        counted = row.kind not in (START, DECISION, END)
        number += counted
        with override(flowchart.language):  # a box holds one language
            limit = limit_text(row.limit, row.limit_unit, row.limit_note)
            under = gettext("，").join(x for x in (row.post, limit) if x)
        drawn.append(
            Step(
                row.key, row.name, row.kind, under, worst.level if worst else 0, number if counted else None,
                row.post, limit, worst.grade.badge if worst else "", link,
            )
        )  # fmt: skip
    ways = [_transition(t) for t in flowchart.transitions.all()]
    return Chart(flowchart.title, drawn, ways)


def _transition(row: TransitionRow) -> Transition:
    return Transition(row.from_key, row.to_key, row.condition, row.is_return)
