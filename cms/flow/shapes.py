"""What both drawings are made of: boxes that hold a step's words, lines between them, lanes behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cms.flow.chart import DECISION, Step
from cms.flow.words import width

NAME_LINE, UNDER_LINE = 19, 17  # heights of a line of the name, and of a line under it
NAME_SIZE, SMALL_SIZE, BADGE_SIZE = 15, 12.5, 11  # letters, in units of the drawing


@dataclass(frozen=True)
class Box:
    """A placed step; x, y of its upper left corner, in units of the drawing."""

    step: Step
    side: bool
    row: int
    x: float
    y: float
    w: float
    h: float
    name: list[str]
    under: list[str]

    @property
    def middle(self) -> float:
        return self.x + self.w / 2

    @property
    def centre(self) -> float:
        return self.y + self.h / 2

    def reach(self, y: float) -> float:
        """How far the shape goes to each side of its middle at height `y`."""
        if self.step.kind != DECISION:
            return self.w / 2
        return self.w / 2 * max(0.0, 1 - abs(y - self.centre) / (self.h / 2))

    def depth(self, x: float) -> float:
        """How far the shape goes above and below its centre at `x`."""
        if self.step.kind != DECISION:
            return self.h / 2
        return self.h / 2 * max(0.0, 1 - abs(x - self.middle) / (self.w / 2))


@dataclass(frozen=True)
class Line:
    """A polyline; `back` is dashed. Its label's first line stands at (label_x, label_y), there its left edge
    ("start"), its middle or its right edge ("end") according to `anchor`."""

    points: list[tuple[float, float]]
    back: bool = False
    label: tuple[str, ...] = ()
    label_x: float = 0
    label_y: float = 0
    anchor: str = "start"
    source: str = ""
    target: str = ""


@dataclass(frozen=True)
class Lane:
    """A post's column from `x` on, `w` wide; its name in lines."""

    x: float
    w: float
    name: list[str]


@dataclass
class Drawing:
    width: float
    height: float
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    head: float = 0  # height of the lanes' heads
    cuts: list[float] = field(default_factory=list)  # heights at which no box and no words stand


def badge_width(word: str) -> float:
    """The badge's width for its word."""
    return width(word) * BADGE_SIZE + 10


def diamond_height(name: list[str], w: float) -> float:
    """The height at which the corners of the words still lie inside a diamond `w` wide."""
    half = max((width(line) for line in name), default=0) * NAME_SIZE / 2 + 5
    free = 1 - min(half / (w / 2), 0.8)
    return max((len(name) * NAME_LINE + 6) / free, 60)
