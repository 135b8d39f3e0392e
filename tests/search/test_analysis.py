"""Which texts are the same to a query, and which tokens they become."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import (
    END,
    LONGEST_WORD,
    START,
    analyse,
    canonical,
    characters,
    is_cjk,
    normalise,
    phrase_tokens,
    run_tokens,
)
from search.han import SIMPLIFIED

anything = st.text(st.characters(codec=None), max_size=60)


def marked(*tokens: str) -> list[str]:
    """Tokens written with ^ and $ for the private-use marks."""
    return [token.replace("^", START).replace("$", END) for token in tokens]


def test_a_run_becomes_pairs_and_its_ends() -> None:
    assert analyse("占用道路") == marked("^占", "占用", "用道", "道路", "路$")


def test_a_lone_character_becomes_its_two_ends() -> None:
    assert analyse("税") == marked("^税", "税$")


def test_words_and_numbers_stay_whole() -> None:
    assert analyse("A3区 PM2.5, 1,000 元") == marked("a3", "^区", "区$", "pm2", "5", "1", "000", "^元", "元$")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("ﾊﾞｲｵ", "バイオ"),
        ("が", "か\u3099"),
        ("각", "\u1100\u1161\u11a8"),
        ("naïve Straße Łódź æon", "naive strasse lodz aeon"),
        ("lǜ", "lu"),
        ("Ｃafe\u0301", "cafe"),
        ("舉報貪污", "举报贪污"),
        ("答覆", "答覆"),
        ("举\u200b报\u2060贪\ufeff污", "举报贪污"),
        ("葛\U000e0100城", "葛城"),
        ("a\ue000b占\ue001用", "ab占用"),
        ("㎏ ① ½", "kg 1 1 2"),
        ("İ ẞ ς", "i ss σ"),
        ("道路，占用。", "道路 占用"),
        ("A市12区", "a 市 12 区"),
    ],
)
def test_what_is_the_same(text: str, same: str) -> None:
    assert canonical(text) == canonical(same)
    assert analyse(text) == analyse(same)


@pytest.mark.parametrize(
    ("one", "other"), [("й", "и"), ("が", "か"), ("土", "士"), ("1", "l"), ("答覆", "答复")]
)
def test_what_is_not_the_same(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_breaks_keep_no_content() -> None:
    assert analyse("，。！ \n\t\0 😀 --- \ud800") == []
    assert characters("——") == ""


def test_characters_are_distinct_and_cjk_only() -> None:
    assert characters("占道 abc 道占 税") == " ".join(sorted("占道税"))


def test_a_long_word_is_kept_by_its_hash_and_stays_itself() -> None:
    one, other = "a" * 300, "a" * 299 + "b"
    (token,), (different,) = analyse(one), analyse(other)
    assert len(token) <= LONGEST_WORD
    assert token != different
    assert token == analyse(one.upper())[0]


def test_open_sides_carry_no_mark() -> None:
    assert phrase_tokens("占用") == ["占用"]
    assert phrase_tokens("a3 区") == marked("a3", "^区")
    assert phrase_tokens("区 a3 区") == marked("区$", "a3", "^区")
    assert phrase_tokens("税") == []
    assert run_tokens("税", open_start=True) == marked("税$")


def test_the_table_maps_once() -> None:
    assert len(SIMPLIFIED) > 3000
    assert not set(SIMPLIFIED.values()) & set(SIMPLIFIED)
    assert all(len(k) == len(v) == 1 for k, v in SIMPLIFIED.items())


def test_no_character_becomes_a_mark_or_a_format_character() -> None:
    """Over all of Unicode: what comes out is a letter, a number, a mark of another script, or a space."""
    wrong = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        for out in normalise(chr(code))
        if out != " " and unicodedata.category(out)[0] not in "LNM"
    ]
    assert wrong == []


@given(anything)
def test_the_canonical_form_is_stable(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@given(anything)
def test_tokens_hold_no_break_and_no_quote(text: str) -> None:
    for token in analyse(text):
        assert token
        assert not any(c.isspace() or c in "\"'{}:*^()" for c in token)
        assert token.count(START) + token.count(END) <= 1


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=20), st.data())
def test_the_tokens_of_a_part_stand_in_the_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 2, len(text)))
    wanted, whole = phrase_tokens(canonical(text[start:end])), analyse(text)
    assert any(whole[n : n + len(wanted)] == wanted for n in range(len(whole)))


def test_cjk_is_known_by_its_script() -> None:
    assert all(is_cjk(c) for c in "占々〇あアーㄅ가𠀀")
    assert not any(is_cjk(c) for c in "aé1йא ก")
