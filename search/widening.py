"""What stands for a word of a query as well: the same number written otherwise, and the editors' synonyms.

Nothing of an index changes for it: numbers stand in a field of their own (see numbers), synonyms are looked
for as words of the query. What was typed is always looked for too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from search import numbers
from search.analysis import canonical
from search.query import Figure, Query, Term, parse

MOST = 8
"""Others of one word."""
MOST_IN_ALL = 48
"""Others of all words of one query."""
LONGEST = 40
"""Characters of a synonym."""


def figures(typed: str) -> tuple[tuple[Term | Figure, ...], ...]:
    """`typed` with its numbers as figures and the rest as words, all of which must match; () without one."""
    found = numbers.asked(typed)
    if not found:
        return ()
    leaves: list[Term | Figure] = [Figure(number.words[0]) for number in found]
    at = 0
    for start, end in [*((n.start, n.end) for n in found), (len(typed), len(typed))]:
        if rest := canonical(typed[at:start]):
            leaves.append(Term(rest))
        at = end
    return (tuple(dict.fromkeys(leaves)),)


@dataclass
class Widener:
    """One query's: call it once a word. `synonyms` is from a canonical word to the others of its group."""

    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: int = MOST_IN_ALL

    def __call__(self, typed: str) -> tuple[tuple[Term | Figure, ...], ...]:
        others = list(dict.fromkeys([*figures(typed), *self._same(canonical(typed))]))
        others = others[: min(MOST, self.left)]
        self.left -= len(others)
        return tuple(others)

    def _same(self, words: str) -> Iterable[tuple[Term]]:
        """The word's own synonyms; else the words with the longest part of them that has some replaced."""
        if words in self.synonyms:
            return [(Term(other),) for other in self.synonyms[words]]
        at, part = max(
            ((n, words[n:end]) for n in range(len(words)) for end in self._ends(words, n)),
            key=lambda found: (len(found[1]), -found[0]),
            default=(0, ""),
        )
        if not part:
            return []
        after = words[at + len(part) :]
        return [(Term(canonical(words[:at] + other + after)),) for other in self.synonyms[part]]

    def _ends(self, words: str, start: int) -> Iterable[int]:
        ends = range(start + 2, min(len(words), start + LONGEST) + 1)
        return (end for end in ends if words[start:end] in self.synonyms)


def understood(q: str, synonyms: Mapping[str, tuple[str, ...]] | None = None) -> Query:
    """The query that `q` means to a reader: also found by numbers written otherwise and by synonyms."""
    return parse(q, widen=Widener(synonyms or {}))
