"""Numbers, dates, amounts, document numbers, codes: found however they are written, and nothing else is.

number_pairs.tsv holds pairs checked by hand: whether a query finds a text. Each is asked of every engine.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import numbers
from search.documents import Document
from search.engines.base import Engine
from search.highlight import highlight
from search.query import parse
from search.widening import MOST, MOST_IN_ALL, Widener, understood

LINES = Path(__file__).with_name("number_pairs.tsv").read_text(encoding="utf-8").splitlines()
PAIRS = [tuple(line.split("\t")) for line in LINES]


def test_the_table_is_a_table() -> None:
    assert len(set(PAIRS)) == len(PAIRS) >= 200
    assert {verdict for verdict, _, _ in PAIRS} == {"found", "absent"}


def test_every_pair_on_every_engine(engine: Engine) -> None:
    engine.index(Document(f"d:{n}", "d", "", text) for n, (_, _, text) in enumerate(PAIRS))
    wrong = []
    for n, (verdict, q, text) in enumerate(PAIRS):
        found = engine.search(understood(q), within=[f"d:{n}"]).total == 1
        if found != (verdict == "found"):
            wrong.append((verdict, q, text))
    assert wrong == []


def test_the_exact_query_stays_exact(engine: Engine) -> None:
    """Folding is asked for; the language by itself finds what is written and nothing else."""
    engine.index([Document("d:1", "d", "第三十四条"), Document("d:2", "d", "第34条 o34x6761")])
    assert engine.search(parse("第34条")).ids == ["d:2"]
    assert set(engine.search(understood("第34条")).ids) == {"d:1", "d:2"}
    assert engine.search(understood('"第34条"')).ids == ["d:2"]
    assert engine.search(understood("-第34条")).ids == ["d:1"]
    assert engine.search(understood("o34x6761")).ids == ["d:2"], (
        "the words of the field are no words of a text"
    )


def test_what_a_number_says_leaves_with_its_document(engine: Engine) -> None:
    engine.index([Document("d:1", "d", "罚款", "4.7万元"), Document("d:2", "d", "罚款", "47000元")])
    engine.index([Document("d:1", "d", "罚款", "4.8万元")])
    assert engine.search(understood("四万七千元")).ids == ["d:2"]
    engine.delete(["d:2"])
    assert engine.search(understood("四万七千元")).ids == []
    assert engine.search(understood("48000元")).ids == ["d:1"]


def test_a_number_found_otherwise_is_marked() -> None:
    marked = highlight("依据《行政处罚法》第三十三条，罚款4.7万元。", understood("行政处罚法第33条 47,000元"))
    assert "<mark>第三十三条</mark>" in marked
    assert "<mark>4.7万元</mark>" in marked
    assert "<mark>行政处罚法</mark>" in marked


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("一", 1), ("十", 10), ("十五", 15), ("二十", 20), ("一百一十", 110), ("三百零五", 305),
        ("二〇二二", 2022),
        ("一千〇一", 1001), ("三万五", 35000), ("一百二", 120), ("一亿五千万", 150_000_000), ("4.7万", 47000),
        ("1,000", 1000), ("四点七万", 47000), ("1万亿", 10**12), ("一万亿", 10**12), ("三千万", 30_000_000),
    ],
)  # fmt: skip
def test_values(written: str, number: int) -> None:
    assert numbers.value(numbers.folded(written)) == Decimal(number)


@pytest.mark.parametrize(
    "written", ["", "万", "百千", "十百", "一二十", "点五", "一点", "九九千", "9" * 40, "abc"]
)
def test_what_is_no_number(written: str) -> None:
    assert numbers.value(numbers.folded(written)) is None


@given(st.integers(min_value=10, max_value=10**12 - 1))
def test_any_whole_number_written_in_chinese(n: int) -> None:
    assert numbers.value(numbers.folded(chinese(n))) == n


def chinese(n: int) -> str:
    """As it is written out in full, by recursion over 亿 and 万."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if n >= size:
            rest = n % size
            return (
                chinese(n // size)
                + name
                + (("零" if rest < size // 10 else "") + chinese(rest) if rest else "")
            )
    text, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, size)
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + name
            gap = False
        else:
            gap = True
    return text


@given(st.text(st.characters(codec=None), max_size=120))
def test_no_text_is_refused(text: str) -> None:
    for word in numbers.words_of(text).split():
        assert word.isascii()
        assert word.isalnum()
    query = understood(text)
    assert sum(len(term.also) for term in query.wanted) <= MOST_IN_ALL


@given(st.text(st.sampled_from("0123456789一二十百万〇年月日第条款项元.-/〔〕号 ,()+8"), max_size=60))
def test_no_arrangement_of_figures_is_refused(text: str) -> None:
    for number in numbers.find(text):
        assert 0 <= number.start < number.end <= len(text)
        assert number.words
    understood(text)


def test_others_are_bounded() -> None:
    many = {"举报": tuple(f"词{n}" for n in range(50))}
    widen = Widener(many)
    assert len(widen("举报")) == MOST
    assert sum(len(widen("举报")) for _ in range(100)) == MOST_IN_ALL - MOST
