"""Every change of state that there is, in one table (DESIGN section 6; the rules are in DOMAIN, Tip)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from complaints.intake.models import State, Tip

OPEN_STATES = [State.SUBMITTED, State.SCREENING, State.ACCEPTED, State.DISPOSING]
S = State


@dataclass(frozen=True)
class Transition:
    """One step from one state to another."""

    source: State
    target: State
    label: str | Promise  # of the button: says the act
    needs: frozenset[str] = frozenset()  # fields of the form: reason where disposal opinion review result
    rule: str = ""  # the code of the deadline that starts with it; "" for none
    rule_if_named: bool = False  # it starts for named reporters only
    second: str = ""  # the kind of proposal that another person must agree to; "" where one person may
    when: str = ""  # a flag of the tip that must stand, e.g. "objected"
    fresh: bool = False  # only by somebody with no earlier act on the tip

    @property
    def action(self) -> str:
        """The name of this act in the access table."""
        return f"state:{self.target.value}"


REFUSAL = frozenset({"reason", "where"})
DISPOSAL = frozenset({"disposal", "opinion", "review"})
TABLE: tuple[Transition, ...] = (
    Transition(S.SUBMITTED, S.SCREENING, _("开始审核"), rule="ack_named", rule_if_named=True),
    Transition(S.SUBMITTED, S.REPEAT, _("登记为重复件")),
    Transition(S.SCREENING, S.ACCEPTED, _("受理"), rule="disposal_opinion"),
    Transition(S.SCREENING, S.REFUSED, pgettext_lazy("act", "不予受理"), needs=REFUSAL),
    Transition(S.SCREENING, S.REPEAT, _("登记为重复件")),
    Transition(S.SCREENING, S.MOVED, _("转送站外机关"), needs=frozenset({"where"})),
    Transition(
        S.ACCEPTED, S.DISPOSING, _("提出处置意见"), needs=DISPOSAL, rule="initial_check", second="disposal"
    ),
    Transition(S.ACCEPTED, S.MOVED, _("转送站外机关"), needs=frozenset({"where"})),
    Transition(
        S.DISPOSING,
        S.CLOSED,
        _("办结"),
        needs=frozenset({"result"}),
        rule="feedback_named",
        rule_if_named=True,
    ),
    Transition(S.REFUSED, S.SCREENING, _("重新审核"), rule="ack_named", rule_if_named=True),
    Transition(S.REPEAT, S.SCREENING, _("不是重复件，重新审核"), rule="ack_named", rule_if_named=True),
    Transition(S.CLOSED, S.SCREENING, _("接手异议，重新审核"), when="objected", fresh=True),
    Transition(
        S.CLOSED, S.DISPOSING, _("提出重新处置"), needs=DISPOSAL, rule="initial_check", second="disposal"
    ),
)
# From these a tip can be given to another office of this site, where it begins again as submitted.
MOVABLE = (S.SUBMITTED, S.SCREENING, S.ACCEPTED)
BY_STEP = {(t.source.value, t.target.value): t for t in TABLE}
TARGETS = [t for t in State if t is not State.SUBMITTED]

# Exactly three lawful reasons (DOMAIN, Tip). In the first two the reporter is told where to go.
REASONS: dict[str, str | Promise] = {
    "litigation": _("依法应当通过诉讼、仲裁、行政复议等途径解决"),
    "other-organ": _("依法应当由其他机关或者单位处理"),
    "no-substance": _("没有实质内容"),
}
REASONS_WITH_WAY = frozenset({"litigation", "other-organ"})

# 《纪检监察机关处理检举控告工作规则》art. 17: the five disposals, and the deadline that each starts.
DISPOSALS: dict[str, tuple[str | Promise, str]] = {
    "talk": (_("谈话函询"), "talk_inquiry"),
    "check": (_("初步核实"), "initial_check"),
    "hold": (_("暂存待查"), ""),
    "end": (_("予以了结"), "initial_check"),
    "investigate": (_("移送审查调查"), ""),
}


@dataclass(frozen=True)
class Choice:
    """One target as the tip page offers it: open, or shut with the sentence that says why."""

    target: State
    label: str | Promise
    needs: frozenset[str]
    why_not: str | Promise = ""


def find(source: str, target: str) -> Transition | None:
    """The step between two states, or None where the table knows none."""
    return BY_STEP.get((str(source), str(target)))


def choices(tip: Tip, may: Callable[[str], bool], *, acted: bool = False) -> list[Choice]:
    """What can be done with the tip now, open steps first; `may` answers for the access table.

    `acted`: this person has done something to the tip before, so that an objection is for somebody else.
    """
    rows = []
    for target in TARGETS:
        step = find(tip.state, target)
        if step is None:
            if target != tip.state:
                rows.append(Choice(target, target.label, frozenset(), why_not(tip.state, target)))
        elif not may(step.action):
            rows.append(Choice(target, step.label, step.needs, _("您在本机构的角色不能做这一步")))
        elif shut := condition(step, tip, acted=acted):
            rows.append(Choice(target, step.label, step.needs, shut))
        else:
            rows.append(Choice(target, step.label, step.needs))
    return sorted(rows, key=lambda row: bool(row.why_not))


def condition(step: Transition, tip: Tip, *, acted: bool) -> str:
    """The sentence for a step whose condition does not hold; "" where it holds."""
    if step.when == "objected" and not tip.objected:
        return gettext("举报人没有提出异议")
    if step.when != "objected" and (waits := unheard(tip)):
        return waits
    if step.fresh and acted:
        return gettext("您办过这件事；异议要由没办过的人接手")
    if step.second and tip.proposed:
        return gettext("已经有意见等另一人批准")
    return ""


def unheard(tip: Tip) -> str:
    """The sentence for what waits until somebody new has taken up an objection; "" where none stands."""
    return gettext("举报人提出了异议，先由没办过这件的人接手，重新审核") if tip.objected else ""


def why_not(source: str, target: str) -> str:
    """The sentence for a step that is not in the table: from which states one gets there."""
    if target not in State.values:
        return gettext("没有这样的状态，请从页面上选一步")
    froms = [str(t.source.label) for t in TABLE if t.target == target]
    if not froms:
        return gettext("“%(then)s”是收到时的状态，不能再回去") % {"then": State(target).label}
    return gettext("现在是“%(now)s”；“%(then)s”只能从%(froms)s开始") % {
        "now": State(source).label,
        "then": State(target).label,
        "froms": gettext("、").join(f"“{name}”" for name in froms),
    }
