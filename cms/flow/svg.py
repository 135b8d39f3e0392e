"""Both drawings as inline SVG: classes only, so that the sheet gives every colour, in the dark too."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from cms.flow import narrow, wide
from cms.flow.chart import DECISION, END, START, Chart
from cms.flow.shapes import NAME_LINE, UNDER_LINE, Box, Drawing, Lane, Line, badge_width

RISK = {1: ("risk-1", "risk-1t"), 2: ("risk-2", "risk-2t"), 3: ("risk", "risk-t")}


def narrow_svg(chart: Chart, *, ident: str = "flow") -> SafeString:
    """Inline SVG of the chart, 288 units wide; `ident` makes its ids unique on a page with several.

    The drawing has a title and a description; the ordered list beside it holds the full text."""
    return _svg(chart, narrow.draw(chart), ident)


def wide_svg(chart: Chart, *, ident: str = "flow-w") -> SafeString:
    """Inline SVG of the chart in layers and lanes, as wide as it needs."""
    return _svg(chart, wide.draw(chart), ident)


A4 = (672.0, 1.28)  # CSS pixels between the margins of a printed page, and how much higher than wide it is


def wide_for_paper(chart: Chart, *, ident: str = "flow-w") -> SafeString:
    """The wide drawing, and where it is too high for one page its pieces, cut between layers (shown in print
    alone; they point to the drawing, so that it is sent once)."""
    d = wide.draw(chart)
    whole = _svg(chart, d, ident)
    most = max(d.width, A4[0]) * A4[1]
    if d.height <= most:
        return whole
    pieces, top = [], 0.0
    while top < d.height:
        foot = max((y + 1 for y in d.cuts if top < y <= top + most), default=d.height)
        if d.height - top <= most:
            foot = d.height
        pieces.append((top, foot - top))
        top = foot
    return format_html(
        '<div class="whole">{}</div>{}',
        whole,
        _joined(
            format_html(
                '<svg class="piece" viewBox="0 {} {} {}" width="{}" aria-hidden="true" focusable="false">'
                '<use href="#{}-all"/></svg>',
                _n(y), _n(d.width), _n(h), _n(d.width), ident,
            )
            for y, h in pieces
        ),
    )  # fmt: skip


def _svg(chart: Chart, d: Drawing, ident: str) -> SafeString:
    # With links inside it is no longer one picture to a screen reader: its words then stay silent (the list
    # has them all), the links are heard.
    linked = any(b.step.risk in RISK and b.step.risk_link for b in d.boxes)
    return format_html(
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="{role}" focusable="false" '
        'aria-labelledby="{i}-t {i}-d">'
        '<title id="{i}-t">{title}</title><desc id="{i}-d">{desc}</desc>'
        '<defs><marker id="{i}-tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto" markerUnits="userSpaceOnUse"><path class="tip" d="M0 0L8 4L0 8Z"/></marker></defs>'
        '<g id="{i}-all" class="flow"><g{silent}>{lanes}{lines}{boxes}{labels}</g>{badges}</g></svg>',
        w=_n(d.width), h=_n(d.height), i=ident, title=chart.title, desc=_description(chart),
        role="group" if linked else "img", silent=SafeString(' aria-hidden="true"' if linked else ""),
        lanes=_joined(_lane(x, d, first=n == 0) for n, x in enumerate(d.lanes)),
        lines=_joined(_line(x, ident) for x in d.lines),
        boxes=_joined(_box(b) for b in d.boxes),
        labels=_joined(_label(x) for x in d.lines if x.label),
        badges=_joined(_badge(b) for b in d.boxes if b.step.risk in RISK),
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


def _lane(lane: Lane, d: Drawing, *, first: bool) -> SafeString:
    """The post's head, a rule under it, and the lines between the lanes."""
    top, foot = 6.0, d.head + 6
    rules = (
        f"M{_n(lane.x)} {_n(foot)}H{_n(lane.x + lane.w)}M{_n(lane.x + lane.w)} {_n(top)}V{_n(d.height - 4)}"
    )
    if first:
        rules += f"M{_n(lane.x)} {_n(top)}V{_n(d.height - 4)}"
    y = top + (d.head - 20 * len(lane.name)) / 2 + 15
    return format_html(
        '<path class="lane" d="{}"/>{}',
        rules,
        _joined(
            format_html(
                '<text class="lh" x="{}" y="{}">{}</text>', _n(lane.x + lane.w / 2), _n(y + 20 * n), t
            )
            for n, t in enumerate(lane.name)
        ),
    )


def _line(line: Line, ident: str) -> SafeString:
    d = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in line.points)
    cls = "arr back" if line.back else "arr"
    return format_html('<path class="{}" d="{}" marker-end="url(#{}-tip)"/>', cls, d, ident)


def _label(line: Line) -> SafeString:
    cls = {"start": "t2 tl", "end": "t2 te"}.get(line.anchor, "t2")
    return _joined(
        format_html(
            '<text class="{}" x="{}" y="{}">{}</text>',
            cls,
            _n(line.label_x),
            _n(line.label_y + 15 * n),
            words,
        )
        for n, words in enumerate(line.label)
    )


def _box(box: Box) -> SafeString:
    return format_html('<g class="step" data-step="{}">{}{}</g>', box.step.key, _shape(box), _words(box))


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
    total = len(box.name) * NAME_LINE + len(box.under) * UNDER_LINE
    y = box.y + (box.h - total) / 2 + 14.5
    parts = [
        format_html('<text x="{}" y="{}">{}</text>', _n(box.middle), _n(y + NAME_LINE * n), text)
        for n, text in enumerate(box.name)
    ]
    at = y + NAME_LINE * len(box.name) - 1.5
    parts += [
        format_html('<text class="t2" x="{}" y="{}">{}</text>', _n(box.middle), _n(at + UNDER_LINE * n), text)
        for n, text in enumerate(box.under)
    ]
    return _joined(parts)


def _badge(box: Box) -> SafeString:
    """The badge of a risk on the upper edge of its box; it leads to the measures in the list."""
    rect, text = RISK[box.step.risk]
    word = box.step.badge
    w = badge_width(word)
    x, y = box.x + box.w - w - 6, box.y - 9
    if box.step.kind == DECISION:  # beside its upper right edge, where the diamond leaves room
        x, y = box.x + box.w - w, box.y + box.h / 4 - 9
    drawn = format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="17" rx="2"/>'
        '<text class="{}" x="{}" y="{}">{}</text>',
        rect, _n(x), _n(y), _n(w), text, _n(x + w / 2), _n(y + 12.5), word,
    )  # fmt: skip
    if not box.step.risk_link:
        return drawn
    heard = gettext("%(name)s：%(risk)s，看防控措施") % {"name": box.step.name, "risk": word}
    return format_html('<a href="{}" aria-label="{}">{}</a>', box.step.risk_link, heard, drawn)
