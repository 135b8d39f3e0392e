"""The query language: words (all must stand in the text), "phrase", -without, OR.

    占用 道路            both
    "临时 占用"          these words in this order (also “ ” and 「 」)
    占用 -公路           the first without the second; also -"…", and -公路 alone
    许可 OR 处罚 市政     市政, and one of the first two (OR binds tighter than the space)

Any text is a query: what has no meaning is left out, an open quotation mark closes at the end, and what
goes over the limits is cut, which `Query.cut` says. Each word matches exactly the texts that contain it
(see analysis).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from search import numbers
from search.analysis import END, START, canonical, is_cjk, name_word, phrase_tokens

MAX_LENGTH = 400
"""Characters of a query that are read."""
MAX_TERMS = 32
"""Words and phrases of a query that are read."""


@dataclass(frozen=True)
class Figure:
    """A number as the field `num` holds it (see numbers)."""

    word: str


@dataclass(frozen=True)
class Term:
    """A word or phrase, in canonical form, never empty."""

    text: str
    also: tuple[tuple[Term | Figure, ...], ...] = ()
    """What stands for it as well: each is a set of which everything must match. Those have no others."""

    @property
    def lone(self) -> bool:
        """Whether it is a single CJK character, which the field `u` answers."""
        return len(self.text) == 1 and is_cjk(self.text)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The adjacent tokens to look for; for a lone character the character itself."""
        return (self.text,) if self.lone else tuple(phrase_tokens(self.text))


@dataclass(frozen=True)
class Not:
    """Texts that the part does not match."""

    part: Term


@dataclass(frozen=True)
class Or:
    """Texts that one of the parts matches; at least two of them."""

    parts: tuple[Term | Not, ...]


Part = Term | Not | Or


@dataclass(frozen=True)
class Query:
    """A parsed query: all parts must match. Without parts it matches every text."""

    parts: tuple[Part, ...] = ()
    cut: bool = False
    """Something went over the limits and was left out."""
    asked: bool = False
    """The reader wrote something, even if nothing of it can be looked for."""

    @property
    def blank(self) -> bool:
        """Nothing to look for: every document matches."""
        return not self.parts

    @property
    def wanted(self) -> tuple[Term, ...]:
        """The terms that are asked for (not those excluded), without repeats: what is ranked and
        highlighted.
        """
        return tuple(dict.fromkeys(_wanted(self.parts)))

    @property
    def whole(self) -> str:
        """All that was asked as one name or code; "" where something is excluded or one of several."""
        terms = [part.text for part in self.parts if isinstance(part, Term)]
        return name_word(" ".join(terms)) if terms and len(terms) == len(self.parts) else ""

    @property
    def words(self) -> tuple[str, ...]:
        """The texts of what is wanted and of what stands for it, without repeats: what is highlighted."""
        others = (
            leaf.text
            for term in self.wanted
            for leaves in term.also
            for leaf in leaves
            if isinstance(leaf, Term)
        )
        return tuple(dict.fromkeys([*(term.text for term in self.wanted), *others]))

    @property
    def also(self) -> list[str]:
        """The synonyms that are looked for as well, in order of the words, at most six: what a page tells."""
        leaves = (leaves[0] for term in self.wanted for leaves in term.also if len(leaves) == 1)
        return list(dict.fromkeys(leaf.text for leaf in leaves if isinstance(leaf, Term)))[:6]

    @property
    def figures(self) -> set[str]:
        """The words of the field `num` that are wanted."""
        leaves = (leaf for term in self.wanted for leaves in term.also for leaf in leaves)
        return {leaf.word for leaf in leaves if isinstance(leaf, Figure)}

    @property
    def excluded(self) -> tuple[Term, ...]:
        """The terms that must not stand in the text, outside of any OR."""
        return tuple(part.part for part in self.parts if isinstance(part, Not))


def _wanted(parts: tuple[Part, ...]) -> Iterator[Term]:
    for part in parts:
        if isinstance(part, Term):
            yield part
        elif isinstance(part, Or):
            yield from _wanted(part.parts)


_OPEN, _CLOSE = '"“”„‟＂「『﹁﹃｢〝', '"“”„‟＂」』﹂﹄｣〞〟'
_MINUS = "-－−﹣–"
# Pause marks of Chinese sentences stand between words, as a space does; other marks stay inside a word.
_GAP = re.compile(r"[\s、，。；：！？…]+")
_WORD = re.compile(r"[^\s、，。；：！？…" + re.escape(_OPEN + _CLOSE) + "]+")


@dataclass(frozen=True)
class _Lexeme:
    text: str
    negated: bool = False
    is_or: bool = False
    quoted: bool = False


def _lexemes(q: str) -> Iterator[_Lexeme]:
    """Words, phrases and ORs in order; never fails, whatever the text."""
    at, negated = 0, False
    while at < len(q):
        character = q[at]
        if gap := _GAP.match(q, at):
            at, negated = gap.end(), False
        elif character in _OPEN or character in _CLOSE:
            end = next((n for n in range(at + 1, len(q)) if q[n] in _CLOSE), len(q))
            yield _Lexeme(q[at + 1 : end], negated, quoted=True)
            at, negated = end + 1, False
        elif character in _MINUS and not negated and (at == 0 or q[at - 1].isspace() or q[at - 1] in _CLOSE):
            at, negated = at + 1, True
        else:
            start, at = at, _end_of_word(q, at)
            word = q[start:at]
            yield _Lexeme(word, negated, is_or=word in ("OR", "ＯＲ") and not negated)
            negated = False


def _end_of_word(q: str, start: int) -> int:
    word = _WORD.match(q, start)
    return word.end() if word else start + 1


def _visible(q: str) -> str:
    """Without format and private-use characters; control characters and lone surrogates become spaces."""
    kinds = {"Cf": "", "Co": "", "Cc": " ", "Cs": " "}
    return "".join(kinds.get(unicodedata.category(c), c) for c in q)


Widen = Callable[[str], tuple[tuple[Term | Figure, ...], ...]]
"""From a word as it was typed to what stands for it as well."""
_HELD = "\ue002"
"""In the place of a space inside a number: private use, so that it cannot have been typed."""


def parse(q: str, *, widen: Widen | None = None) -> Query:
    """The query that `q` means. Never raises.

    Exact without `widen`; with it (see widening) a word is also found by what stands for it: not what
    stands in quotation marks, and not what is excluded.
    """
    text = _visible(q[: 4 * MAX_LENGTH])
    cut = len(q) > 4 * MAX_LENGTH or len(text.strip()) > MAX_LENGTH
    groups: list[list[Term | Not]] = []
    count, joined = 0, False
    read = text.strip()[:MAX_LENGTH]
    for lexeme in _lexemes(_held_together(read) if widen else read):
        if lexeme.is_or:
            joined = bool(groups)
            continue
        typed = lexeme.text.replace(_HELD, " ")
        if not (words := canonical(typed)):
            continue
        if count == MAX_TERMS:
            cut = True
            break
        count += 1
        also = widen(typed) if widen and not (lexeme.quoted or lexeme.negated) else ()
        part = Not(Term(words)) if lexeme.negated else Term(words, also)
        if joined:
            groups[-1].append(part)
        else:
            groups.append([part])
        joined = False
    parts = dict.fromkeys(_group(group) for group in groups)
    return Query(parts=tuple(parts), cut=cut, asked=bool(q.strip()))


def _held_together(q: str) -> str:
    """`q` with the spaces inside its numbers held: 第 34 条 and 010 1234 5678 are one word each."""
    if " " not in q:
        return q
    held, quoted = list(q), False
    for n, character in enumerate(q):
        quoted = quoted != (character in _OPEN or character in _CLOSE)
        held[n] = "\0" if quoted else character
    for number in numbers.asked("".join(held)):
        part, kind = q[number.start : number.end], number.words[0][0]
        # Two short numbers, and small letters among figures, are words beside each other.
        apart = (
            (kind == "f" and sum(c.isdigit() for c in part) < 10)
            or (kind == "n" and part.isascii())
            or (kind == "c" and part != part.upper())
        )
        if not apart:
            held[number.start : number.end] = part.replace(" ", _HELD)
    return "".join(c if h == "\0" else h for c, h in zip(q, held, strict=True))


def _group(alternatives: list[Term | Not]) -> Part:
    distinct = tuple(dict.fromkeys(alternatives))
    return distinct[0] if len(distinct) == 1 else Or(distinct)


# Relaxed ----------------------------------------------------------------------------------------------

_SAYING_NOTHING = """
关于 咨询 投诉 反映 问题 请问 请求 要求 建议 希望 能否 是否 可以 什么 怎么 如何 为什 为何 何时 时候 么时 的问
题的 的咨 的建 的投 的反 尽快 有关 相关 一下 举报 求助 严重 存在 解决 处理 情况 没有 不能 影响
"""
BOILERPLATE = frozenset(_SAYING_NOTHING.split())
"""Pairs of characters that say nothing about what a message is about: matched like any other, never
ranked.
"""

MAX_RELAXED = 64
"""Tokens of a relaxed query."""
WORDS_COUNT = 2
"""A word of letters or figures counts as often as this in a relaxed query: a pair of signs counts once
itself and once more by its characters (docs/decisions/public-search.md has the figures).
"""


@dataclass(frozen=True)
class Loose:
    """What the relaxed search asks for: any of the tokens, ranked with the characters; nothing of
    `excluded`.
    """

    tokens: tuple[str, ...]
    characters: tuple[str, ...]
    excluded: tuple[Term, ...] = ()
    whole: str = ""
    """The word of a name that is all of the query."""

    @property
    def weighed(self) -> tuple[str, ...]:
        """The tokens, each as often as it counts."""
        return tuple(t for t in self.tokens for _ in range(1 if is_cjk(t[0]) else WORDS_COUNT))


def loosen(query: Query) -> Loose:
    """Words, and pairs of characters that are not boilerplate, of what is wanted; boilerplate where all is.

    Characters are those of the telling pairs (nDCG .907 instead of .902 with all), and lone ones.
    """
    tokens = [t for term in query.wanted for t in phrase_tokens(term.text) if START not in t and END not in t]
    telling = dict.fromkeys([t for t in tokens if t not in BOILERPLATE] or tokens)
    alone = [term.text for term in query.wanted if term.lone]
    characters = dict.fromkeys(c for token in [*telling, *alone] for c in token if is_cjk(c))
    return Loose(tuple(telling)[:MAX_RELAXED], tuple(characters)[:MAX_RELAXED], query.excluded, query.whole)


def is_boilerplate(term: Term) -> bool:
    """Whether every token of the term says nothing: such a term is matched but not ranked."""
    return all(token in BOILERPLATE for token in term.tokens)
