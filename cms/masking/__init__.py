"""Personal information left in a text that is to be published. Pure functions: no database, no model.

`findings(text)` names each; `blocking(...)` says which of them an anonymisation level forbids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import names as _names
from . import numbers as _numbers

WIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)}  # full-width digits and letters, one for one
PARTLY = re.compile(r"(?<![㐀-鿿])[㐀-鿿](?:某某|某|[×*＊]{1,2})|[㐀-鿿]某某?")


@dataclass(frozen=True)
class Finding:
    """One place. `kind`: name, identity, phone, plate, address, card, email, account, document, partial.

    `start` and `end` count characters of the text as given; `official` is a name with a title of office.
    """

    kind: str
    text: str
    start: int
    end: int
    official: bool = False


def findings(text: str) -> list[Finding]:
    """Everything that looks personal, in order, no two at one place. Names masked as 王某 are none."""
    flat = text.translate(WIDTH)
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []

    def take(kind: str, start: int, end: int, official: bool = False) -> None:
        if not any(a < end and start < b for a, b in taken):
            taken.append((start, end))
            found.append(Finding(kind, text[start:end], start, end, official))

    for kind, start, end in _numbers.spans(flat):
        take(kind, start, end)
    for name in _names.names(flat):
        take("name", name.start, name.end, name.official)
    return sorted(found, key=lambda finding: finding.start)


def blocking(found: Iterable[Finding], level: str, *, public: Iterable[str] = ()) -> list[Finding]:
    """Those that may not stand at this level: full and surname forbid all; none lets officials' names pass.

    `public` are names that the record shows on purpose (its display name); they pass at level none too.
    """
    shown = set(public)
    if level != "none":
        return list(found)
    return [f for f in found if f.kind != "name" or not (f.official or f.text in shown)]


def partly_masked(text: str) -> list[Finding]:
    """王某, 王某某: a surname is left. Forbidden at level full alone."""
    flat = text.translate(WIDTH)
    hits = PARTLY.finditer(flat)
    return [Finding("partial", m[0], m.start(), m.end()) for m in hits if m[0][0] in _names.SURNAMES]
