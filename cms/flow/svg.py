"""The narrow drawing as inline SVG: classes only, so that the sheet gives every colour, in the dark too."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from cms.flow.chart import DECISION, END, START, Chart
from cms.flow.narrow import Box, Line, draw

RISK = {2: ("risk-2", "risk-2t"), 3: ("risk", "risk-t")}


def narrow_svg(chart: Chart, *, ident: str = "flow") -> SafeString:
    """Inline SVG of the chart, 288 units wide; `ident` makes its ids unique on a page with several.

    The drawing has a title and a description; the ordered list beside it holds the full text."""
    d = draw(chart)
    return format_html(
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" focusable="false" '
        'aria-labelledby="{i}-t {i}-d">'
        '<title id="{i}-t">{title}</title><desc id="{i}-d">{desc}</desc>'
        '<defs><marker id="{i}-tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto" markerUnits="userSpaceOnUse"><path class="tip" d="M0 0L8 4L0 8Z"/></marker></defs>'
        "{lines}{boxes}{labels}</svg>",
        w=_n(d.width), h=_n(d.height), i=ident, title=chart.title, desc=_description(chart),
        lines=_joined(_line(x, ident) for x in d.lines),
        boxes=_joined(_box(b) for b in d.boxes),
        labels=_joined(_label(x) for x in d.lines if x.label),
    )  # fmt: skip


def _description(chart: Chart) -> str:
    high = sum(s.risk == 3 for s in chart.steps)
    medium = sum(s.risk == 2 for s in chart.steps)
    steps = ngettext("共 %(n)d 个环节", "共 %(n)d 个环节", len(chart.steps)) % {"n": len(chart.steps)}
    risks = gettext("%(high)d 处高风险、%(medium)d 处中风险") % {"high": high, "medium": medium}
    return gettext("%(steps)s，%(risks)s；全部内容见旁边的环节列表。") % {"steps": steps, "risks": risks}


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((p,) for p in parts))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(line: Line, ident: str) -> SafeString:
    d = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in line.points)
    cls = "arr back" if line.back else "arr"
    return format_html('<path class="{}" d="{}" marker-end="url(#{}-tip)"/>', cls, d, ident)


def _label(line: Line) -> SafeString:
    cls = "t2 tl" if line.start else "t2"
    return format_html(
        '<text class="{}" x="{}" y="{}">{}</text>', cls, _n(line.label_x), _n(line.label_y), line.label
    )


def _box(box: Box) -> SafeString:
    return format_html("{}{}{}", _shape(box), _words(box), _risk(box))


def _shape(box: Box) -> SafeString:
    if box.step.kind == DECISION:
        half = box.h / 2
        d = (
            f"M{_n(box.middle)} {_n(box.y)}L{_n(box.x + box.w)} {_n(box.y + half)}"
            f"L{_n(box.middle)} {_n(box.y + box.h)}L{_n(box.x)} {_n(box.y + half)}Z"
        )
        return format_html('<path class="ask" d="{}"/>', d)
    ends = box.step.kind in (START, END)
    radius = min(box.h / 2, 26) if ends else 2
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        "end" if ends else "box", _n(box.x), _n(box.y), _n(box.w), _n(box.h), _n(radius),
    )  # fmt: skip


def _words(box: Box) -> SafeString:
    total = len(box.name) * 19 + (17 if box.under else 0)
    y = box.y + (box.h - total) / 2 + 14.5
    parts = [
        format_html('<text x="{}" y="{}">{}</text>', _n(box.middle), _n(y + 19 * n), text)
        for n, text in enumerate(box.name)
    ]
    if box.under:
        at = y + 19 * len(box.name) - 1.5
        parts.append(
            format_html('<text class="t2" x="{}" y="{}">{}</text>', _n(box.middle), _n(at), box.under)
        )
    return _joined(parts)


def _risk(box: Box) -> SafeString:
    """The badge of a medium or high risk, on the upper edge of its box."""
    if box.step.risk not in RISK:
        return SafeString("")
    rect, text = RISK[box.step.risk]
    x = box.x + box.w - 54
    word = gettext("风险 高") if box.step.risk == 3 else gettext("风险 中")
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="48" height="17" rx="2"/>'
        '<text class="{}" x="{}" y="{}">{}</text>',
        rect, _n(x), _n(box.y - 9), text, _n(x + 24), _n(box.y + 3.5), word,
    )  # fmt: skip
