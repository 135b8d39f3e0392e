"""Both drawings of the real flow, written ones and 200 random ones: geometry here, words in Chromium."""

from pathlib import Path

import pytest

from cms.flow import narrow, wide
from cms.flow.chart import DECISION, END, START, Chart, Step, Transition
from cms.flow.svg import narrow_svg, wide_svg
from tests.support import charts

ROOT = Path(__file__).resolve().parents[3]
ALL = charts.all_charts()
DRAWINGS = {"narrow": narrow.draw, "wide": wide.draw}


def test_the_written_charts_are_what_the_issue_asks():
    for chart in (charts.penalty(), charts.licence()):
        assert len(chart.steps) == 25
        assert sum(s.kind == DECISION for s in chart.steps) == 4
        assert sum(t.returns for t in chart.transitions) == 5
        assert len({s.post for s in chart.steps}) == 3


def test_the_random_charts_are_what_the_issue_asks():
    for chart in map(charts.random_chart, range(200)):
        assert 3 <= len(chart.steps) <= 40
        assert all(4 <= len(s.name) <= 24 for s in chart.steps)
        for s in chart.steps:
            assert sum(t.source == s.key for t in chart.transitions) <= 3
        assert sum(t.returns for t in chart.transitions) <= 0.2 * len(chart.transitions)


@pytest.mark.parametrize("form", DRAWINGS)
def test_no_two_boxes_overlap_and_no_line_runs_through_one(form):
    for chart in ALL:
        drawing = DRAWINGS[form](chart)
        assert [b.step.key for b in drawing.boxes] == [s.key for s in chart.steps]
        assert len(drawing.lines) == len(chart.transitions)
        assert not charts.overlaps(drawing), chart.title
        assert not charts.pierced(drawing), chart.title
        for b in drawing.boxes:
            assert b.x >= 0
            assert b.x + b.w <= drawing.width
            assert b.y + b.h <= drawing.height


def test_the_checks_above_see_what_is_wrong():
    drawing = wide.draw(charts.penalty())
    a, b = drawing.boxes[:2]
    line = drawing.lines[-1]
    through = type(line)([(a.middle, a.y - 50), (a.middle, b.y + 50)], source="x", target="y")
    drawing.lines.append(through)
    assert charts.pierced(drawing) == [("x", "y", a.step.key), ("x", "y", b.step.key)]
    drawing.boxes[1] = type(a)(b.step, False, 0, a.x + 5, a.y + 5, b.w, b.h, b.name, b.under)
    assert charts.overlaps(drawing)


def test_layers_follow_the_longest_way_forward():
    rows = {b.step.key: b.row for b in wide.draw(charts.licence()).boxes}
    for t in charts.licence().forward():
        assert rows[t.source] < rows[t.target]


def test_each_post_has_its_lane():
    drawing = wide.draw(charts.penalty())
    assert ["".join(lane.name) for lane in drawing.lanes] == ["执法人员", "机关负责人", "法制审核员"]
    for box in drawing.boxes:
        lane = next(x for x in drawing.lanes if x.x <= box.x and box.x + box.w <= x.x + x.w)
        assert "".join(lane.name) == box.step.post


def test_without_posts_or_with_too_many_the_post_stands_in_the_box():
    steps = [Step(f"s{n}", f"环节{n}", under=f"岗位{n}", post=f"岗位{n}") for n in range(8)]
    drawing = wide.draw(Chart("多岗位", steps, [Transition(f"s{n}", f"s{n + 1}") for n in range(7)]))
    assert drawing.lanes == []
    assert drawing.boxes[0].under == ["岗位0"]


def test_barycentres_save_crossings():
    """The same charts laid out without sweeps cross more than half as often again."""
    from cms.flow import layers

    few = sum(charts.crossings(wide.draw(c)) for c in ALL[:40])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "_order", lambda found: layers._number(found.layers))
        many = sum(charts.crossings(wide.draw(c)) for c in ALL[:40])
    assert many > 1.5 * few


def test_a_way_back_on_the_same_layer_and_to_a_lower_one():
    steps = [Step(k, k * 4) for k in "abcd"]
    ways = [Transition("a", "b"), Transition("a", "c"), Transition("c", "d")]
    for back in (Transition("b", "c", "同层", True), Transition("b", "d", "向下", True)):
        chart = Chart("退回", steps, [*ways, back])
        drawing = wide.draw(chart)
        assert not charts.pierced(drawing)
        assert [line.back for line in drawing.lines] == [False, False, False, True]


def test_an_empty_chart_and_a_single_step():
    assert wide.draw(Chart("空", [])).boxes == []
    assert len(wide.draw(Chart("一", [Step("a", "只有一步", START)])).boxes) == 1


def test_a_whole_name_stands_in_the_wide_drawing():
    name = "对未经批准擅自占用城市道路摆卖物品行为的调查取证工作"
    box = wide.draw(Chart("长", [Step("a", name), Step("b", "完", END)], [Transition("a", "b")])).boxes[0]
    assert "".join(box.name) == name


def test_a_badge_leads_to_the_measures_and_what_is_typed_is_escaped():
    step = Step("a", "<b>甲</b>", risk=3, risk_word="风险 高", risk_link="#risk-a-1")
    svg = wide_svg(Chart("<script>", [step]))
    assert '<a href="#risk-a-1"' in svg
    assert 'role="group"' in svg
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert 'role="img"' in narrow_svg(Chart("无风险", [Step("a", "甲")]))


OUTSIDE = """() => {
  const wrong = [];
  for (const g of document.querySelectorAll('g.step')) {
    const shape = g.firstElementChild, b = shape.getBBox(), ask = shape.classList.contains('ask');
    for (const t of g.querySelectorAll('text')) {
      const r = t.getBBox();
      let ok = r.x >= b.x && r.x + r.width <= b.x + b.width
        && r.y >= b.y - .5 && r.y + r.height <= b.y + b.height + .5;
      if (ask) {  // the letters themselves, at two thirds of the line's height, inside the slanting edges
        const cx = b.x + b.width / 2, cy = b.y + b.height / 2, my = r.y + r.height / 2, half = r.height / 3;
        for (const x of [r.x, r.x + r.width]) for (const y of [my - half, my + half])
          ok = ok && Math.abs(x - cx) / (b.width / 2) + Math.abs(y - cy) / (b.height / 2) <= 1.001;
      }
      if (!ok) wrong.push([g.closest('figure').id, g.dataset.step, t.textContent]);
    }
  }
  for (const svg of document.querySelectorAll('svg')) {
    const v = svg.viewBox.baseVal;
    for (const t of svg.querySelectorAll('text')) {
      const r = t.getBBox();
      if (r.x < 0 || r.x + r.width > v.width || r.y < -1 || r.y + r.height > v.height + 1)
        wrong.push([svg.closest('figure').id, 'viewBox', t.textContent]);
    }
    for (const rect of svg.querySelectorAll('.risk, .risk-1, .risk-2')) {
      const b = rect.getBBox(), r = rect.nextElementSibling.getBBox();
      if (r.x < b.x || r.x + r.width > b.x + b.width) wrong.push([svg.closest('figure').id, 'badge']);
    }
  }
  return [document.querySelectorAll('g.step text').length, wrong];
}"""


def test_no_words_outside_their_box(windowless):
    """getBBox in Chromium, with the site's own sheets, every chart in both drawings."""
    css = "".join((ROOT / "static" / name).read_text(encoding="utf-8") for name in ("tokens.css", "site.css"))
    figures = "".join(
        f'<figure class="flow draw" id="{form}-{n}">{svg(chart, ident=f"{form}-{n}-i")}</figure>'
        for n, chart in enumerate(ALL)
        for form, svg in (("narrow", narrow_svg), ("wide", wide_svg))
    )
    context = windowless.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_content(f'<html lang="zh-Hans"><style>{css}</style>{figures}</html>')
    count, wrong = page.evaluate(OUTSIDE)
    context.close()
    assert count > 10_000
    assert not wrong, f"{len(wrong)}: {wrong[:10]}"


def test_the_bench_counts():
    """A small run of the table that `bench flow` prints."""
    from tests.bench import flow

    text = flow.drawings(6).text()
    assert "all random (6)" in text
    assert charts.penalty().title in text


def test_on_paper_a_high_chart_is_cut_between_boxes():
    import re

    from cms.flow.svg import wide_for_paper

    chart = charts.penalty()
    pieces = re.findall(r'class="piece" viewBox="0 ([\d.]+) ([\d.]+) ([\d.]+)"', wide_for_paper(chart))
    drawing = wide.draw(chart)
    assert len(pieces) == 2
    assert sum(float(h) for _y, _w, h in pieces) == pytest.approx(drawing.height, abs=0.2)
    for y, _w, _h in pieces[1:]:
        assert all(float(y) <= b.y or b.y + b.h <= float(y) for b in drawing.boxes)
    assert "piece" not in wide_for_paper(charts.random_chart(20))
