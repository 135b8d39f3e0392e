"""BPMN 2.0 XML as a flowchart: our own files whole, other programs' as far as a flowchart can say it.

What a flowchart says otherwise (two things at once, a boundary event, a filled subprocess) is said by the
nearest step and noted by the id of its element, for the editor to look at; what no step can say is refused
by its id; what only decorates is left out and noted. Foreign extensions are kept.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from cms.flow.bpmn_out import DC, DD, DI, MODEL, OWN
from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.document import FlowData, RiskData, StepData, WayData
from cms.flow.xml import Node, Refused, parse, written

MOST_STEPS, MOST_WAYS, MOST_RISKS, MOST_REASONS, MOST_FOREIGN = 300, 900, 600, 40, 200_000
TASKS = [
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "businessRuleTask",
    "sendTask",
    "receiveTask",
    "callActivity",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "subProcess",
    "transaction",
    "adHocSubProcess",
]
KINDS = {
    "startEvent": START,
    "endEvent": END,
    **dict.fromkeys(
        ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"), DECISION
    ),
    # Several ways out of a step are all taken; a decision would say that one of them is.
    **dict.fromkeys(("parallelGateway", "boundaryEvent", *TASKS), "review"),
}
FILLED = ("subProcess", "transaction", "adHocSubProcess")
CHOREOGRAPHY = ("choreographyTask", "subChoreography", "callChoreography", "implicitThrowEvent")
# What says nothing about the order of steps. The first ones are noted when they are left out.
NOTED = ("association", "group", "textAnnotation", "dataObject", "dataObjectReference", "dataStoreReference")
SILENT = [
    "documentation",
    "extensionElements",
    "laneSet",
    "sequenceFlow",
    "ioSpecification",
    "property",
    "auditing",
    "monitoring",
    "supportedInterfaceRef",
    "correlationSubscription",
    "resourceRole",
    "performer",
    "humanPerformer",
    "potentialOwner",
    "supports",
]
OURS_OR_OMG = frozenset([MODEL, DI, DC, DD, OWN, "http://www.w3.org/2001/XMLSchema-instance"])
STEP_KINDS = frozenset(["start", "accept", "review", "decide", "deliver", "decision", "end"])
LIMIT_UNITS = frozenset(["", "workday", "day", "month"])


@dataclass
class Found:
    """The chart, and sentences about what was left out: (element id, sentence)."""

    flow: FlowData
    notes: list[tuple[str, str]] = field(default_factory=list)


class Several(Refused):
    """The file holds several processes; `choices`: (id, name) of each."""

    def __init__(self, reasons: list[tuple[str, str]], choices: list[tuple[str, str]]) -> None:
        super().__init__(reasons)
        self.choices = choices


def read(data: bytes, *, process: str = "") -> Found:
    """The chart of a BPMN file. `process`: the id of one process where the file has several.

    Raises Refused with a sentence for each element that stands in the way, Several where one must be chosen.
    """
    root = parse(data)
    if (root.space, root.name) != (MODEL, "definitions"):
        raise Refused([("", _("这不是 BPMN 2.0 文件：最外层不是 definitions。"))])
    return _Reading(root, process).found()


class _Reading:
    def __init__(self, root: Node, process: str) -> None:
        self.root, self.wanted = root, process
        self.reasons: list[tuple[str, str]] = []
        self.notes: list[tuple[str, str]] = []
        self.foreign = 0

    def found(self) -> Found:
        self._ids()
        self._stop()
        node = self._process()
        nodes = self._nodes(node)
        self._stop()
        keys = self._keys(nodes)
        posts = _posts(node)
        flow = FlowData(self._title(node), _documentation(node), foreign=self._foreign(node, "process"))
        for each in nodes:
            flow.steps.append(self._step(each, keys, posts))
            flow.risks += self._risks(each, keys)
        ours = self._ways(node, keys, flow)
        self._sizes(flow)
        self._stop()
        if not ours:
            self._returns(flow, {keys[n.get("id")] for n in nodes if n.name == "startEvent"})
            self._stop()
            flow.steps = _in_order(flow)
        self._messages()
        return Found(flow, self.notes)

    # Refusing

    def _refuse(self, ident: str, sentence: str) -> None:
        self.reasons.append((ident, sentence))

    def _note(self, ident: str, sentence: str) -> None:
        if len(self.notes) < MOST_REASONS:
            self.notes.append((ident, sentence))

    def _stop(self) -> None:
        if self.reasons:
            raise Refused(self.reasons[:MOST_REASONS])

    def _ids(self) -> None:
        """Ids are unique in a file; two elements of one id could not be told apart."""
        seen: set[str] = set()
        todo = [self.root]
        while todo:
            node = todo.pop()
            todo += node.children
            ident = node.get("id")
            if node.space == MODEL and ident and ident in seen:
                self._refuse(ident, _("标识“%(id)s”用了不止一次。") % {"id": ident})
            if node.space == MODEL:
                seen.add(ident)

    # Which process, which elements

    def _process(self) -> Node:
        processes = list(self.root.all(MODEL, "process"))
        full = [p for p in processes if any(True for _n in p.all(MODEL, *KINDS, *CHOREOGRAPHY))]
        if self.wanted:
            full = [p for p in full if p.get("id") == self.wanted]
        if len(full) == 1:
            return full[0]
        if not full:
            others = [c for c in self.root.children if c.name in ("choreography", "globalChoreographyTask")]
            ident = others[0].get("id") if others else self.wanted
            raise Refused([(ident, _("文件里没有可以导入的流程。"))])
        names = _pool_names(self.root)
        said = [(p.get("id"), names.get(p.get("id")) or p.get("name") or _("没有名称")) for p in full]
        sentence = _("文件里有 %(n)d 个流程，一次只能导入一个：“%(id)s”（%(name)s）。")
        raise Several([(i, sentence % {"n": len(full), "id": i, "name": name}) for i, name in said], said)

    def _nodes(self, process: Node) -> list[Node]:
        """The flow nodes that become steps, in the order of the file."""
        nodes = []
        for child in process.children:
            if child.space != MODEL or child.name in SILENT:
                continue
            if child.name in NOTED:
                said = _("“%(id)s”（%(what)s）不是环节，没有导入。")
                self._note(child.get("id"), said % {"id": child.get("id"), "what": child.name})
            elif self._can(child):
                nodes.append(child)
        if len(nodes) > MOST_STEPS:
            self._refuse("", _("环节超过 %(n)d 个。") % {"n": MOST_STEPS})
        return nodes

    def _can(self, node: Node) -> bool:
        """Whether a flowchart can say what this element says; else the reason is written down."""
        ident = node.get("id")
        values = {"id": ident, "what": node.name, "line": node.line}
        if not ident:
            self._refuse("", _("第 %(line)d 行的 %(what)s 没有 id。") % values)
        elif node.name not in KINDS:
            self._refuse(ident, _("“%(id)s”：流程图里没有和 %(what)s 对应的内容。") % values)
        elif node.name == "subProcess" and node.get("triggeredByEvent") in ("true", "1"):
            self._note(ident, _("“%(id)s”是由事件触发的子流程，没有导入。") % values)
        else:
            self._said_otherwise(node, values)
            for child in node.children:
                if child.name.endswith("EventDefinition") or child.name.endswith("LoopCharacteristics"):
                    self._note(ident, _("“%(id)s”的 %(what)s 没有导入。") % {"id": ident, "what": child.name})
            return True
        return False

    def _said_otherwise(self, node: Node, values: dict[str, object]) -> None:
        """Notes what the nearest step does not say of this element."""
        ident, inside = node.get("id"), len(list(node.all(MODEL, *KINDS)))
        if node.name in ("inclusiveGateway", "eventBasedGateway", "complexGateway"):
            self._note(ident, _("“%(id)s”（%(what)s）记作判断。") % values)
        elif node.name == "parallelGateway":
            self._note(ident, _("“%(id)s”是并行网关，记作环节：从它出去的各条路同时进行，请核对。") % values)
        elif node.name == "boundaryEvent":
            self._note(ident, _("“%(id)s”是挂在环节边上的事件，记作从那个环节另走的一步，请核对。") % values)
        elif node.name in FILLED and inside:
            sentence = _("“%(id)s”是子流程，记作一个环节；里面的 %(n)d 个环节没有导入。")
            self._note(ident, sentence % {"id": ident, "n": inside})

    def _messages(self) -> None:
        for collaboration in self.root.all(MODEL, "collaboration"):
            for flow in collaboration.all(MODEL, "messageFlow"):
                ident = flow.get("id")
                self._note(ident, _("消息“%(id)s”通向别的流程，没有导入。") % {"id": ident})

    # Steps

    def _keys(self, nodes: list[Node]) -> dict[str, str]:
        """Id → key: ours as written; of others the id in small letters, made unique."""
        keys: dict[str, str] = {}
        taken: set[str] = set()
        for node in nodes:
            own = _own(node, "step")
            key = own.get("key") if own else ""
            if not key:
                plain = re.sub(r"[^a-z0-9]+", "-", node.get("id").lower()).strip("-")[:36] or "step"
                key, n = plain, 2
                while key in taken:
                    key, n = f"{plain}-{n}", n + 1
            elif key in taken:
                self._refuse(node.get("id"), _("标识“%(id)s”用了不止一次。") % {"id": key})
            taken.add(key)
            keys[node.get("id")] = key
        return keys

    def _step(self, node: Node, keys: dict[str, str], posts: dict[str, str]) -> StepData:
        ident, own = node.get("id"), _own(node, "step")
        kind = KINDS[node.name]
        step = StepData(keys[ident], self._name(node, kind), kind, posts.get(ident, ""))
        if own:
            step.kind = own.get("kind") if own.get("kind") in STEP_KINDS else kind
            step.post, step.unit = own.get("post") or step.post, own.get("unit")
            step.limit = self._number(ident, own.get("limit"), 100_000)
            step.limit_unit = own.get("limitUnit") if own.get("limitUnit") in LIMIT_UNITS else ""
            step.limit_note = own.get("limitNote")
            step.standard, step.inputs, step.outputs = (
                _words(own, n) for n in ("standard", "inputs", "outputs")
            )
        else:
            step.standard = _documentation(node)
        step.foreign = self._foreign(node, ident)
        return step

    def _name(self, node: Node, kind: str) -> str:
        name = node.get("name")
        if _own(node, "step"):
            return name
        if name.strip():
            return " ".join(name.split())
        ident = node.get("id")
        with override(settings.LANGUAGE_CODE):  # a new chart is in the source language
            words = {START: _("开始"), END: _("结束"), DECISION: _("判断"), "review": _("环节 %(id)s")}
            if node.name == "parallelGateway":
                return _("同时进行")
        if kind == "review":
            self._note(ident, _("“%(id)s”没有名称，请补上。") % {"id": ident})
        return words[kind] % {"id": ident[:40]}

    def _risks(self, node: Node, keys: dict[str, str]) -> list[RiskData]:
        out = []
        for each in _own_all(node, "riskPoint"):
            ident = node.get("id")
            risk = RiskData(keys[ident], _words(each, "description"), each.get("level"))
            risk.measures, risk.owner = _words(each, "measures"), each.get("owner")
            risk.likelihood = self._number(ident, each.get("likelihood"), 5)
            risk.severity = self._number(ident, each.get("severity"), 5)
            risk.reviewed_on = self._date(ident, each.get("reviewedOn"))
            risk.next_review = self._date(ident, each.get("nextReview"))
            out.append(risk)
        return out

    def _number(self, ident: str, text: str, most: int) -> int | None:
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > most:
            self._refuse(ident, _("“%(id)s”里的“%(text)s”不是数字。") % {"id": ident, "text": text[:40]})
            return None
        return int(text)

    def _date(self, ident: str, text: str) -> dt.date | None:
        if not text:
            return None
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self._refuse(ident, _("“%(id)s”里的“%(text)s”不是日期。") % {"id": ident, "text": text[:40]})
            return None

    # Ways

    def _ways(self, process: Node, keys: dict[str, str], flow: FlowData) -> bool:
        """Adds the transitions; True where our own extension says of every one whether it returns."""
        ours = True
        for node in process.all(MODEL, "sequenceFlow"):
            ident, own = node.get("id"), _own(node, "transition")
            # By the schema these are plain ids; some programs write qualified names.
            ends = [node.get(name).strip().rpartition(":")[2] for name in ("sourceRef", "targetRef")]
            for end in ends:
                if end not in keys:
                    sentence = _("流转“%(id)s”连着没有的环节“%(end)s”。")
                    self._refuse(ident, sentence % {"id": ident or node.line, "end": end})
            if any(end not in keys for end in ends):
                continue
            if own is None and ends[0] == ends[1]:
                self._refuse(ident, _("流转“%(id)s”转回同一个环节。") % {"id": ident})
            condition = node.get("name") if own else " ".join(node.get("name").split())
            written_out = node.first(MODEL, "conditionExpression")
            if not condition and written_out is not None:
                condition = " ".join(written_out.text.split())
            way = WayData(keys[ends[0]], keys[ends[1]], condition)
            way.returns = bool(own and own.get("return") == "true")
            way.foreign = self._foreign(node, ident)
            ours = ours and own is not None
            flow.ways.append(way)
        return self._boundaries(process, keys, flow) and ours

    def _boundaries(self, process: Node, keys: dict[str, str], flow: FlowData) -> bool:
        """A way from each step to the events on its border; True where there are none."""
        events = [n for n in process.all(MODEL, "boundaryEvent") if n.get("id") in keys]
        for node in events:
            ident, host = node.get("id"), node.get("attachedToRef").rpartition(":")[2]
            if host in keys and host != ident:
                flow.ways.append(WayData(keys[host], keys[ident], ""))
            else:
                self._refuse(ident, _("“%(id)s”挂在没有的环节“%(end)s”上。") % {"id": ident, "end": host})
        return not events

    def _returns(self, flow: FlowData, starts: set[str]) -> None:
        """Of another program's file: which ways lead back; a loop without a way in or out is refused."""
        flow.steps = _from_start(flow, starts)
        chart = Chart("", [Step(s.key, s.name, s.kind) for s in flow.steps])
        chart.transitions.extend(Transition(w.source, w.target, "", w.returns) for w in flow.ways)
        loops = _loops(flow)
        for loop in loops:
            out = any(w.source in loop and w.target not in loop for w in flow.ways)
            into = loop & starts or any(w.source not in loop and w.target in loop for w in flow.ways)
            for missing, sentence in (
                (not out, _("环节“%(id)s”在一个圈里，没有出路。")),
                (not into, _("环节“%(id)s”在一个圈里，没有从开始到它的路。")),
            ):
                if missing:
                    key = next(s.key for s in flow.steps if s.key in loop)
                    self._refuse(key, sentence % {"id": key})
        forward = {(t.source, t.target) for t in chart.forward()}
        for way in flow.ways:
            way.returns = way.returns or (way.source, way.target) not in forward

    # The rest

    def _title(self, process: Node) -> str:
        names = _pool_names(self.root)
        for title in (
            process.get("name"),
            names.get(process.get("id"), ""),
            self.root.get("name"),
            process.get("id"),
        ):
            if title.strip():
                return title if process.get("name") == title else " ".join(title.split())
        return _("导入的流程图")

    def _foreign(self, node: Node, ident: str) -> dict[str, object]:
        """Other programs' attributes and extension elements, so that they go out again."""
        attributes = {
            k: v
            for k, v in node.attributes.items()
            if k.startswith("{") and k[1:].partition("}")[0] not in OURS_OR_OMG
        }
        inner = [c for e in node.all(MODEL, "extensionElements") for c in e.children if c.space != OWN]
        elements = "".join(written(c) for c in inner if c.space)
        self.foreign += len(elements) + sum(len(k) + len(v) for k, v in attributes.items())
        if self.foreign > MOST_FOREIGN:
            self._refuse(ident, _("“%(id)s”：其他软件的扩展内容太多。") % {"id": ident})
            return {}
        out: dict[str, object] = {"attributes": attributes} if attributes else {}
        return {**out, "elements": elements} if elements else out

    def _sizes(self, flow: FlowData) -> None:
        """What the rows of a chart can hold."""
        if len(flow.ways) > MOST_WAYS:
            self._refuse("", _("流转超过 %(n)d 条。") % {"n": MOST_WAYS})
        if len(flow.risks) > MOST_RISKS:
            self._refuse("", _("风险点超过 %(n)d 个。") % {"n": MOST_RISKS})
        fields = [("", _("标题"), flow.title, 200)]
        for s in flow.steps:
            fields += [
                (s.key, _("标识"), s.key, 40),
                (s.key, _("环节名称"), s.name, 100),
                (s.key, _("岗位"), s.post, 100),
                (s.key, _("承办单位"), s.unit, 200),
                (s.key, _("时限说明"), s.limit_note, 200),
            ]
        fields += [(f"{w.source} → {w.target}", _("条件"), w.condition, 100) for w in flow.ways]
        fields += [(r.step, _("责任人"), r.owner, 100) for r in flow.risks]
        for ident, what, text, most in fields:
            if len(text) > most:
                sentence = _("“%(id)s”的%(what)s超过 %(n)d 个字。")
                self._refuse(ident, sentence % {"id": ident, "what": what, "n": most})
            if "\x00" in text:
                self._refuse(ident, _("“%(id)s”的%(what)s里有不能用的字符。") % {"id": ident, "what": what})


def _own(node: Node, name: str) -> Node | None:
    return next(iter(_own_all(node, name)), None)


def _own_all(node: Node, name: str) -> list[Node]:
    return [c for e in node.all(MODEL, "extensionElements") for c in e.all(OWN, name)]


def _words(node: Node, name: str) -> str:
    child = node.first(OWN, name)
    return child.text if child else ""


def _documentation(node: Node) -> str:
    return "\n".join(d.text for d in node.all(MODEL, "documentation"))


def _pool_names(root: Node) -> dict[str, str]:
    """Process id (its local part) → name of its pool."""
    return {
        p.get("processRef").rpartition(":")[2]: p.get("name")
        for c in root.all(MODEL, "collaboration")
        for p in c.all(MODEL, "participant")
    }


def _posts(process: Node) -> dict[str, str]:
    """Element id → name of its innermost lane."""
    posts: dict[str, str] = {}
    todo = list(process.all(MODEL, "laneSet"))
    while todo:
        lane_set = todo.pop(0)
        for lane in lane_set.all(MODEL, "lane"):
            for ref in lane.all(MODEL, "flowNodeRef"):
                if lane.get("name").strip():
                    posts[ref.text.strip().rpartition(":")[2]] = " ".join(lane.get("name").split())
            todo += lane.all(MODEL, "childLaneSet")
    return posts


def _loops(flow: FlowData) -> list[set[str]]:
    """Sets of steps that lead to each other (Tarjan 1972, without recursion: by reachability, 300 steps)."""
    ways: dict[str, set[str]] = {s.key: set() for s in flow.steps}
    for w in flow.ways:
        ways[w.source].add(w.target)
    reach: dict[str, set[str]] = {}
    for key in ways:
        seen: set[str] = set()
        todo = list(ways[key])
        while todo:
            here = todo.pop()
            if here not in seen:
                seen.add(here)
                todo += ways[here]
        reach[key] = seen
    out: list[set[str]] = []
    for key in ways:
        if key in reach[key] and not any(key in loop for loop in out):
            out.append({k for k in reach[key] if key in reach[k]})
    return out


def _from_start(flow: FlowData, starts: set[str]) -> list[StepData]:
    """The steps by how many ways lie between them and the start: what leads to an earlier one leads back."""
    order = [s.key for s in flow.steps if s.key in starts]
    for key in order:  # grows while it is walked
        order += [w.target for w in flow.ways if w.source == key and w.target not in order]
    place = {key: n for n, key in enumerate(order)}
    return sorted(flow.steps, key=lambda s: place.get(s.key, len(place)))


def _in_order(flow: FlowData) -> list[StepData]:
    """The steps as one reads them: beginning at the start, along the ways forward."""
    ways: dict[str, list[str]] = {s.key: [] for s in flow.steps}
    degree = dict.fromkeys(ways, 0)
    for w in flow.ways:
        if not w.returns:
            ways[w.source].append(w.target)
            degree[w.target] += 1
    steps = {s.key: s for s in flow.steps}
    ready = [k for k in ways if not degree[k]]
    ready.sort(key=lambda k: steps[k].kind != START)
    out: list[StepData] = []
    while ready:
        key = ready.pop(0)
        out.append(steps[key])
        fresh = []
        for target in ways[key]:
            degree[target] -= 1
            if not degree[target]:
                fresh.append(target)
        ready = fresh + ready
    return out + [s for s in flow.steps if s not in out]
