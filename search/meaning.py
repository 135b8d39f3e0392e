"""Did you mean: a word of the query that no title has, and one like it that a title has.

The titles come from the index: those that hold most of the word's characters. A part of a title is like it if
it sounds the same (举抱, 举报), or if one sign is another, missing, added or turned round. Words of other
scripts are not mended: an index of whole words cannot be asked for what is nearly one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from search.analysis import canonical, is_cjk
from search.query import Or, Query, Term, parse

TITLES = 40
"""Titles that are looked at for one word."""
MOST_WORDS = 4
"""Words of a query that are looked at."""
LONGEST = 12
"""Characters of a word that is looked at."""


def better(q: str, query: Query, titles_for: Callable[[Query], Iterable[str]]) -> str | None:
    """`q` with each word that has a likeness replaced by it; None where none has.

    `titles_for` gives the titles of the best hits of a query.
    """
    changed = q
    for term in query.wanted[:MOST_WORDS]:
        if not 2 <= len(term.text) <= LONGEST or term.text not in canonical(q):
            continue
        titles = [canonical(title) for title in titles_for(_near(term.text))]
        if any(term.text in title for title in titles):
            continue
        if (found := likeness(term.text, titles)) is not None:
            changed = canonical(changed).replace(term.text, found)
    return changed if changed != q else None


def _near(word: str) -> Query:
    """Any character of a Chinese word."""
    parts = tuple(dict.fromkeys(Term(c) for c in word if is_cjk(c)))
    return Query((parts[0] if len(parts) == 1 else Or(parts),)) if parts else parse(word)


def likeness(word: str, titles: Iterable[str]) -> str | None:
    """The part of one of the canonical `titles` that is most like `word`, or None."""
    wanted = _sound(word)
    best: tuple[int, int, str] | None = None
    for place, title in enumerate(titles):
        for part in _parts(title, len(word)):
            alike = _alike(word, part, wanted)
            if alike is not None and (best is None or (alike, place) < best[:2]):
                best = (alike, place, part)
    return best[2] if best else None


def _parts(title: str, length: int) -> Iterable[str]:
    for run in title.split():
        for size in (length, length - 1, length + 1):
            if size >= 2:
                yield from (run[n : n + size] for n in range(len(run) - size + 1))


def _alike(word: str, part: str, wanted: str) -> int | None:
    """How unlike they are, the least first; None where they are not alike."""
    if part == word:
        return None
    same = len(set(word) & set(part))
    if len(part) == len(word):
        if sorted(part) == sorted(word):
            return 1 if _differing(word, part) == 2 else None
        if _differing(word, part) == 1:
            if wanted == _sound(part):
                return 0
            return 3 if len(word) >= 3 else None
        return None
    long, short = (word, part) if len(word) > len(part) else (part, word)
    if (
        len(short) >= 3
        and same >= len(set(short))
        and any(long[:n] + long[n + 1 :] == short for n in range(len(long)))
    ):
        return 2 if long == part else 4
    return None


def _sound(word: str) -> str:
    """How it is read, in pinyin without tones."""
    from pypinyin import lazy_pinyin  # a large table: only where nothing was found

    return " ".join(lazy_pinyin(word))


def _differing(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
