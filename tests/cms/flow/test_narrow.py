"""The narrow drawing: every step has a box, none touches another, no line crosses one, words stay inside."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.narrow import GUTTER, NAME_EMS, NAME_EMS_SIDE, WIDTH, draw
from cms.flow.svg import narrow_svg
from cms.flow.words import lines, width


def chart(*ways, returns=(), kinds=None):
    keys = list(dict.fromkeys(k for way in ways for k in way))
    steps = [Step(k, f"环节{k}", (kinds or {}).get(k, "review")) for k in keys]
    return Chart(
        "流程",
        steps,
        [Transition(a, b) for a, b in ways] + [Transition(a, b, "退回", True) for a, b in returns],
    )


def test_it_works():
    drawing = draw(chart("ab", "bc", "cd", returns=["cb"]))
    assert [b.step.key for b in drawing.boxes] == list("abcd")
    assert [b.row for b in drawing.boxes] == [0, 1, 2, 3]
    assert [line.back for line in drawing.lines] == [False, False, False, True]


def test_a_branch_stands_on_the_right():
    drawing = draw(chart("ab", "bc", "cd", "be", kinds={"b": DECISION, "e": END}))
    assert {b.step.key for b in drawing.boxes if b.side} == {"e"}


def test_an_unmarked_loop_is_drawn_as_a_return():
    assert sum(line.back for line in draw(chart("ab", "bc", "ca")).lines) == 1


def test_an_empty_chart_is_an_empty_drawing():
    assert draw(Chart("空", [])).boxes == []


def test_a_dangling_transition_is_left_out():
    assert draw(Chart("流程", [Step("a", "甲")], [Transition("a", "nowhere")])).lines == []


def test_what_is_typed_is_escaped():
    svg = narrow_svg(Chart("<script>", [Step("a", "<b>甲</b>", START)]))
    assert "<script>" not in svg
    assert "<b>" not in svg


@pytest.mark.parametrize(
    ("text", "ems", "most", "expected"),
    [
        ("立案审批", 10, 2, ["立案审批"]),
        ("对擅自占用城市道路摆卖物品的处罚", 10, 2, ["对擅自占用城市道路摆", "卖物品的处罚"]),
        ("一二三四五六七八九十一二", 5, 2, ["一二三四五", "六七八九…"]),
        ("accept the application", 10, 2, ["accept the", "application"]),
        ("", 5, 2, []),
    ],
)
def test_words_break_inside_the_box(text, ems, most, expected):
    assert lines(text, ems, most) == expected


names = st.text("审查受理决定办结送达一二三四五六七八abcd efg", min_size=1, max_size=24)


@st.composite
def charts(draw_):
    n = draw_(st.integers(1, 25))
    kinds = st.sampled_from(["review", "accept", DECISION, END])
    steps = [Step(str(i), draw_(names), draw_(kinds), under=draw_(names)) for i in range(n)]
    ends = st.integers(0, n - 1)
    ways = draw_(st.lists(st.tuples(ends, ends, st.booleans()), max_size=2 * n))
    return Chart("随机", steps, [Transition(str(a), str(b), "是", r) for a, b, r in ways])


@given(charts())
@settings(max_examples=150, deadline=None)
def test_no_box_overlaps_and_no_line_crosses_one(c):
    d = draw(c)
    assert sorted(b.step.key for b in d.boxes) == sorted(s.key for s in c.steps)
    for a in d.boxes:
        assert a.x >= 0
        assert a.x + a.w <= WIDTH
        most = NAME_EMS_SIDE if a.side else NAME_EMS
        assert all(width(text) <= most for text in a.name)
        for b in d.boxes:
            apart = a.x + a.w <= b.x or b.x + b.w <= a.x or a.y + a.h <= b.y or b.y + b.h <= a.y
            assert a is b or apart
    for line in d.lines:
        for (x0, y0), (x1, y1) in zip(line.points, line.points[1:], strict=False):
            in_gutter = all(GUTTER[0] - 0.1 <= x <= GUTTER[1] + 0.1 for x in (x0, x1))
            if not in_gutter:  # straight down inside one column
                assert x0 == x1
                low, high = sorted((y0, y1))
                assert not any(
                    b.x < x0 < b.x + b.w and b.y < high - 0.5 and b.y + b.h > low + 3.5 for b in d.boxes
                )
