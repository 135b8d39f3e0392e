"""A flowchart as plain data: what the drawing, the list and the exchange formats share."""

from __future__ import annotations

from dataclasses import dataclass, field

START, DECISION, END = "start", "decision", "end"


@dataclass(frozen=True)
class Step:
    """One step (环节). `risk`: 0 none, 1 low, 2 medium, 3 high. `number` counts what is done, from 1."""

    key: str
    name: str
    kind: str = "review"
    under: str = ""  # post and limit, as one short line
    risk: int = 0
    number: int | None = None
    post: str = ""  # whose lane it stands in
    limit: str = ""
    risk_word: str = ""  # on the badge
    risk_link: str = ""  # where the badge leads: the measures in the list

    @property
    def badge(self) -> str:
        """The words on the badge."""
        return self.risk_word or {1: "风险 低", 2: "风险 中", 3: "风险 高"}.get(self.risk, "")


@dataclass(frozen=True)
class Transition:
    """The way from one step to another; `returns` marks a way back."""

    source: str
    target: str
    condition: str = ""
    returns: bool = False


@dataclass(frozen=True)
class Chart:
    title: str
    steps: list[Step]
    transitions: list[Transition] = field(default_factory=list)

    def forward(self) -> list[Transition]:
        """The transitions that lead on. A way back that nobody marked is found here, so that no loop is drawn
        as progress: a transition to a step that is an ancestor of its source counts as a return."""
        order = {s.key: n for n, s in enumerate(self.steps)}
        ways = [t for t in self.transitions if t.source in order and t.target in order]
        kept: dict[str, list[Transition]] = {k: [] for k in order}
        for way in sorted(ways, key=lambda t: (order[t.source], order[t.target])):
            if not way.returns and way.source != way.target and not _reaches(kept, way.target, way.source):
                kept[way.source].append(way)
        return [w for ways_of in kept.values() for w in ways_of]

    def returns(self) -> list[Transition]:
        """The transitions that lead back."""
        keys = {s.key for s in self.steps}
        forward = set(self.forward())
        return [
            t
            for t in self.transitions
            if t not in forward and t.source in keys and t.target in keys and t.source != t.target
        ]


def _reaches(ways: dict[str, list[Transition]], start: str, goal: str) -> bool:
    seen, todo = set(), [start]
    while todo:
        here = todo.pop()
        if here == goal:
            return True
        if here not in seen:
            seen.add(here)
            todo += [w.target for w in ways[here]]
    return False
