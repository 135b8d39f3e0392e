"""What a query must match, in plain Python: no tokens, no engine, no parser.

Shares with the engines only `normalise`, the definition of which characters are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from search.analysis import is_cjk, normalise


def plain(text: str) -> str:
    """The folded text with one space for each break, also between a word and CJK, and one at each end."""
    out = " "
    for character in normalise(text) + " ":
        if out[-1] != " " and character != " " and is_cjk(out[-1]) != is_cjk(character):
            out += " "
        if character != " " or out[-1] != " ":
            out += character
    return out


@dataclass(frozen=True)
class Wanted:
    """A term and whether it is excluded; how it is written in a query."""

    text: str
    quoted: bool = False
    excluded: bool = False

    @property
    def written(self) -> str:
        inner = f'"{self.text}"' if self.quoted else self.text
        return f"-{inner}" if self.excluded else inner

    @cached_property
    def needle(self) -> str:
        """What a plain text contains if it contains this: CJK as it is, a word with a space at that side."""
        wanted = plain(self.text).strip()
        return " " * (not is_cjk(wanted[0])) + wanted + " " * (not is_cjk(wanted[-1]))

    def holds(self, fields: Iterable[str]) -> bool:
        return any(self.needle in field for field in fields) != self.excluded


Groups = list[list[Wanted]]
"""All groups must hold; in a group one must (OR)."""


def written(groups: Groups) -> str:
    """The query as somebody would type it."""
    return " ".join(" OR ".join(term.written for term in group) for group in groups)


def matches(groups: Groups, fields: list[str]) -> bool:
    """Whether a document with these plain fields must be found."""
    return all(any(term.holds(fields) for term in group) for group in groups)
