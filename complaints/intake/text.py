"""What a person may type: any writing, but nothing invisible that hides or reorders it."""

from __future__ import annotations

import re

# Control characters but tab and line feed; bidirectional embeddings, overrides and isolates (they make a text
# read otherwise than it is stored); half characters, which no UTF-8 holds; the two that are no characters.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
ENDS = re.compile(r"\r\n?|\u2028|\u2029")

SUBJECT_MOST, NARRATIVE_MOST, MESSAGE_MOST = 200, 20_000, 10_000
LINE_MOST = 100
ANSWER_MOST = 2_000  # of a question of the operator's own


def with_plain_ends(text: str) -> str:
    """The text with line feeds only, as forms send carriage returns."""
    return ENDS.sub("\n", text)


def hides(text: str) -> bool:
    """Does it hold a character that must not be stored?"""
    return HIDDEN.search(with_plain_ends(text)) is not None


def clean(text: str) -> str:
    """The text without anything hidden; what a person can see stays as typed."""
    return HIDDEN.sub("", with_plain_ends(text))


def clean_line(text: str) -> str:
    """The same on one line: ends and tabs become blanks."""
    return re.sub(r"[\n\t]+", " ", clean(text)).strip()
