"""Marks: in the original text, where the query matches, and always escaped."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlight import highlight, snippet
from search.query import parse

anything = st.text(st.characters(codec="utf-8"), max_size=40)


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("对占用道路的处罚", "占用", "对[占用]道路的处罚"),
        ("对占用道路的处罚", "占用 道路", "对[占用道路]的处罚"),
        ("对佔用道路的處罰", "占用 处罚", "对[佔用]道路的[處罰]"),
        ("ＰＭ２.５ 超标", "pm2.5", "[ＰＭ２.５] 超标"),
        ("A3区，A33区", "a3", "[A3]区，A33区"),
        ("Roads and road", "road", "Roads and [road]"),
        ("一道，路", '"道 路"', "一[道，路]"),
        ("一道路", '"道 路"', "一道路"),
        ("税", "税", "[税]"),
        ("占\u200b用", "占用", "[占\u200b用]"),
        ("cafe\u0301 x", "café", "[cafe\u0301] x"),
        ("占用道路", "-占用", "占用道路"),
        ("占用道路", "", "占用道路"),
        ("许可和处罚", "许可 OR 处罚", "[许可]和[处罚]"),
        ("的的的", "的的", "[的的的]"),
    ],
)
def test_marks(text: str, q: str, marked: str) -> None:
    assert highlight(text, parse(q)) == marked.replace("[", "<mark>").replace("]", "</mark>")


def test_relaxed_marks_the_pairs() -> None:
    assert highlight("道路占用费", parse("占用道路"), relaxed=True) == "<mark>道路占用</mark>费"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a&b <b>a</b>", '"><img src=x onerror=a>'])
def test_text_is_escaped(text: str) -> None:
    marked = highlight(text, parse("a alert script"))
    assert "<" not in re.sub("</?mark>", "", marked)
    assert unescape(re.sub("</?mark>", "", marked)) == text


@given(text=anything, q=anything)
def test_the_text_stays_whole(text: str, q: str) -> None:
    marked = highlight(text, parse(q))
    # What is inside a text can look like a mark only in its escaped form.
    assert unescape(re.sub("</?mark>", "", marked)) == text


@given(
    before=anything,
    part=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1),
    after=anything,
)
def test_what_is_found_is_marked(before: str, part: str, after: str) -> None:
    assert "<mark>" in highlight(before + part + after, parse(part))


def test_a_snippet_stands_around_the_first_place() -> None:
    cut = snippet("很长的开头" * 40 + "占用道路" + "很长的结尾" * 40, parse("占用道路"))
    assert "<mark>占用道路</mark>" in cut
    assert cut.startswith("……")
    assert cut.endswith("……")
    assert len(cut) < 130


def test_a_snippet_without_a_place_is_the_beginning() -> None:
    assert snippet("短的\n\n正文", parse("别的")) == "短的 正文"
    assert snippet("长" * 200, parse("别的")) == "长" * 90 + "……"
    assert snippet("", parse("别的")) == ""
