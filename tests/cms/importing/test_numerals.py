# ruff: noqa: E501  (a row is a line)
"""Numbers to Chinese and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.importing.numerals import chinese, number

WHOLE = st.one_of(st.integers(0, 10**5), st.integers(0, 10**16 - 1))


@given(WHOLE, st.booleans())
def test_back_again(value: int, formal: bool) -> None:
    assert number(chinese(value, formal=formal)) == value


@given(WHOLE)
def test_both_words_for_two(value: int) -> None:
    assert number(chinese(value).replace("二", "两")) == value


@given(st.integers(0, 10**12))
def test_arabic_with_and_without_commas(value: int) -> None:
    assert number(str(value)) == number(f"{value:,}") == number(f"{value:,}".replace(",", "，")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二万零五十", 20_050), ("贰万伍仟", 25_000), ("一万五", 15_000), ("一万零五", 10_005), ("二百五", 250),
        ("两亿", 200_000_000), ("十", 10), ("廿五", 25), ("3万5千", 35_000), ("2.5万", 25_000), ("半", "0.5"),
        ("一点五", "1.5"), ("零点零五万", 500), ("二〇二三", 2023), ("两万半", 25_000), ("10万", 100_000),
        ("一百二", 120), ("壹拾万", 100_000), ("一万亿", 10**12),
    ],
)  # fmt: skip
def test_as_people_write(text: str, value: object) -> None:
    assert number(text) == Decimal(str(value))


@pytest.mark.parametrize("text", ["", "元", "点五", "一二百", "万", "五元", "1.2.3"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


def test_what_cannot_be_written() -> None:
    for value in (-1, 10**16):
        with pytest.raises(ValueError):
            chinese(value)
