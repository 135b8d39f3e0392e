"""The table of transitions as a picture, its lines and numbers made from that table alone.

States stand under each other; a step is an arc, forward on the right, back on the left, with a number that
the list beside it explains. The same function draws for docs/procedure.md and for the desk.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from complaints import access
from complaints.desk import transitions
from complaints.desk.models import Proposal
from complaints.intake.models import State
from complaints.vault.models import Membership

ORDER = (
    *(State.SUBMITTED, State.SCREENING, State.ACCEPTED, State.DISPOSING, State.CLOSED),
    *(State.REFUSED, State.REPEAT, State.MOVED),
)
WIDTH, BOX, ROW, HIGH = 560, 140, 76, 36
LEFT = (WIDTH - BOX) // 2
LANE = 22


@dataclass(frozen=True)
class Line:
    """One step in words: its number in the picture, who may do it, what it needs, what begins with it."""

    number: int
    source: str
    target: str
    label: str
    roles: str
    two: bool
    needs: str
    rule: str


NEEDS = {
    "reason": "不予受理的理由",
    "where": "可以向哪里反映",
    "disposal": "处置方式",
    "opinion": "处置意见和理由",
    "review": "集体研究情况",
    "result": "办理结果",
}


def lines() -> list[Line]:
    """Every step of the table, and the way to another office, numbered as in the picture."""
    found = []
    for number, step in enumerate(transitions.TABLE, 1):
        found.append(
            Line(
                number,
                str(step.source.label),
                str(step.target.label),
                str(step.label),
                roles(step.action),
                bool(step.second),
                "、".join(_(NEEDS[name]) for name in NEEDS if name in step.needs),
                step.rule,
            )
        )
    for source in transitions.MOVABLE:
        label = _("转给上级、下级或者平级机构，在那里从头审核")
        found.append(
            Line(
                len(found) + 1,
                str(source.label),
                str(State.SUBMITTED.label),
                label,
                roles("transfer"),
                False,
                _("理由"),
                "send_up / lower_accept",
            )
        )
    return found


def roles(action: str) -> str:
    """The roles of the access table that may do this, in words."""
    return "、".join(str(role.label) for role in Membership.Role if role in access.TABLE[action])


def svg() -> SafeString:
    """The picture, with classes of the site's sheet and no colour of its own."""
    top = {state: 20 + i * ROW for i, state in enumerate(ORDER)}
    used: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    arcs = []
    for number, step in enumerate(transitions.TABLE, 1):
        a, b = top[step.source] + HIGH // 2, top[step.target] + HIGH // 2
        forward = b > a
        straight = b - a == ROW
        lane = 0 if straight else _lane(used[forward], min(a, b), max(a, b))
        arcs.append(_arc(number, a, b, forward, lane, straight))
    boxes = format_html_join(
        "",
        '<g><rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<text class="mid-t" x="{}" y="{}">{}</text></g>',
        (
            ("box", LEFT, top[state], BOX, HIGH, WIDTH // 2, top[state] + 23, str(state.label))
            for state in ORDER
        ),
    )
    second = Proposal.Kind.DISPOSAL.label
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}" focusable="false">{}{}</svg>',
        WIDTH,
        20 + len(ORDER) * ROW,
        WIDTH,
        _("状态和步骤的图，每一步的文字见下面的表；%(second)s要两个人") % {"second": second},
        format_html_join("", "{}", ((arc,) for arc in arcs)),
        boxes,
    )


def _lane(used: list[tuple[int, int]], low: int, high: int) -> int:
    """The innermost lane in which nothing runs between these heights, and from then on this does."""
    lane = 1
    while any(n == lane and not (e <= low or s >= high) for n, s, e in _spans(used)):
        lane += 1
    used.append((lane * 100_000 + low, high))
    return lane


def _spans(used: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    return [(start // 100_000, start % 100_000, end) for start, end in used]


def _arc(number: int, a: int, b: int, forward: bool, lane: int, straight: bool) -> SafeString:
    if straight:
        x, y = WIDTH // 2, (a + b) // 2
        path = f"M{x} {a + HIGH // 2}V{b - HIGH // 2 - 2}m-4 -7l4 7l4 -7"
        return _numbered(number, path, x + 10, y + 4)
    edge = LEFT + BOX if forward else LEFT
    out = 1 if forward else -1
    x = edge + out * (18 + lane * LANE)
    start, end = a + 4 * lane % 13 - 4, b - 4 * lane % 13 + 4
    path = f"M{edge} {start}H{x}V{end}H{edge + out * 2}m{out * 7} -4l{-out * 7} 4l{out * 7} 4"
    return _numbered(number, path, x + (3 if forward else -16), (a + b) // 2 + 4)


def _numbered(number: int, path: str, x: int, y: int) -> SafeString:
    return format_html(
        '<path class="edge" d="{}"/><text class="ax" x="{}" y="{}">{}</text>', path, x, y, number
    )
