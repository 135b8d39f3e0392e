"""A flowchart as BPMN 2.0 XML (OMG formal/2011-01-03), with coordinates, posts as lanes, and what BPMN has no
word for as extension elements of our own namespace."""

from __future__ import annotations

import re

from cms.flow import wide
from cms.flow.chart import DECISION, END, START
from cms.flow.document import FlowData, RiskData, StepData, WayData
from cms.flow.shapes import Box, Drawing
from cms.flow.xml import element, prefixed

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
OWN = "urn:qingfeng:flow:1"
ELEMENTS = {START: "startEvent", END: "endEvent", DECISION: "exclusiveGateway"}
EVENT = 36.0  # across, as the usual editors draw events


def write(flow: FlowData) -> str:
    """The XML text, in the chart's order; `cms.flow.bpmn_in.read` gives the same chart back."""
    ids = _ids(flow)
    posts = list(dict.fromkeys(s.post for s in flow.steps if s.post))
    spaces = {MODEL: "bpmn", DI: "bpmndi", DC: "dc", DD: "di", OWN: "qf"}
    root: dict[str, object] = {f"xmlns:{prefix}": space for space, prefix in spaces.items()}
    root |= {"id": "flow", "name": flow.title, "targetNamespace": OWN, "exporter": "Qingfeng"}
    parts = []
    if posts:
        pool = element("bpmn:participant", {"id": "pool", "name": flow.title, "processRef": "process"})
        parts.append(element("bpmn:collaboration", {"id": "collaboration"}, pool))
    parts.append(_process(flow, ids, posts))
    parts.append(_diagram(flow, ids, posts))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element("bpmn:definitions", root, *parts) + "\n"


def _ids(flow: FlowData) -> dict[str, str]:
    """Key → id in the file: the key behind a word, where it may stand in an XML name."""
    out = {}
    for n, step in enumerate(flow.steps, 1):
        plain = re.fullmatch(r"[A-Za-z0-9_.-]+", step.key)
        out[step.key] = f"step-{step.key}" if plain else f"place-{n}"
    return out


def _process(flow: FlowData, ids: dict[str, str], posts: list[str]) -> str:
    more, given = _extensions(flow.foreign)
    inner = [element("bpmn:documentation", text=flow.description)] if flow.description else []
    inner += [more] if more else []
    if posts:
        lanes = [
            element(
                "bpmn:lane",
                {"id": f"lane-{n}", "name": post},
                *(element("bpmn:flowNodeRef", text=ids[s.key]) for s in flow.steps if s.post == post),
            )
            for n, post in enumerate(posts, 1)
        ]
        inner.append(element("bpmn:laneSet", {"id": "lanes"}, *lanes))
    joined = [(n, w) for n, w in enumerate(flow.ways, 1) if w.source in ids and w.target in ids]
    inner += [_step(s, ids, joined, [r for r in flow.risks if r.step == s.key]) for s in flow.steps]
    inner += [_way(n, w, ids) for n, w in joined]
    return element(
        "bpmn:process", {"id": "process", "name": flow.title, "isExecutable": "false", **given}, *inner
    )


def _step(step: StepData, ids: dict[str, str], ways: list[tuple[int, WayData]], risks: list[RiskData]) -> str:
    own = element(
        "qf:step",
        {
            "key": step.key, "kind": step.kind, "post": step.post or None, "unit": step.unit or None,
            "limit": step.limit, "limitUnit": step.limit_unit or None, "limitNote": step.limit_note or None,
        },
        *(
            element(f"qf:{name}", text=getattr(step, name))
            for name in ("standard", "inputs", "outputs")
            if getattr(step, name)
        ),
    )  # fmt: skip
    more, given = _extensions(step.foreign, own, *map(_risk, risks))
    inner = [more]
    inner += [element("bpmn:incoming", text=f"way-{n}") for n, w in ways if w.target == step.key]
    inner += [element("bpmn:outgoing", text=f"way-{n}") for n, w in ways if w.source == step.key]
    tag = ELEMENTS.get(step.kind, "userTask")
    return element(f"bpmn:{tag}", {"id": ids[step.key], "name": step.name, **given}, *inner)


def _risk(risk: RiskData) -> str:
    given = {
        "level": risk.level or None,
        "owner": risk.owner or None,
        "likelihood": risk.likelihood,
        "severity": risk.severity,
        "reviewedOn": risk.reviewed_on and risk.reviewed_on.isoformat(),
        "nextReview": risk.next_review and risk.next_review.isoformat(),
    }
    inner = [element("qf:description", text=risk.description)]
    inner += [element("qf:measures", text=risk.measures)] if risk.measures else []
    return element("qf:riskPoint", given, *inner)


def _way(n: int, way: WayData, ids: dict[str, str]) -> str:
    own = element("qf:transition", {"return": "true" if way.returns else "false"})
    more, given = _extensions(way.foreign, own)
    attributes = {
        "id": f"way-{n}", "name": way.condition or None, "sourceRef": ids[way.source],
        "targetRef": ids[way.target], **given,
    }  # fmt: skip
    return element("bpmn:sequenceFlow", attributes, more)


def _extensions(foreign: dict[str, object], *own: str) -> tuple[str, dict[str, object]]:
    """The extension elements (ours, then those of other programs), and other programs' attributes."""
    elements = foreign.get("elements")
    inner = [*own, *([str(elements)] if elements else [])]
    given: dict[str, object] = {}
    spaces: dict[str, str] = {}
    attributes = foreign.get("attributes")
    for name, value in (attributes if isinstance(attributes, dict) else {}).items():
        space = name[1:].partition("}")[0]
        if space not in spaces:
            spaces[space] = f"y{len(spaces)}"
            given[f"xmlns:{spaces[space]}"] = space
        given[prefixed(name, spaces)] = value
    return (element("bpmn:extensionElements", {}, *inner) if inner else ""), given


# Coordinates -------------------------------------------------------------------------------------


def _diagram(flow: FlowData, ids: dict[str, str], posts: list[str]) -> str:
    drawing = wide.draw(flow.chart())
    shapes = []
    if posts:
        pool = {"id": "shape-pool", "bpmnElement": "pool", "isHorizontal": "false"}
        shapes.append(
            element("bpmndi:BPMNShape", pool, _bounds(4, -26, drawing.width - 8, drawing.height + 24))
        )
        for n, lane in enumerate(drawing.lanes, 1):
            given = {"id": f"shape-lane-{n}", "bpmnElement": f"lane-{n}", "isHorizontal": "false"}
            shapes.append(
                element("bpmndi:BPMNShape", given, _bounds(lane.x, 4, lane.w, max(drawing.height - 6, 1)))
            )
    boxes = {b.step.key: b for b in drawing.boxes}
    for key, box in boxes.items():
        given = {"id": f"shape-{ids[key]}", "bpmnElement": ids[key]}
        shapes.append(element("bpmndi:BPMNShape", given, _bounds(*_frame(box))))
    plane = {"id": "plane", "bpmnElement": "collaboration" if posts else "process"}
    inner = element("bpmndi:BPMNPlane", plane, *shapes, *_edges(flow, drawing, boxes))
    return element("bpmndi:BPMNDiagram", {"id": "diagram"}, inner)


def _frame(box: Box) -> tuple[float, float, float, float]:
    if box.step.kind in (START, END):
        return box.middle - EVENT / 2, box.centre - EVENT / 2, EVENT, EVENT
    return box.x, box.y, box.w, box.h


def _bounds(x: float, y: float, w: float, h: float) -> str:
    return element(
        "dc:Bounds", {"x": round(x, 1), "y": round(y, 1), "width": round(w, 1), "height": round(h, 1)}
    )


def _edges(flow: FlowData, drawing: Drawing, boxes: dict[str, Box]) -> list[str]:
    """Each way with its points; equal ways take theirs in turn, one drawn nowhere gets a straight line."""
    drawn: dict[tuple[str, str], list[list[tuple[float, float]]]] = {}
    for line in drawing.lines:
        drawn.setdefault((line.source, line.target), []).append(line.points)
    out = []
    for n, way in enumerate(flow.ways, 1):
        if way.source not in boxes or way.target not in boxes:
            continue
        a, b = boxes[way.source], boxes[way.target]
        left = drawn.get((way.source, way.target), [])
        points = list(left.pop(0)) if left else [(a.middle, a.centre), (b.middle, b.centre)]
        points = list(dict.fromkeys([_rim(a, points[0]), *points, _rim(b, points[-1])]))
        given = {"id": f"edge-{n}", "bpmnElement": f"way-{n}"}
        places = [element("di:waypoint", {"x": round(x, 1), "y": round(y, 1)}) for x, y in points]
        out.append(element("bpmndi:BPMNEdge", given, *places))
    return out


def _rim(box: Box, point: tuple[float, float]) -> tuple[float, float]:
    """Where a line touches an event's circle, which is smaller than our box; of others the point itself."""
    if box.step.kind not in (START, END):
        return point
    if abs(point[0] - box.middle) > box.w / 2 - 1:
        return box.middle + EVENT / 2, box.centre
    return box.middle, box.centre + (EVENT / 2 if point[1] > box.centre else -EVENT / 2)
