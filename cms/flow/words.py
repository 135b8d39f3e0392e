"""How wide words are, and how they break inside a box."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

# In ems, of the widest of the common sans faces, so that words stay inside their box in each of them.
NARROW, BROAD = frozenset("iljftrI.,:;'|!()[]-/ `"), frozenset("mwMW@%&")

# Marks that may not begin a line, or end one (GB/T 15834).
NO_START, NO_END = frozenset("，。、；：？！）》”’…％%〕】"), frozenset("（《“‘〔【")


def width(text: str) -> float:
    """In ems: one for a wide character (East Asian Width, UAX 11), for another what broad faces need; and the
    eighth that browsers put between Chinese and Latin (CSS `text-autospace`)."""
    meets = sum(_wide(a) != _wide(b) for a, b in pairwise(text))
    return sum(_char(c) for c in text) + meets / 8


def _char(c: str) -> float:
    if _wide(c):
        return 1.4 if unicodedata.category(c) == "So" and ord(c) > 0x2FFF else 1.0
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0.0
    if c in NARROW:
        return 0.44
    if c in BROAD or ord(c) > 0x24F:  # scripts whose widths are not known here
        return 1.0
    return 0.8 if c.isupper() else 0.65


def _wide(c: str) -> bool:
    return unicodedata.east_asian_width(c) in "WFA"


def lines(text: str, ems: float, most: int) -> list[str]:
    """The text in at most `most` lines of at most `ems`; what does not fit ends in "…"."""
    out, line = [], ""
    for word in _units(" ".join(text.split())):
        if line and width(line + word.rstrip()) > ems:
            out.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
        while width(line.rstrip()) > ems:  # one word longer than a line
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
    """What may not be torn: a Latin word with the space after it, or one wide character with its marks."""
    units: list[str] = []
    for c in text:
        latin = units and not _wide(c) and not units[-1].endswith(" ") and not _wide(units[-1][-1])
        if latin or (units and (c in NO_START or units[-1][-1] in NO_END)):
            units[-1] += c
        else:
            units.append(c)
    return units
