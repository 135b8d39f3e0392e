"""BPMN 2.0: out, valid by the OMG's schema; in again, the same chart; other programs' files; hostile ones."""

import datetime as dt
import pathlib
import re

import pytest

from cms.flow import bpmn_in, bpmn_out
from cms.flow.document import FlowData, RiskData, StepData, WayData
from cms.flow.xml import Refused
from tests.support import charts

BPMN = charts.SHARED / "standards" / "bpmn"
absent = pytest.mark.skipif(not BPMN.exists(), reason="the shared standards are not beside the project")


def flow_of(chart) -> FlowData:
    """A chart with every field filled with something that XML could spoil."""
    steps = [
        StepData(
            s.key, s.name, s.kind, s.post, unit="法规科 & 其他", limit=n, limit_unit="workday",
            limit_note=s.limit, standard='a < b & "c"\r\n第二行\t', inputs="甲]]>乙", outputs="<丙>",
        )
        for n, s in enumerate(chart.steps)
    ]  # fmt: skip
    ways = [WayData(t.source, t.target, t.condition, t.returns) for t in chart.transitions]
    day = dt.date(2026, 3, 1)
    risks = [
        RiskData(s.key, f"风险{n}", "high", "一\r\n二", "处长", 3, 5, day, dt.date(2026, 9, 1))
        for s in chart.steps
        for n in range(s.risk)
    ]
    return FlowData(
        chart.title, " 说明\n\n两段 ", steps, ways, sorted(risks, key=lambda r: steps_order(steps, r))
    )


def steps_order(steps, risk):
    return [s.key for s in steps].index(risk.step)


@pytest.fixture(scope="module")
def flows():
    return [flow_of(chart) for chart in charts.all_charts()]


def test_exported_and_imported_it_is_the_same_chart(flows):
    for flow in flows:
        found = bpmn_in.read(bpmn_out.write(flow).encode())
        assert found.flow == flow
        assert not found.notes


@absent
def test_it_is_valid_by_the_schema(flows):
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(BPMN / "xsd" / "BPMN20.xsd"))
    for flow in flows:
        assert schema.validate(etree.fromstring(bpmn_out.write(flow).encode())), schema.error_log[:2]


def test_everything_has_its_coordinates(flows):
    flow = flows[1]
    text = bpmn_out.write(flow)
    assert text.count("<bpmndi:BPMNEdge") == len(flow.ways)
    posts = len({s.post for s in flow.steps})
    assert text.count("<bpmndi:BPMNShape") == len(flow.steps) + posts + 1


# file → process id → (steps, ways, notes): every process of every file is taken
TAKEN = {
    "A.1.0": {
        "": (5, 4, 0),
    },
    "A.2.0": {
        "": (8, 9, 0),
    },
    "A.2.1": {
        "": (8, 11, 0),
    },
    "A.3.0": {
        "": (10, 10, 4),
    },
    "A.4.0": {
        "WFP-6-1": (4, 3, 2),
        "WFP-6-2": (7, 6, 4),
    },
    "A.4.1": {
        "sid-34746A54-1D7D-46CA-B219-0C4CEAE51170": (4, 3, 2),
        "sid-54D696FD-DEDC-45F3-99DB-1404DA433FC4": (7, 6, 4),
    },
    "B.1.0": {
        "Process_ba16239e-181e-4b9f-bc5b-0bb2ee973450": (3, 2, 2),
        "WFP-6-1": (5, 4, 3),
        "WFP-6-2": (15, 16, 12),
        "WFP-0-": (3, 2, 2),
    },
    "B.2.0": {
        "Process_ba16239e-181e-4b9f-bc5b-0bb2ee973450": (8, 7, 7),
        "WFP-6-1": (21, 22, 20),
        "WFP-6-2": (50, 56, 39),
        "WFP-0-": (3, 2, 2),
    },
    "C.1.0": {
        "sid-5FBB6CB3-8A7C-42B5-9024-15BB2684EC57": (11, 10, 10),
        "bpmn-miwg-test-case-c.1.0": (10, 10, 6),
    },
    "C.1.1": {
        "": (10, 10, 6),
    },
    "C.2.0": {
        "WFP-Page_1-1": (3, 2, 7),
        "WFP-Page_1-2": (4, 3, 6),
        "WFP-Page_1-3": (9, 9, 9),
        "WFP-Page_1-4": (6, 5, 6),
    },
    "C.3.0": {
        "": (14, 17, 6),
    },
    "C.4.0": {
        "_42cba3a9-a8ab-40b5-b9a4-2e8f32be364e": (23, 26, 9),
        "_f0035388-f829-470c-b82b-0b15c3da3399": (7, 6, 6),
        "_da743a6f-d9e5-4fcf-8a96-d2fd5cfb73d4": (6, 6, 5),
        "_3486bf55-0a7f-4ff1-be15-1555669f58ad": (4, 3, 3),
    },
    "C.5.0": {
        "_3d1ef204-2d4c-4643-8fc5-c319cc032ec0": (31, 34, 15),
        "_774bc005-0917-43d5-ab70-0f9fe123fbd1": (6, 6, 0),
    },
    "C.6.0": {
        "": (23, 23, 15),
    },
    "C.7.0": {
        "": (11, 12, 9),
    },
    "C.8.0": {
        "": (18, 17, 5),
    },
    "C.8.1": {
        "": (18, 17, 8),
    },
    "C.9.0": {
        "": (15, 16, 5),
    },
    "C.9.1": {
        "": (10, 9, 4),
    },
    "C.9.2": {
        "": (5, 4, 6),
    },
}


@absent
@pytest.mark.parametrize("path", sorted((BPMN / "reference").glob("*.bpmn")), ids=lambda p: p.stem)
def test_a_reference_diagram_is_imported_process_by_process(path):
    data = path.read_bytes()
    try:
        processes = [("", bpmn_in.read(data))]
    except bpmn_in.Several as several:
        processes = [(ident, bpmn_in.read(data, process=ident)) for ident, _name in several.choices]
    sizes = {i: (len(f.flow.steps), len(f.flow.ways), len(f.notes)) for i, f in processes}
    assert sizes == TAKEN[path.stem]
    for _ident, found in processes:
        # Other programs' extensions survive a second journey.
        assert bpmn_in.read(bpmn_out.write(found.flow).encode()).flow == found.flow
        assert all(ident in sentence for ident, sentence in found.notes)


def test_the_table_of_reference_diagrams_in_the_handbook_is_what_is_read():
    text = (pathlib.Path(__file__).parents[3] / "docs" / "flowcharts.md").read_text(encoding="utf-8")
    for name, processes in TAKEN.items():
        for ident, (steps, ways, notes) in processes.items():
            assert f"| {name} | {ident or '-'} | {steps} | {ways} | {notes} |" in text


def model(inner: str, head: str = "", ids: str = "") -> bytes:
    space = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<definitions {space} targetNamespace="x">'
        f'<process id="p" name="流程"{ids}>{inner}</process></definitions>'
    ).encode()


PLAIN = (
    '<startEvent id="Start_1"/><userTask id="Activity_1" name="审查"/><endEvent id="End_1"/>'
    '<sequenceFlow id="f1" sourceRef="Start_1" targetRef="Activity_1"/>'
    '<sequenceFlow id="f2" sourceRef="Activity_1" targetRef="End_1" name="同意"/>'
)


def test_another_programs_file():
    flow = bpmn_in.read(model(PLAIN)).flow
    assert [(s.key, s.name, s.kind) for s in flow.steps] == [
        ("start-1", "开始", "start"), ("activity-1", "审查", "review"), ("end-1", "结束", "end"),
    ]  # fmt: skip
    assert [(w.source, w.target, w.condition) for w in flow.ways] == [
        ("start-1", "activity-1", ""), ("activity-1", "end-1", "同意"),
    ]  # fmt: skip


def test_a_loop_of_another_program_becomes_a_return_and_steps_stand_in_reading_order():
    inner = (
        '<endEvent id="e"/><task id="b" name="乙"/><task id="a" name="甲"/><startEvent id="s"/>'
        '<sequenceFlow id="1" sourceRef="s" targetRef="a"/><sequenceFlow id="2" sourceRef="a" targetRef="b"/>'
        '<sequenceFlow id="3" sourceRef="b" targetRef="a"/><sequenceFlow id="4" sourceRef="b" targetRef="e"/>'
    )
    flow = bpmn_in.read(model(inner)).flow
    assert [s.key for s in flow.steps] == ["s", "a", "b", "e"]
    assert [(w.source, w.target) for w in flow.ways if w.returns] == [("b", "a")]


def test_unknown_extensions_survive():
    inner = PLAIN.replace(
        'name="审查"/>',
        'name="审查" camunda:assignee="张三"><extensionElements><camunda:x a="1">甲 &amp; 乙<camunda:y/>'
        "</camunda:x></extensionElements></userTask>",
    )
    flow = bpmn_in.read(model(inner)).flow
    text = bpmn_out.write(flow)
    assert "甲 &amp; 乙" in text
    assert 'assignee="张三"' in text
    assert bpmn_in.read(text.encode()).flow == flow


def test_lanes_are_posts():
    lanes = (
        '<laneSet id="ls"><lane id="l1" name="处"><childLaneSet id="c"><lane id="l2" name="科员">'
        "<flowNodeRef>Activity_1</flowNodeRef></lane></childLaneSet></lane></laneSet>"
    )
    assert bpmn_in.read(model(lanes + PLAIN)).flow.steps[1].post == "科员"


def test_a_chinese_encoding_is_read():
    data = model(PLAIN).decode().replace("UTF-8", "GB18030").encode("gb18030")
    assert bpmn_in.read(data).flow.steps[1].name == "审查"


ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


LOOP = '<sequenceFlow id="f3" sourceRef="Activity_1" targetRef="Activity_1"/>'


@pytest.mark.parametrize(
    ("data", "ident", "words"),
    [
        (b"", "", "第 1 行"),
        (b"<a><b></a>", "", "不是正确的 XML"),
        (b"<a/>", "", "不是 BPMN"),
        (b"\x89PNG\r\n\x1a\n", "", "不是正确的 XML"),
        (model(PLAIN, ENTITY), "", "DTD"),
        (model(PLAIN, LAUGHS), "", "DTD"),
        (model(PLAIN, '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'), "", "DTD"),
        (model("<g>" * 80 + "</g>" * 80), "", "套了"),
        (model("<group/>" * 60_000), "", "元素超过"),
        (b" " * 5_000_000, "", "超过 4 MB"),
        (model(""), "", "没有可以导入的流程"),
        (model(PLAIN + '<task id="Activity_1"/>'), "Activity_1", "不止一次"),
        (model(PLAIN + '<sequenceFlow id="f3" sourceRef="Activity_1" targetRef="none"/>'), "f3", "none"),
        (model(PLAIN + '<sequenceFlow id="f3" sourceRef="Activity_1"/>'), "f3", "没有的环节"),
        (model(PLAIN + LOOP), "f3", "同一个"),
        (model(PLAIN + '<boundaryEvent id="b1" attachedToRef="none"/>'), "b1", "挂在"),
        (model(PLAIN + '<boundaryEvent id="b1"/>'), "b1", "挂在"),
        (model(PLAIN + '<choreographyTask id="c1"/>'), "c1", "没有和"),
        (model(PLAIN + "<userTask name='没有'/>"), "", "没有 id"),
        (model(PLAIN.replace("审查", "长" * 101)), "activity-1", "超过 100 个字"),
        (
            model(
                PLAIN + '<task id="x" name="甲"/><task id="y" name="乙"/><sequenceFlow id="f4" sourceRef="x" '
                'targetRef="y"/><sequenceFlow id="f5" sourceRef="y" targetRef="x"/>'
                '<sequenceFlow id="f6" sourceRef="Start_1" targetRef="x"/>'
            ),
            "x",
            "没有出路",
        ),
        (
            model(
                PLAIN + '<task id="x" name="甲"/><task id="y" name="乙"/><sequenceFlow id="f4" sourceRef="x" '
                'targetRef="y"/><sequenceFlow id="f5" sourceRef="y" targetRef="x"/>'
                '<sequenceFlow id="f6" sourceRef="x" targetRef="End_1"/>'
            ),
            "x",
            "没有从开始到它的路",
        ),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_sentence_and_the_element(data, ident, words):
    with pytest.raises(Refused) as refused:
        bpmn_in.read(data)
    assert [i for i, sentence in refused.value.reasons if words in sentence] == [ident]


def test_two_processes_need_a_choice():
    two = model(PLAIN).replace(b"</process>", b'</process><process id="q"><task id="t" name="x"/></process>')
    with pytest.raises(Refused) as refused:
        bpmn_in.read(two)
    assert [ident for ident, _ in refused.value.reasons] == ["p", "q"]
    assert len(bpmn_in.read(two, process="q").flow.steps) == 1


@pytest.mark.parametrize(
    ("more", "ident", "words", "step"),
    [
        ('<parallelGateway id="g1"/>', "g1", "并行网关", ("同时进行", "review")),
        ('<complexGateway id="g1"/>', "g1", "记作判断", ("判断", "decision")),
        ('<boundaryEvent id="b1" name="超时" attachedToRef="Activity_1"/>', "b1", "挂在", ("超时", "review")),
        ('<subProcess id="sp" name="核查"><task id="t"/></subProcess>', "sp", "1 个", ("核查", "review")),
        ('<subProcess id="ev" triggeredByEvent="true"><task id="t"/></subProcess>', "ev", "由事件触发", None),
    ],
)
def test_what_a_chart_says_otherwise_is_the_nearest_step_with_a_note(more, ident, words, step):
    found = bpmn_in.read(model(PLAIN + more))
    assert [i for i, sentence in found.notes if words in sentence] == [ident]
    assert [(s.name, s.kind) for s in found.flow.steps[3:]] == ([step] if step else [])
    assert ("activity-1", "b1") in [(w.source, w.target) for w in found.flow.ways] or ident != "b1"


def prefixed(prefix: str) -> str:
    text = model(PLAIN).decode().replace("xmlns=", f"xmlns:{prefix}=").replace("</", f"</{prefix}:")
    return re.sub(r"<(?=[a-z])", f"<{prefix}:", text)


@pytest.mark.parametrize("prefix", ["bpmn", "bpmn2", "semantic"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_prefix_and_unicode_encoding_is_read(prefix, encoding):
    name = "UTF-16" if encoding == "utf-16" else "UTF-8"
    data = prefixed(prefix).replace('encoding="UTF-8"', f'encoding="{name}"').encode(encoding)
    assert bpmn_in.read(data).flow == bpmn_in.read(model(PLAIN)).flow
