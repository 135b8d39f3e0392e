"""The wide drawing: layers from top to bottom, a lane for each post, for desktops and A4.

Steps stand in layers. Between two layers lies a channel in which every line that changes its column runs on a
track of its own; through a layer a line goes straight down, in a column that it holds like a step. So no line
crosses a box and no two boxes overlap, whatever the chart. Ways back leave and enter at the right side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from cms.flow.chart import DECISION, END, START, Chart, Step
from cms.flow.layers import Item, Link, Plan, Slot, Stop, Way, free_track, nearest, plan
from cms.flow.shapes import (
    NAME_LINE,
    SMALL_SIZE,
    UNDER_LINE,
    Box,
    Drawing,
    Lane,
    Line,
    badge_width,
    diamond_height,
)
from cms.flow.words import lines

BOX_W, ASK_W = 156.0, 204.0
NAME_EMS, ASK_EMS = 9.0, 7.5
MARGIN, GAP, LANE_PAD = 10.0, 18.0, 14.0
TRACK, ARROW = 9.0, 16.0
PASSES = 16


def draw(chart: Chart) -> Drawing:
    """Place every step and transition of the chart. A chart without steps is an empty drawing."""
    if not chart.steps:
        return Drawing(0, 0)
    sizes = {s.key: _size(s) for s in chart.steps}
    found = plan(chart, {key: size.w for key, size in sizes.items()})
    if not found.lanes:  # the post then stands in the box
        sizes = {s.key: _size(s, post=True) for s in chart.steps}
    lanes, width = _columns(found)
    ports = _Ports(found, sizes, {s.key: s for s in chart.steps})
    channels = _channels(found)
    head = max((len(lane.name) for lane in lanes), default=0) * 20 + (14 if lanes else 0)
    boxes, tops, height = _rows(chart, found, sizes, ports, channels, MARGIN + head + 14)
    drawn = [_line(way, boxes, ports, channels, tops) for way in found.ways]
    return Drawing(width, height, list(boxes.values()), drawn, lanes, head, tops[:-1])


@dataclass
class _Size:
    w: float
    h: float
    name: list[str]
    under: list[str]


def _size(step: Step, *, post: bool = False) -> _Size:
    number = f"{step.number}\u3000" if step.number else ""
    if step.kind == DECISION:
        name = lines(number + step.name, ASK_EMS, 12)
        return _Size(ASK_W, diamond_height(name, ASK_W), name, [])
    round_ends = step.kind in (START, END)
    name = lines(number + step.name, NAME_EMS - round_ends, 14)
    under = lines(step.under if post else step.limit, 10 if round_ends else 11.2, 3)
    h = len(name) * NAME_LINE + len(under) * UNDER_LINE + 18
    return _Size(BOX_W, h, name, under)


# Columns -------------------------------------------------------------------------------------------


def _columns(found: Plan) -> tuple[list[Lane], float]:
    """Gives every item its x, and says where the lanes stand and how wide all is."""
    count = max(1, len(found.lanes))
    widths = [80.0 if found.lanes else 0.0] * count
    for layer in found.layers:
        for n in range(count):
            mine = [i for i in layer if i.lane == n]
            need = sum(i.left + i.right for i in mine) + sum(_apart(mine)) - _touching(mine)
            widths[n] = max(widths[n], need + 2 * LANE_PAD)
    starts = [MARGIN]
    for w in widths:
        starts.append(starts[-1] + w)
    _settle(found, starts)
    heads = [
        Lane(starts[n], widths[n], lines(name, (widths[n] - 12) / 14, 4))
        for n, name in enumerate(found.lanes)
    ]
    return heads, starts[-1] + MARGIN


def _apart(mine: list[Item]) -> list[float]:
    """Distances between neighbours' middles."""
    return [a.right + b.left + (GAP if a.key and b.key else 10) for a, b in pairwise(mine)]


def _touching(mine: list[Item]) -> float:
    """What `_apart` counts of the items' own widths."""
    return sum(a.right + b.left for a, b in pairwise(mine))


def _settle(found: Plan, starts: list[float]) -> None:
    """Items move towards what they are joined to, passing lines most of all: lines become straight."""
    near: dict[Item, list[tuple[Stop, Stop]]] = {}
    for link in found.links():
        if not link.turns:
            near.setdefault(link.upper.item, []).append((link.upper, link.lower))
            near.setdefault(link.lower.item, []).append((link.lower, link.upper))
    groups = [
        [i for i in layer if i.lane == n] for layer in found.layers for n in range(max(1, len(found.lanes)))
    ]
    groups = [g for g in groups if g]
    for g in groups:
        low, high = _bounds(g, starts)
        for item, x in zip(g, nearest([(low + high) / 2] * len(g), _apart(g), low, high), strict=True):
            item.x = x
    for sweep in range(PASSES):
        for g in groups if sweep % 2 == 0 else reversed(groups):
            low, high = _bounds(g, starts)
            wanted = [_wanted(item, near.get(item, [])) for item in g]
            for item, x in zip(g, nearest(wanted, _apart(g), low, high), strict=True):
                item.x = x
    beside = {item: (g, n) for g in groups for n, item in enumerate(g)}
    for _ in range(3):
        for chain in _chains(found):
            _straighten(chain, beside, starts)


def _chains(found: Plan) -> list[list[Item]]:
    """Items of one lane that follow each other, each joined to no other on that side."""
    down: dict[Item, list[Item]] = {}
    up: dict[Item, list[Item]] = {}
    for link in found.links():
        if not (link.turns or link.upper.slot or link.lower.slot):
            down.setdefault(link.upper.item, []).append(link.lower.item)
            up.setdefault(link.lower.item, []).append(link.upper.item)
    after = {a: b[0] for a, b in down.items() if len(b) == 1 and len(up[b[0]]) == 1 and a.lane == b[0].lane}
    chains = []
    for head in after.keys() - set(after.values()):
        chain = [head]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        chains.append(chain)
    return sorted(chains, key=lambda c: (-len(c), c[0].layer, c[0].place))


def _straighten(chain: list[Item], beside: dict[Item, tuple[list[Item], int]], starts: list[float]) -> None:
    """Puts as many items of the chain as can be, from above, on one x."""
    run: list[Item] = []
    low, high = float("-inf"), float("inf")
    for item in chain:
        a, b = _room(item, *beside[item], starts)
        if run and max(low, a) > min(high, b):
            _put(run, low, high)
            run, low, high = [], float("-inf"), float("inf")
        run.append(item)
        low, high = max(low, a), min(high, b)
    _put(run, low, high)


def _put(run: list[Item], low: float, high: float) -> None:
    x = min(max(sum(i.x for i in run) / len(run), low), high)
    for item in run:
        item.x = x


def _room(item: Item, group: list[Item], n: int, starts: list[float]) -> tuple[float, float]:
    """Between which x the item may stand while its neighbours stay."""
    low = starts[item.lane] + LANE_PAD + item.left
    high = starts[item.lane + 1] - LANE_PAD - item.right
    if n:
        low = group[n - 1].x + _apart(group[n - 1 : n + 1])[0]
    if n + 1 < len(group):
        high = group[n + 1].x - _apart(group[n : n + 2])[0]
    return min(low, item.x), max(high, item.x)


def _bounds(group: list[Item], starts: list[float]) -> tuple[float, float]:
    lane = group[0].lane
    return starts[lane] + LANE_PAD + group[0].left, starts[lane + 1] - LANE_PAD - group[-1].right


def _wanted(item: Item, joined: list[tuple[Stop, Stop]]) -> float:
    total = weight = 0.0
    for own, other in joined:
        w = 4.0 if not (own.item.key or other.item.key) else 2.0 if not other.item.key else 1.0
        w *= 0.3 if own.slot or other.slot else 1.0
        total += w * (other.item.x + other.offset - own.offset)
        weight += w
    return total / weight if weight else item.x


# Ports ---------------------------------------------------------------------------------------------


@dataclass
class _Label:
    words: tuple[str, ...]
    x: float
    anchor: str


class _Ports:
    """Where lines leave and enter boxes, and what stands beside them there."""

    def __init__(self, found: Plan, sizes: dict[str, _Size], steps: dict[str, Step]) -> None:
        self.sizes, self.steps = sizes, steps
        self.labels: dict[Way, _Label] = {}
        self.outs: dict[str, list[Way]] = {}
        self.ins: dict[str, list[Way]] = {}
        for way in found.ways:
            if not way.back:
                self.outs.setdefault(way.transition.source, []).append(way)
                self.ins.setdefault(way.transition.target, []).append(way)
        for link in found.links():
            for stop in (link.upper, link.lower):
                stop.x = stop.item.x + stop.offset
        for key, ways in self.outs.items():
            self._leave(found.items[key], ways)
        for key, ways in self.ins.items():  # after the lower ends, so that what can be straight is
            self._enter(found.items[key], ways)

    def _enter(self, item: Item, ways: list[Way]) -> None:
        size, step = self.sizes[item.key], self.steps[item.key]
        ways.sort(key=lambda w: w.links[-1].upper.x)
        left, right = self._span(item, size, step.kind)
        if step.risk:
            right = item.x + size.w / 2 - badge_width(step.badge) - (10 if step.kind == DECISION else 14)
        apart = [min(18.0, (right - left) / len(ways))] * (len(ways) - 1)
        wanted = [w.links[-1].upper.x for w in ways]
        for way, x in zip(ways, nearest(wanted, apart, left, right), strict=True):
            way.links[-1].lower.x = x

    def _span(self, item: Item, size: _Size, kind: str) -> tuple[float, float]:
        half = size.w * 0.3 if kind == DECISION else size.w / 2 - (30 if kind in (START, END) else 14)
        return item.x - half, item.x + half

    def _leave(self, item: Item, ways: list[Way]) -> None:
        size = self.sizes[item.key]
        ways.sort(key=lambda w: w.links[0].lower.x)
        left, right = self._span(item, size, self.steps[item.key].kind)
        named = any(w.transition.condition for w in ways)
        span = (right - left) / max(1, len(ways) - 1)
        apart = [min(64.0 if named else 22.0, span)] * (len(ways) - 1)
        places = nearest([w.links[0].lower.x for w in ways], apart, left, right)
        for way, x in zip(ways, places, strict=True):
            way.links[0].upper.x = x
        for n, way in enumerate(ways):
            if way.transition.condition:
                self._label(item, size, places, n, way)

    def _label(self, item: Item, size: _Size, places: list[float], n: int, way: Way) -> None:
        """Under the box, within its width: the first of several left of its line, else right of it."""
        x = places[n]
        before = n == 0 and len(places) > 1
        end = item.x + size.w / 2 if n == len(places) - 1 else places[n + 1]
        room = x - (item.x - size.w / 2) if before else end - x
        words = tuple(lines(way.transition.condition, (room - 7) / SMALL_SIZE, 2)) if room > 24 else ()
        self.labels[way] = _Label(words, x - 5 if before else x + 5, "end" if before else "start")

    def band(self, layer: list[Item]) -> float:
        """The height kept free under a layer for words."""
        most = 0
        for item in layer:
            for way in self.outs.get(item.key, []):
                most = max(most, len(self.labels[way].words) if way in self.labels else 0)
        return most * 15.0 + 4 if most else 0.0


# Channels ------------------------------------------------------------------------------------------


@dataclass
class _Channel:
    """The links between two layers, each that is not straight on a track of its own from above."""

    track: dict[Link, int] = field(default_factory=dict)
    tracks: int = 0

    @property
    def height(self) -> float:
        return ARROW + 10 + self.tracks * TRACK


def _channels(found: Plan) -> list[_Channel]:
    by_channel: dict[int, list[Link]] = {}
    for link in found.links():
        by_channel.setdefault(link.channel, []).append(link)
    return [_tracks(by_channel.get(n, [])) for n in range(len(found.layers))]


def _tracks(links: list[Link]) -> _Channel:
    """Constrained left-edge: a link whose upper end stands over another's lower end runs above it."""
    channel = _Channel()
    todo = sorted((k for k in links if not _straight(k)), key=lambda k: sorted((k.upper.x, k.lower.x)))
    while todo:
        free = [a for a in todo if not any(_above(b, a) for b in todo if b is not a)] or todo[:1]
        taken: list[list[float]] = []
        for link in free:
            span = (min(link.upper.x, link.lower.x), max(link.upper.x, link.lower.x))
            n = free_track(taken, span, 6)
            if n == len(taken):
                taken.append([])
            taken[n] = sorted([*taken[n], *span])
            channel.track[link] = channel.tracks + n
        channel.tracks += len(taken)
        todo = [k for k in todo if k not in channel.track]
    return channel


def _straight(link: Link) -> bool:
    return not link.turns and abs(link.upper.x - link.lower.x) < 0.6


def _above(a: Link, b: Link) -> bool:
    """Whether `a` must run above `b`, or they would share a stretch."""
    ups = [a.upper.x, a.lower.x] if a.turns else [a.upper.x]
    lows = [] if b.turns else [b.lower.x]
    return any(abs(u - low) < 5 for u in ups for low in lows)


# Rows and lines ------------------------------------------------------------------------------------


def _rows(
    chart: Chart,
    found: Plan,
    sizes: dict[str, _Size],
    ports: _Ports,
    channels: list[_Channel],
    top: float,
) -> tuple[dict[str, Box], list[float], float]:
    """The boxes, where each channel begins, and how high all is."""
    steps = {s.key: s for s in chart.steps}
    boxes, tops, y = {}, [], top
    for n, layer in enumerate(found.layers):
        keys = [i.key for i in layer if i.key]
        high = max(sizes[k].h for k in keys)
        for key in keys:
            item, size = found.items[key], sizes[key]
            boxes[key] = Box(
                steps[key], False, n, item.x - size.w / 2, y + (high - size.h) / 2, size.w, size.h,
                size.name, size.under,
            )  # fmt: skip
        y += high + ports.band(layer)
        tops.append(y)
        y += channels[n].height
    last = channels[-1].tracks * TRACK + 10 if channels[-1].tracks else 0
    return {s.key: boxes[s.key] for s in chart.steps}, tops, tops[-1] + last + MARGIN


def _line(
    way: Way, boxes: dict[str, Box], ports: _Ports, channels: list[_Channel], tops: list[float]
) -> Line:
    a, b = boxes[way.transition.source], boxes[way.transition.target]
    points: list[tuple[float, float]] = []
    label = ports.labels.get(way, _Label((), 0, "start"))
    label_y = a.y + a.h + 13
    upward = bool(way.out and way.out.upward)
    if way.back and way.out and way.into:
        y = _beside(way.out, a)
        points += [(a.middle + a.reach(y), y), (a.middle + way.out.offset, y)]
        if way.out.labelled:
            words = tuple(lines(way.transition.condition, 56 / SMALL_SIZE, 2))
            label = _Label(words, a.middle + way.out.offset + 5, "start")
            label_y = y + 4.5 - 7.5 * (len(words) - 1)
    else:
        x = way.links[0].upper.x
        points.append((x, a.centre + a.depth(x)))
    for link in way.links:
        ends = (link.upper.x, link.lower.x)
        if link in channels[link.channel].track:
            y = tops[link.channel] + 6 + channels[link.channel].track[link] * TRACK
            points += [(x, y) for x in (ends[::-1] if upward else ends)]
    if way.back and way.into:
        y = _beside(way.into, b)
        points += [(b.middle + way.into.offset, y), (b.middle + b.reach(y) + 3, y)]
    else:
        x = way.links[-1].lower.x
        points.append((x, b.centre - b.depth(x) - 3))
    return Line(
        _plain(points), way.back, label.words, label.x, label_y, label.anchor,
        way.transition.source, way.transition.target,
    )  # fmt: skip


def _beside(slot: Slot, box: Box) -> float:
    """The height of a way back's port: lines that go up in the upper half, the farther the lower; the others
    in the lower half, the farther the higher. So none crosses its neighbour."""
    mine = [s for s in slot.item.slots if s.upward == slot.upward]
    n = (mine.index(slot) + 1) / (len(mine) + 1)
    share = 0.22 + 0.26 * n if slot.upward else 0.78 - 0.26 * n
    return box.y + box.h * share


def _plain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without points that lie on the straight between their neighbours."""
    out = points[:1]
    for n, p in enumerate(points[1:-1], 1):
        after = points[n + 1]
        if not (abs(out[-1][0] - p[0]) < 0.6 and abs(p[0] - after[0]) < 0.6) and p != out[-1]:
            out.append(p)
    return [*out, points[-1]]
