"""The one analysis of texts and queries, for Chinese and English, on every engine.

A text is first made canonical: NFKC, case folded, traditional characters simplified one to one, Latin
diacritics folded, private-use and format characters dropped, everything but letters, digits and marks of
other scripts a break. What is left are runs: of Chinese, Japanese and Korean characters, or words of any
other script. The canonical text is its runs joined by one space, also where a run of one sort touches
one of the other.

A CJK run `abcd` becomes the tokens `^a ab bc cd d$` (two private-use marks stand for ^ and $); a word
stays whole. So a phrase of adjacent tokens is found exactly where the text contains it: CJK as a
substring, words as whole words. No engine analyses anything after this.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from functools import lru_cache
from itertools import pairwise

from search.han import SIMPLIFIED

START, END = "\ue000", "\ue001"
"""The marks ^ and $: private use, so no text or query can hold them after `canonical`."""

LONGEST_WORD = 64
"""Characters of a word that are kept as they are; a longer one is kept by its hash (engines cut tokens)."""

VERSION = f"1-{unicodedata.unidata_version}"
"""Changes whenever the same text may give other tokens; an index of another version is built anew."""

_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\ua960-\ua97c"
    "\uac00-\ud7fb\uf900-\ufaff\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_CJK}]+|[^ {_CJK}]+")
_IS_CJK = re.compile(f"[{_CJK}]")

# Latin letters that Unicode does not decompose.
_LATIN = {
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ı": "i",
    "þ": "th",
    "ŧ": "t",
}

# Sound marks of kana, which the second composition needs; alone they are dropped with the other marks.
_KANA_MARKS = "\u3099\u309a"

# Combining marks that belong to no script of their own, and variation selectors.
_GENERAL_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)


def _fold(character: str) -> str:
    """What one character becomes: nothing, a space (a break), or one or more folded characters."""
    if unicodedata.category(character) in ("Cf", "Co"):
        return ""
    return "".join(
        _fold_one(x)
        for x in unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    )


def _fold_one(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Co") or _GENERAL_MARKS.match(character):
        return ""
    if character in _KANA_MARKS:
        return character
    if category[0] not in "LNM":
        return " "
    base = unicodedata.normalize("NFD", character)[0]
    character = base if base.isascii() else character
    return _LATIN.get(character) or SIMPLIFIED.get(character, character)


class _Table(dict[int, str]):
    """For str.translate: folds each character once, when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_TABLE = _Table()


def normalise(text: str) -> str:
    """`text` folded, with one or more spaces for each break; its length may differ."""
    composed = unicodedata.normalize("NFC", text)
    folded = unicodedata.normalize("NFC", composed.translate(_TABLE))
    return folded.replace("\u3099", "").replace("\u309a", "")


def canonical(text: str) -> str:
    """The runs of `text`, joined by one space.

    Two texts with the same canonical form are the same to a query.
    """
    return " ".join(_RUNS.findall(normalise(text)))


def name_word(canonical_text: str) -> str:
    """The one word for a whole name or code, by which a query that is exactly it finds it first."""
    return "q" + hashlib.blake2b(canonical_text.encode(), digest_size=8).hexdigest()


def is_cjk(character: str) -> bool:
    """Whether `character` (folded) is written without spaces: Han, kana, Hangul, Bopomofo, Yi."""
    return _IS_CJK.match(character) is not None


@lru_cache(maxsize=4096)
def _long(word: str) -> str:
    return word[:32] + hashlib.blake2b(word.encode(), digest_size=12).hexdigest()


def run_tokens(run: str, *, open_start: bool = False, open_end: bool = False) -> list[str]:
    """The tokens of one run; an open side (of a query) gets no mark."""
    if not is_cjk(run[0]):
        return [run if len(run) <= LONGEST_WORD else _long(run)]
    tokens = [] if open_start else [START + run[0]]
    tokens += [a + b for a, b in pairwise(run)]
    return tokens if open_end else [*tokens, run[-1] + END]


def tokens_of(canonical_text: str) -> list[str]:
    """The tokens of a canonical text, in order. Interned, as most come again and again."""
    return [sys.intern(token) for run in canonical_text.split() for token in run_tokens(run)]


def characters_of(canonical_text: str) -> str:
    """The distinct CJK characters of a canonical text, sorted, joined by spaces: the field `u`."""
    return " ".join(sorted(set(_IS_CJK.findall(canonical_text))))


def analyse(text: str) -> list[str]:
    """The tokens of a text, in order."""
    return tokens_of(canonical(text))


def characters(text: str) -> str:
    """The distinct CJK characters of a text, joined by spaces."""
    return characters_of(canonical(text))


def phrase_tokens(canonical_phrase: str) -> list[str]:
    """The adjacent tokens that stand where a text contains the phrase; [] for a lone CJK character (ask
    `u`).
    """
    runs = canonical_phrase.split()
    last = len(runs) - 1
    return [
        token
        for n, run in enumerate(runs)
        for token in run_tokens(run, open_start=n == 0, open_end=n == last)
    ]
