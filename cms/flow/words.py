"""How wide words are, and how they break inside a box."""

from __future__ import annotations

import unicodedata


def width(text: str) -> float:
    """In ems: one for a wide character, 0.62 for another (East Asian Width, UAX 11)."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.62 for c in text)


def lines(text: str, ems: float, most: int) -> list[str]:
    """The text in at most `most` lines of at most `ems`; what does not fit ends in "…"."""
    out, line = [], ""
    for word in _units(text.strip()):
        if line and width(line + word.rstrip()) > ems:
            out.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
        while width(line) > ems:  # one word longer than a line
            cut = _fit(line, ems)
            out.append(line[:cut])
            line = line[cut:]
    if line.strip():
        out.append(line.rstrip())
    if len(out) <= most:
        return out
    last = out[most - 1]
    return [*out[: most - 1], last[: _fit(last, ems - 1)] + "…"]


def _fit(text: str, ems: float) -> int:
    """How many characters fit; at least one, so that every loop ends."""
    n = 0
    while n < len(text) and width(text[: n + 1]) <= ems:
        n += 1
    return max(n, 1)


def _units(text: str) -> list[str]:
    """What may not be torn: a Latin word with the space after it, or one wide character."""
    units: list[str] = []
    for c in text:
        wide = unicodedata.east_asian_width(c) in "WFA"
        joins = units and not wide and not units[-1].endswith(" ") and width(units[-1][-1]) < 1
        if joins:
            units[-1] += c
        else:
            units.append(c)
    return units
