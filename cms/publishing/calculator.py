"""Which tier a benchmark gives for circumstances that a reader chose: an explanation, no decision. Pure.

A tier applies where any of its circumstances is chosen. Where tiers of one group compete, nothing is chosen
between them: the answer is that it cannot be decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .circumstances import circumstances

MOST = Decimal(10) ** 12  # yuan or units that a reader may enter


@dataclass(frozen=True)
class Choice:
    """One circumstance on the form; `value` is its place: tier-line, stable while the tiers stand."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class Match:
    """A tier that applies, what made it apply, and its sums in fen where they can be told."""

    tier: Any
    because: tuple[str, ...]
    low: int | None = None
    high: int | None = None
    times: Decimal | None = None  # the quantity or base it was worked out with


@dataclass
class Answer:
    """What the chosen circumstances give. `state`: none (nothing chosen), one, several, or nothing."""

    state: str
    choices: list[Choice]
    matches: list[Match] = field(default_factory=list)
    wants: str = ""  # the unit or base whose quantity would give a sum
    quantity: str = ""
    wrong_quantity: bool = False


def lines(tier: Any) -> list[str]:
    """The circumstances of a tier: as its editors stated them, else read from its conditions."""
    stated = [line.strip() for line in tier.circumstances.splitlines() if line.strip()]
    return stated or circumstances(tier.conditions)


def answer(tiers: Sequence[Any], chosen: Sequence[str], quantity: str = "") -> Answer:
    """`chosen` are values of Choice; unknown ones are ignored. `quantity` is a number in Arabic digits."""
    picked = set(chosen)
    choices, found = [], []
    for number, tier in enumerate(tiers):
        because = []
        for place, text in enumerate(lines(tier)):
            value = f"{number}-{place}"
            choices.append(Choice(value, text, value in picked))
            if value in picked:
                because.append(text)
        if because:
            found.append((tier, tuple(because)))
    unique = unrepeated(choices)
    times, wrong = number_of(quantity)
    matches = [worked(tier, because, times) for tier, because in found]
    groups = [match.tier.group for match in matches]
    state = "none" if not matches else "one" if len(set(groups)) == len(groups) else "several"
    wants = next((t.base for t in tiers if t.amount_kind in ("rate", "multiple") and t.base), "")
    return Answer(state, unique, matches, wants, quantity.strip()[:20], wrong)


def unrepeated(choices: list[Choice]) -> list[Choice]:
    """A circumstance that stands in two tiers is asked twice all the same: each has its own place."""
    return list({choice.value: choice for choice in choices}.values())


def number_of(text: str) -> tuple[Decimal | None, bool]:
    """(number, whether what was written is none)."""
    flat = text.strip().replace(",", "")
    if not flat:
        return None, False
    try:
        value = Decimal(flat)
    except InvalidOperation:
        return None, True
    if not value.is_finite() or not 0 < value <= MOST:
        return None, True
    return value, False


def worked(tier: Any, because: tuple[str, ...], times: Decimal | None) -> Match:
    """Rates times the quantity, multiples times the base (given in yuan); other sums as they stand."""
    low, high = tier.bounds
    if tier.amount_kind == "rate" and times is not None:
        return Match(tier, because, scaled(low, times), scaled(high, times), times)
    if tier.amount_kind == "multiple" and times is not None:
        low, high = scaled(low, times * 100), scaled(high, times * 100)
        if tier.maximum is not None:
            high = tier.maximum if high is None else min(high, tier.maximum)
        if tier.minimum is not None:
            low = tier.minimum if low is None else max(low, tier.minimum)
        return Match(tier, because, low, high, times)
    if tier.amount_kind in ("fixed", "range"):
        return Match(tier, because, low, high)
    return Match(tier, because)


def scaled(value: Any, times: Decimal) -> int | None:
    return None if value is None else int((Decimal(value) * times).to_integral_value())
