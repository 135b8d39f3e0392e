"""Marking what was found, in text that is public and nothing else.

The marks follow the original text exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search import numbers
from search.analysis import is_cjk, normalise
from search.query import Query, loosen

SNIPPET = 90
"""Characters of a snippet."""
_BEFORE = 24
_LONGEST = 20_000
"""Characters of a text that are looked at."""

# What may change together: a character with the marks, joiners or half-width sound marks after it;
# Hangul letters.
_CLUSTER = re.compile(
    "[\u1100-\u11ff]+|(?s:.)[\u0300-\u036f\u0483-\u0489\u200b-\u200f\u3099\u309a\uff9e\uff9f\ufe00-\ufe0f\u20d0-\u20ff]*"
)


@dataclass(frozen=True)
class Span:
    """From `start` up to `end`, in characters of the original text."""

    start: int
    end: int


class _Mapped:
    """The canonical form of a text, with the place in the text that each of its characters comes from."""

    def __init__(self, text: str) -> None:
        self.characters: list[str] = [" "]
        self.places: list[Span] = [Span(0, 0)]
        for cluster in _CLUSTER.finditer(text):
            self._add(normalise(cluster[0]), Span(cluster.start(), cluster.end()))
        self.canonical = "".join(self.characters) + " "

    def _add(self, folded: str, place: Span) -> None:
        for character in folded:
            last = self.characters[-1]
            if character == " ":
                if last == " ":
                    continue
            elif last != " " and is_cjk(last) != is_cjk(character):
                self._append(" ", place)
            self._append(character, place)

    def _append(self, character: str, place: Span) -> None:
        self.characters.append(character)
        self.places.append(place)

    def find(self, term: str) -> Iterator[Span]:
        """Where the canonical `term` stands: CJK anywhere, words as whole words."""
        wanted = ("" if is_cjk(term[0]) else " ") + term + ("" if is_cjk(term[-1]) else " ")
        skip, length = (0 if is_cjk(term[0]) else 1), len(term)
        at = self.canonical.find(wanted)
        while at >= 0:
            first = at + skip
            yield Span(self.places[first].start, self.places[first + length - 1].end)
            at = self.canonical.find(wanted, at + 1)


def spans(text: str, query: Query, *, relaxed: bool = False) -> list[Span]:
    """What to mark in `text`, in order, without overlaps."""
    text = text[:_LONGEST]
    mapped = _Mapped(text)
    terms: Iterable[str] = loosen(query).tokens if relaxed else query.words
    places = [s for term in terms for s in mapped.find(term)]
    if figures := query.figures:
        places += [Span(n.start, n.end) for n in numbers.find(text) if figures & set(n.words)]
    found = sorted(places, key=lambda s: (s.start, s.end))
    merged: list[Span] = []
    for span in found:
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def highlight(text: str, query: Query, *, relaxed: bool = False) -> SafeString:
    """`text`, escaped, with <mark> around what the query found."""
    return _marked(text, spans(text, query, relaxed=relaxed))


def snippet(text: str, query: Query, *, relaxed: bool = False, length: int = SNIPPET) -> SafeString:
    """About `length` characters of `text` around the first place found, escaped and marked; else its
    beginning.
    """
    text = " ".join(text.split())
    found = spans(text, query, relaxed=relaxed)
    start = max(0, found[0].start - _BEFORE) if found and found[0].end > length else 0
    end = min(len(text), start + length)
    inside = [Span(s.start - start, min(s.end, end) - start) for s in found if start <= s.start < end]
    marked = _marked(text[start:end], inside)
    return SafeString(("……" if start else "") + marked + ("……" if end < len(text) else ""))


def _marked(text: str, found: list[Span]) -> SafeString:
    parts, at = [], 0
    for span in found:
        parts += [escape(text[at : span.start]), "<mark>", escape(text[span.start : span.end]), "</mark>"]
        at = span.end
    return mark_safe("".join([*parts, escape(text[at:])]))  # noqa: S308 (every part of the text is escaped)
