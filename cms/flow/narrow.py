"""The narrow drawing: 288 units wide, one main line on the left, branches on the right, returns dashed.

Between the two columns runs a gutter of lanes. Every line that is not a plain step down keeps to the gutter,
so no line crosses a box; every row holds at most one box a column, so no two boxes overlap.
"""

from __future__ import annotations

from dataclasses import replace

from cms.flow.chart import DECISION, START, Chart, Step, Transition
from cms.flow.shapes import NAME_LINE, UNDER_LINE, Box, Drawing, Line, diamond_height
from cms.flow.words import lines

WIDTH = 288
MAIN_X, MAIN_W = 4, 168
SIDE_X, SIDE_W = 196, 88
GUTTER = (MAIN_X + MAIN_W, SIDE_X)  # 24 units of lanes
TOP, GAP = 14, 28
NAME_EMS, NAME_EMS_SIDE = 10, 5


def draw(chart: Chart) -> Drawing:
    """Place every step and transition of the chart. A chart without steps is an empty drawing."""
    if not chart.steps:
        return Drawing(WIDTH, 0)
    main = _main_line(chart)
    rows, sides = _rows(chart, main)
    boxes = _boxes(chart, rows, sides)
    height = max(b.y + b.h for b in boxes.values()) + 6
    return Drawing(WIDTH, height, list(boxes.values()), _lines(chart, boxes))


def _main_line(chart: Chart) -> list[str]:
    """The longest way forward from the first step; of two equally long ones the first written."""
    ways: dict[str, list[str]] = {s.key: [] for s in chart.steps}
    for t in chart.forward():
        ways[t.source].append(t.target)
    best: dict[str, list[str]] = {}
    for key in reversed(_topological(ways)):
        tails = [best[t] for t in ways[key]]
        best[key] = [key, *max(tails, key=len, default=[])]
    first = next((s.key for s in chart.steps if s.kind == START), chart.steps[0].key)
    return best[first]


def _topological(ways: dict[str, list[str]]) -> list[str]:
    degree = dict.fromkeys(ways, 0)
    for targets in ways.values():
        for t in targets:
            degree[t] += 1
    ready, order = [k for k in ways if not degree[k]], []
    while ready:
        key = ready.pop(0)
        order.append(key)
        for t in ways[key]:
            degree[t] -= 1
            if not degree[t]:
                ready.append(t)
    return order


def _rows(chart: Chart, main: list[str]) -> tuple[dict[str, int], set[str]]:
    """A row for each step: the main line in order; each branch beside or below what leads to it."""
    rows = {key: n for n, key in enumerate(main)}
    sides = {s.key for s in chart.steps} - set(main)
    taken: set[int] = set()
    sources: dict[str, list[str]] = {k: [] for k in sides}
    ways: dict[str, list[str]] = {s.key: [] for s in chart.steps}
    for t in chart.forward():
        ways[t.source].append(t.target)
        if t.target in sides:
            sources[t.target].append(t.source)
    for key in [k for k in _topological(ways) if k in sides]:
        row = max((rows[s] + (s in sides) for s in sources[key]), default=0)
        while row in taken:
            row += 1
        taken.add(row)
        rows[key] = row
    return rows, sides


def _boxes(chart: Chart, rows: dict[str, int], sides: set[str]) -> dict[str, Box]:
    """Each row is as high as its higher box; both stand in its middle."""
    sizes = {s.key: _size(s, side=s.key in sides) for s in chart.steps}
    heights = [0.0] * (max(rows.values()) + 1)
    for key, row in rows.items():
        heights[row] = max(heights[row], sizes[key][0])
    tops = [float(TOP)]
    for h in heights:
        tops.append(tops[-1] + h + GAP)
    boxes = {}
    for s in chart.steps:
        side, row = s.key in sides, rows[s.key]
        h, name, under = sizes[s.key]
        boxes[s.key] = Box(
            s, side, row, SIDE_X if side else MAIN_X, tops[row] + (heights[row] - h) / 2,
            SIDE_W if side else MAIN_W, h, name, under,
        )  # fmt: skip
    return boxes


def _size(step: Step, *, side: bool) -> tuple[float, list[str], list[str]]:
    """Height, lines of the name, lines under it."""
    number = f"{step.number}\u3000" if step.number and not side else ""
    # A diamond is widest in its middle only: fewer characters fit.
    if step.kind == DECISION:
        name = lines(number + step.name, 3 if side else 6.5, 3 if side else 2)
        return diamond_height(name, SIDE_W if side else MAIN_W), name, []
    name = lines(number + step.name, NAME_EMS_SIDE if side else NAME_EMS, 3 if side else 2)
    under = lines(step.under, 6.2 if side else 12.5, 1)
    return len(name) * NAME_LINE + len(under) * UNDER_LINE + 16, name, under


def _lines(chart: Chart, boxes: dict[str, Box]) -> list[Line]:
    forward, back = chart.forward(), chart.returns()
    straight = [t for t in forward if _adjacent(boxes, t)]
    beside = [t for t in forward if t not in straight and _beside(boxes, t)]
    far = [t for t in forward if t not in straight and t not in beside] + back
    ports = _ports(boxes, beside, far)
    lanes = _lanes(boxes, far)
    out = [_down(boxes[t.source], boxes[t.target], t) for t in straight]
    out += [_across(boxes, ports, t) for t in beside]
    out += [_around(boxes, ports, lanes, t, t in back) for t in far]
    return _without_crowding(out, {b.row: b for b in boxes.values() if b.side})


def _without_crowding(all_lines: list[Line], side: dict[int, Box]) -> list[Line]:
    """Labels in the right column stay only where no box and no other label stands; the list has them all."""
    taken = [(b.y - 4, b.y + b.h + 14) for b in side.values()]
    out = []
    for line in all_lines:
        if line.label and line.label_x >= SIDE_X:
            top, bottom = line.label_y - 12, line.label_y + 3
            if any(top < b and bottom > a for a, b in taken):
                line = replace(line, label=())
            else:
                taken.append((top, bottom))
        out.append(line)
    return out


def _adjacent(boxes: dict[str, Box], t: Transition) -> bool:
    """Straight down in one column, with nothing between."""
    a, b = boxes[t.source], boxes[t.target]
    between = any(x.side == a.side and min(a.row, b.row) < x.row < max(a.row, b.row) for x in boxes.values())
    return a.side == b.side and a.row < b.row and not between


def _beside(boxes: dict[str, Box], t: Transition) -> bool:
    return boxes[t.source].row == boxes[t.target].row


def _ports(
    boxes: dict[str, Box], beside: list[Transition], far: list[Transition]
) -> dict[tuple[Transition, str], float]:
    """Where on the gutter side of its box each line ends: spread over its height by the other end."""
    ends: dict[str, list[tuple[float, Transition, str]]] = {}
    for t in [*beside, *far]:
        for key, other, end in ((t.source, t.target, "out"), (t.target, t.source, "in")):
            ends.setdefault(key, []).append((boxes[other].row, t, end))
    ports = {}
    for key, at in ends.items():
        box = boxes[key]
        # Only the corner of a diamond touches the gutter.
        inset = box.h / 2 if box.step.kind == DECISION else 8
        span = box.h - 2 * inset
        for n, (_, t, end) in enumerate(sorted(at, key=lambda e: (e[0], e[2]))):
            ports[t, end] = box.y + inset + span * (n + 1) / (len(at) + 1)
    return ports


def _lanes(boxes: dict[str, Box], far: list[Transition]) -> dict[Transition, float]:
    """An x in the gutter for each line, so that no two that run side by side share one."""
    spans = sorted((sorted((boxes[t.source].row, boxes[t.target].row)), n, t) for n, t in enumerate(far))
    ends: list[int] = []
    lane: dict[Transition, int] = {}
    for (low, high), _, t in spans:
        free = next((n for n, end in enumerate(ends) if end < low), len(ends))
        ends[free : free + 1] = [high]
        lane[t] = free
    step = (GUTTER[1] - GUTTER[0] - 8) / (len(ends) + 1)
    return {t: GUTTER[0] + 4 + step * (n + 1) for t, n in lane.items()}


def _down(a: Box, b: Box, t: Transition) -> Line:
    label = tuple(lines(t.condition, 2.9 if a.side else 6, 1))
    x = a.middle
    points = [(x, a.y + a.h), (x, b.y - 3)]
    return _named(Line(points, label=label, label_x=x + 8, label_y=a.y + a.h + 15), t)


def _edge(box: Box) -> float:
    """The side of the box that looks at the gutter."""
    return box.x if box.side else box.x + box.w


def _across(boxes: dict[str, Box], ports: dict[tuple[Transition, str], float], t: Transition) -> Line:
    a, b = boxes[t.source], boxes[t.target]
    y0, y1 = ports[t, "out"], ports[t, "in"]
    tip = -3 if b.side else 3
    label = (t.condition,) if len(t.condition) == 1 else ()
    middle = sum(GUTTER) / 2
    points = [(_edge(a), y0), (middle, y0), (middle, y1), (_edge(b) + tip, y1)]
    if abs(y0 - y1) < 1:
        points = [(_edge(a), y0), (_edge(b) + tip, y0)]
    return _named(Line(points, label=label, label_x=middle, label_y=y0 - 6, anchor="middle"), t)


def _around(
    boxes: dict[str, Box],
    ports: dict[tuple[Transition, str], float],
    lanes: dict[Transition, float],
    t: Transition,
    back: bool,
) -> Line:
    a, b = boxes[t.source], boxes[t.target]
    x, y0, y1 = lanes[t], ports[t, "out"], ports[t, "in"]
    tip = -3 if b.side else 3
    label = tuple(lines(t.condition, 6.8, 1))
    points = [(_edge(a), y0), (x, y0), (x, y1), (_edge(b) + tip, y1)]
    middle = y0 + (y1 - y0) / 5 + 4
    return _named(Line(points, back=back, label=label, label_x=SIDE_X, label_y=middle), t)


def _named(line: Line, t: Transition) -> Line:
    return replace(line, source=t.source, target=t.target)
