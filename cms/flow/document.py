"""A flowchart with everything that is kept of it, as plain data: what goes out as BPMN and comes in again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from cms.flow.chart import DECISION, END, START, Chart, Step, Transition


@dataclass
class StepData:
    """Fields as those of `cms.models.Step`. `foreign`: extensions ("attributes", "elements")."""

    key: str
    name: str
    kind: str = "review"
    post: str = ""
    unit: str = ""
    limit: int | None = None
    limit_unit: str = ""
    limit_note: str = ""
    standard: str = ""
    inputs: str = ""
    outputs: str = ""
    foreign: dict[str, object] = field(default_factory=dict)


@dataclass
class WayData:
    """A transition."""

    source: str
    target: str
    condition: str = ""
    returns: bool = False
    foreign: dict[str, object] = field(default_factory=dict)


@dataclass
class RiskData:
    """An integrity risk point; `step` is the key of its step, `measures` one a line."""

    step: str
    description: str
    level: str = ""
    measures: str = ""
    owner: str = ""
    likelihood: int | None = None
    severity: int | None = None
    reviewed_on: dt.date | None = None
    next_review: dt.date | None = None


@dataclass
class FlowData:
    """The whole chart."""

    title: str
    description: str = ""
    steps: list[StepData] = field(default_factory=list)
    ways: list[WayData] = field(default_factory=list)
    risks: list[RiskData] = field(default_factory=list)
    foreign: dict[str, object] = field(default_factory=dict)

    def chart(self) -> Chart:
        """As it is drawn; risks count as medium, for what is drawn here is looked at by programs."""
        drawn, number = [], 0
        for s in self.steps:
            counted = s.kind not in (START, DECISION, END)
            number += counted
            n = number if counted else None
            drawn.append(Step(s.key, s.name, s.kind, s.post, 0, n, s.post))
        ways = [Transition(w.source, w.target, w.condition, w.returns) for w in self.ways]
        return Chart(self.title, drawn, ways)
