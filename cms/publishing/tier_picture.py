"""Where the tiers of a benchmark lie: bars in per cent of one axis, the law's range widened to hold all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

THIN = 1.5  # per cent: a single sum is a line


@dataclass(frozen=True)
class Bar:
    """One tier: left edge and width in per cent; both None where it cannot be drawn on this axis."""

    tier: Any
    left: float | None = None
    width: float | None = None


@dataclass(frozen=True)
class Picture:
    """`law` is the statutory range on the same axis; `bars` one for each tier, in order."""

    law: Bar
    bars: list[Bar]


def picture(head: Any, tiers: Sequence[Any]) -> Picture | None:
    """None where the law states no range, or fewer than two tiers can be drawn."""
    drawn = [tier for tier in tiers if comparable(head, tier)]
    ends = [Decimal(end) for row in (head, *drawn) for end in row.bounds if end is not None]
    if len(drawn) < 2 or not any(end is not None for end in head.bounds):
        return None
    first, last = min([*ends, Decimal(0)]), max(ends)
    if last <= first:
        return None
    return Picture(bar(head, first, last), [bar(t, first, last) if t in drawn else Bar(t) for t in tiers])


def comparable(head: Any, tier: Any) -> bool:
    """Money with money, a multiple or a rate with one of the same base."""
    money = ("fixed", "range")
    if head.amount_kind in money and tier.amount_kind in money:
        return any(end is not None for end in tier.bounds)
    same = tier.amount_kind == head.amount_kind and tier.base == head.base
    return same and any(end is not None for end in tier.bounds)


def bar(row: Any, first: Decimal, last: Decimal) -> Bar:
    low, high = row.bounds
    start = (Decimal(low) - first) / (last - first) * 100 if low is not None else Decimal(0)
    end = (Decimal(high) - first) / (last - first) * 100 if high is not None else Decimal(100)
    width = max(float(end - start), THIN)
    return Bar(row, round(min(float(start), 100 - THIN), 1), round(min(width, 100.0), 1))
