"""Checking a benchmark's tiers against the statutory range: pure, and each finding names its tier.

Outside the range and overlaps block; a gap, or fewer than three tiers, is a warning the approver confirms.
Gaps and overlaps are judged only between range tiers of one measure and group. Tiers of 不予, 免予, 减轻 may
lie below the range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

BELOW_ALLOWED = ("none", "exempt", "mitigated")
WITH_BOUNDS = ("fixed", "range", "multiple", "rate")
RANGES = ("range", "multiple", "rate")


@dataclass(frozen=True)
class Finding:
    """`code` is one of outside, overlap, order, incomplete (they block), gap, shared, few."""

    code: str
    tier: str
    message: str
    blocks: bool


def check_tiers(statutory: Any, tiers: Sequence[Any]) -> list[Finding]:
    """Findings for `tiers` (Amount rows with name, degree, conditions) under the head's Amount."""
    found = [finding for tier in tiers for finding in _alone(statutory, tier)]
    if not found:
        found += _between(statutory, [t for t in tiers if _comparable(statutory, t)])
    if len(tiers) < 3:
        few = ngettext(
            "只有 %(count)s 个阶次，通常要有三个以上。",
            "只有 %(count)s 个阶次，通常要有三个以上。",
            len(tiers),
        )
        found.append(Finding("few", "", few % {"count": len(tiers)}, False))
    return found


def _alone(statutory: Any, tier: Any) -> list[Finding]:
    if tier.amount_kind not in WITH_BOUNDS:
        return []
    low, high = tier.bounds
    name = {"tier": tier.name}
    if low is None and high is None:
        return [Finding("incomplete", tier.name, _("阶次“%(tier)s”没有写金额。") % name, True)]
    if low is not None and high is not None and low > high:
        return [Finding("order", tier.name, _("阶次“%(tier)s”的下限比上限高。") % name, True)]
    if not _same_measure(statutory, tier):
        return []
    bottom, top = statutory.bounds
    under = bottom is not None and tier.degree not in BELOW_ALLOWED and low is not None and low < bottom
    over = top is not None and ((high is not None and high > top) or (high is None))
    if under or over:
        return [Finding("outside", tier.name, _("阶次“%(tier)s”超出法定幅度。") % name, True)]
    return []


def _between(statutory: Any, tiers: list[Any]) -> list[Finding]:
    """Range tiers for the same persons: neighbours, lightest first, then the two ends of the range."""
    found = []
    for group in dict.fromkeys(tier.group for tier in tiers):
        ordered = sorted((t for t in tiers if t.group == group), key=lambda tier: (_low(tier), _high(tier)))
        for lower, upper in pairwise(ordered):
            found += _neighbours(lower, upper)
        found += _ends(statutory, ordered)
    return found


def _neighbours(lower: Any, upper: Any) -> list[Finding]:
    names = {"tier": upper.name, "other": lower.name}
    end, start = _high(lower), _low(upper)
    if start < end:
        return [Finding("overlap", upper.name, _("阶次“%(tier)s”和“%(other)s”的幅度重叠。") % names, True)]
    if start > end or not (lower.max_inclusive or upper.min_inclusive):
        return [Finding("gap", upper.name, _("阶次“%(tier)s”和“%(other)s”之间有空档。") % names, False)]
    if lower.max_inclusive and upper.min_inclusive:
        # 以上 and 以下 include the number itself: one amount stands in both, by drafting habit.
        message = _("阶次“%(tier)s”和“%(other)s”都包含同一个分界金额。") % names
        return [Finding("shared", upper.name, message, False)]
    return []


def _ends(statutory: Any, ordered: list[Any]) -> list[Finding]:
    """A statutory amount that no tier ever reaches is a gap at that end."""
    bottom, top = statutory.bounds
    found = []
    if bottom is not None and _low(ordered[0]) > bottom:
        name = {"tier": ordered[0].name}
        found.append(
            Finding("gap", ordered[0].name, _("阶次“%(tier)s”以下到法定下限之间没有阶次。") % name, False)
        )
    highest = max(ordered, key=_high)
    if top is not None and _high(highest) < top:
        name = {"tier": highest.name}
        found.append(
            Finding("gap", highest.name, _("阶次“%(tier)s”以上到法定上限之间没有阶次。") % name, False)
        )
    return found


def _comparable(statutory: Any, tier: Any) -> bool:
    return tier.amount_kind in RANGES and tier.degree not in BELOW_ALLOWED and _same_measure(statutory, tier)


def _same_measure(statutory: Any, tier: Any) -> bool:
    """Fen with fen, multiples with multiples of the same base, rates with rates of the same unit."""
    money = ("fixed", "range")
    if statutory.amount_kind in money and tier.amount_kind in money:
        return True
    return statutory.amount_kind == tier.amount_kind and statutory.base == tier.base


def _low(tier: Any) -> Decimal:
    low = tier.bounds[0]
    return Decimal("-Infinity") if low is None else Decimal(low)


def _high(tier: Any) -> Decimal:
    high = tier.bounds[1]
    return Decimal("Infinity") if high is None else Decimal(high)
