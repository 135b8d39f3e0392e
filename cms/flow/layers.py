"""Who stands where in the wide drawing: lanes, layers, and the order within a layer.

Layers go by the longest way forward; order within a layer by barycentres, swept down and up, the best kept
(Sugiyama, Tagawa and Toda 1981). A line that passes a layer holds a place in it like a step.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from cms.flow.chart import Chart, Transition

MOST_POSTS = 6  # more of them would not fit on A4: the post then stands in the box
MOST_ABREAST = 6  # boxes side by side, over all lanes
SWEEPS = 12
SLOT, LABELLED_SLOT = 14.0, 64.0  # room beside a box for a way back, without and with its words


@dataclass(eq=False)
class Item:
    """A step, or where a line passes (`key` empty). `left` and `right` of `x`: how far it reaches."""

    lane: int
    layer: int
    key: str = ""
    x: float = 0
    left: float = 6
    right: float = 6
    slots: list[Slot] = field(default_factory=list)
    place: int = 0


@dataclass(eq=False)
class Slot:
    """Where a way back stands beside its box: `upward` if its line goes up from the port."""

    item: Item
    upward: bool
    labelled: bool = False
    offset: float = 0


@dataclass(eq=False)
class Stop:
    """One end of a link: an item's bottom or top, or a slot beside it."""

    item: Item
    slot: Slot | None = None
    x: float = 0  # of a port; that of a slot or a passing line follows its item

    @property
    def offset(self) -> float:
        return self.slot.offset if self.slot else 0.0


@dataclass(eq=False)
class Link:
    """A piece of a way between two layers, or (`turns`) one that comes back to the layer it left."""

    channel: int
    upper: Stop
    lower: Stop
    turns: bool = False


@dataclass(eq=False)
class Way:
    """A transition with its links from source to target."""

    transition: Transition
    back: bool
    links: list[Link] = field(default_factory=list)
    out: Slot | None = None
    into: Slot | None = None


@dataclass
class Plan:
    """The whole: lanes' names, layers of items in order, ways."""

    lanes: list[str]
    layers: list[list[Item]]
    ways: list[Way]
    items: dict[str, Item]

    def links(self) -> Iterable[Link]:
        return (link for way in self.ways for link in way.links)


def plan(chart: Chart, sizes: dict[str, float]) -> Plan:
    """The chart's steps in lanes and layers; `sizes` are the widths of the boxes."""
    forward, back = chart.forward(), chart.returns()
    lanes, lane = _lanes(chart, forward)
    layer = _layers(chart, forward, lane, len(lanes))
    items = {
        s.key: Item(lane[s.key], layer[s.key], s.key, left=sizes[s.key] / 2, right=sizes[s.key] / 2)
        for s in chart.steps
    }
    found = Plan(lanes, [[] for _ in range(max(layer.values()) + 1)], [], items)
    for item in items.values():
        found.layers[item.layer].append(item)
    found.ways += [_forward(found, t) for t in forward]
    found.ways += [_back(found, t) for t in back]
    for item in items.values():
        _place_slots(item)
    _order(found)
    return found


def _lanes(chart: Chart, forward: list[Transition]) -> tuple[list[str], dict[str, int]]:
    """Posts in the order of the list. A step without one stands with the step before it, or after."""
    posts = list(dict.fromkeys(s.post for s in chart.steps if s.post))
    if not 1 < len(posts) <= MOST_POSTS:
        return [], {s.key: 0 for s in chart.steps}
    lane = {s.key: posts.index(s.post) for s in chart.steps if s.post}
    for _ in chart.steps:
        for t in forward:
            if t.source in lane:
                lane.setdefault(t.target, lane[t.source])
        for t in forward:
            if t.target in lane and t.source not in lane:
                lane[t.source] = lane[t.target]
        if len(lane) == len(chart.steps):
            break
    return posts, {s.key: lane.get(s.key, 0) for s in chart.steps}


def _layers(chart: Chart, forward: list[Transition], lane: dict[str, int], lanes: int) -> dict[str, int]:
    """The longest way forward to each step; later where its lane is full in that layer."""
    abreast = max(1, MOST_ABREAST // max(1, lanes))
    ways: dict[str, list[str]] = {s.key: [] for s in chart.steps}
    degree = dict.fromkeys(ways, 0)
    for t in forward:
        ways[t.source].append(t.target)
        degree[t.target] += 1
    least = dict.fromkeys(ways, 0)
    full: dict[tuple[int, int], int] = {}
    ready, layer = [k for k in ways if not degree[k]], {}
    while ready:
        key = min(ready, key=least.__getitem__)
        ready.remove(key)
        n = least[key]
        while full.get((n, lane[key]), 0) >= abreast:
            n += 1
        full[n, lane[key]] = full.get((n, lane[key]), 0) + 1
        layer[key] = n
        for target in ways[key]:
            least[target] = max(least[target], n + 1)
            degree[target] -= 1
            if not degree[target]:
                ready.append(target)
    rows = {n: place for place, n in enumerate(sorted(set(layer.values())))}  # no empty layer between
    return {key: rows[n] for key, n in layer.items()}


def _forward(found: Plan, t: Transition) -> Way:
    a, b = found.items[t.source], found.items[t.target]
    way = Way(t, back=False)
    stops = [Stop(a), *_passing(found, range(a.layer + 1, b.layer), b.lane), Stop(b)]
    for upper, lower in pairwise(stops):
        way.links.append(Link(upper.item.layer, upper, lower))
    return way


def _back(found: Plan, t: Transition) -> Way:
    """From the right side of one box to the right side of the other."""
    a, b = found.items[t.source], found.items[t.target]
    up = b.layer < a.layer
    way = Way(t, back=True)
    way.out = Slot(a, upward=up, labelled=bool(t.condition))
    way.into = Slot(b, upward=b.layer > a.layer)
    a.slots.append(way.out)
    b.slots.append(way.into)
    first, last = Stop(a, way.out), Stop(b, way.into)
    if a.layer == b.layer:
        way.links.append(Link(a.layer, first, last, turns=True))
        return way
    between = range(min(a.layer, b.layer) + 1, max(a.layer, b.layer))
    stops = [first, *_passing(found, list(between)[:: -1 if up else 1], b.lane), last]
    for here, there in pairwise(stops):
        upper, lower = (there, here) if up else (here, there)
        way.links.append(Link(upper.item.layer, upper, lower))
    return way


def _passing(found: Plan, layers: Iterable[int], lane: int) -> list[Stop]:
    """A place in each layer that a line passes, in the lane it goes to."""
    stops = []
    for n in layers:
        item = Item(lane, n)
        found.layers[n].append(item)
        stops.append(Stop(item))
    return stops


def _place_slots(item: Item) -> None:
    """Beside the box from near to far: lines that go down, lines that go up, last one with words."""
    item.slots.sort(key=lambda s: (s.labelled, s.upward))
    reach = item.right
    for n, slot in enumerate(item.slots):
        # Words stand right of the line: only the farthest has room for them.
        slot.labelled = slot.labelled and n == len(item.slots) - 1
        slot.offset = reach + 10
        reach += SLOT
        if slot.labelled:
            reach += LABELLED_SLOT - SLOT
    item.right = reach + (4 if item.slots else 0)


# The order within a layer --------------------------------------------------------------------------


def _order(found: Plan) -> None:
    """Sweeps down and up; the order with the fewest crossings is kept."""
    above, below = _neighbours(found)
    _number(found.layers)
    best, fewest = [list(layer) for layer in found.layers], crossings(found)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        side = above if down else below
        for layer in found.layers if down else reversed(found.layers):
            layer.sort(key=lambda i: (i.lane, _mean(side.get(i, []), i.place), i.place))
            for n, item in enumerate(layer):
                item.place = n
        now = crossings(found)
        if now < fewest:
            best, fewest = [list(layer) for layer in found.layers], now
    found.layers[:] = best
    _number(found.layers)
    _exchange(found)


def _number(layers: list[list[Item]]) -> None:
    for layer in layers:
        layer.sort(key=lambda i: i.lane)  # stable: only lanes are put together
        for n, item in enumerate(layer):
            item.place = n


def _neighbours(found: Plan) -> tuple[dict[Item, list[Stop]], dict[Item, list[Stop]]]:
    above: dict[Item, list[Stop]] = {}
    below: dict[Item, list[Stop]] = {}
    for link in found.links():
        if not link.turns:
            above.setdefault(link.lower.item, []).append(link.upper)
            below.setdefault(link.upper.item, []).append(link.lower)
    return above, below


def _mean(stops: list[Stop], otherwise: float) -> float:
    return sum(_place(s) for s in stops) / len(stops) if stops else otherwise


def _place(stop: Stop) -> float:
    return stop.item.place + (0.5 if stop.slot else 0)


def _exchange(found: Plan) -> None:
    """Neighbours in a layer change places where that saves crossings, until it does no more."""
    by_channel: dict[int, list[Link]] = {}
    for link in found.links():
        by_channel.setdefault(link.channel, []).append(link)
    for _ in range(4):
        changed = False
        for n, layer in enumerate(found.layers):
            near = [by_channel.get(n - 1, []), by_channel.get(n, [])]
            for i in range(len(layer) - 1):
                a, b = layer[i], layer[i + 1]
                if a.lane != b.lane:
                    continue
                before = sum(_crossings(links) for links in near)
                if not before:
                    break
                a.place, b.place = b.place, a.place
                if sum(_crossings(links) for links in near) < before:
                    layer[i], layer[i + 1] = b, a
                    changed = True
                else:
                    a.place, b.place = b.place, a.place
        if not changed:
            return


def crossings(found: Plan) -> int:
    """How often two links of a channel must cross, by the order of their ends."""
    channels: dict[int, list[Link]] = {}
    for link in found.links():
        channels.setdefault(link.channel, []).append(link)
    return sum(_crossings(links) for links in channels.values())


def _crossings(links: list[Link]) -> int:
    ends = sorted((_place(k.upper), _place(k.lower)) for k in links if not k.turns)
    seen: list[float] = []
    total = n = 0
    while n < len(ends):
        same = [e for e in ends[n:] if e[0] == ends[n][0]]
        total += sum(len(seen) - bisect_right(seen, low) for _, low in same)
        for _, low in same:
            insort(seen, low)
        n += len(same)
    return total


# Positions -----------------------------------------------------------------------------------------


def nearest(wanted: list[float], apart: list[float], low: float, high: float) -> list[float]:
    """Places in order, each `apart[n]` or more from the next, within [low, high], as near to the wanted ones
    as can be (least squares; pool adjacent violators). Where there is no room they are spread evenly."""
    if not wanted:
        return []
    shift = [0.0]
    for gap in apart:
        shift.append(shift[-1] + gap)
    if high - low < shift[-1]:
        scale = max(high - low, 0) / shift[-1]
        return [low + s * scale for s in shift]
    pools: list[list[float]] = []  # sum, count
    for want, off in zip(wanted, shift, strict=True):
        pools.append([want - off, 1])
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += count
    level = [total / count for total, count in pools for _ in range(int(count))]
    top = high - shift[-1]
    return [min(max(v, low), top) + off for v, off in zip(level, shift, strict=True)]


def free_track(ends: list[list[float]], span: tuple[float, float], room: float) -> int:
    """The first track on which [span] touches nothing; `ends` are the taken spans of each, sorted."""
    for n, taken in enumerate(ends):
        at = bisect_left(taken, span[0] - room)
        if at % 2 == 0 and (at == len(taken) or taken[at] > span[1] + room):
            return n
    return len(ends)
