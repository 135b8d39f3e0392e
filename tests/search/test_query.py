"""The query language: what is understood, what is left out, and that nothing is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import END, START
from search.engines import clauses, match
from search.query import MAX_LENGTH, MAX_TERMS, Not, Or, Query, Term, is_boilerplate, loosen, parse


def shape(query: Query) -> str:
    """A query in one line: & between parts, | in an OR, ! before what is excluded."""

    def one(part: Term | Not | Or) -> str:
        if isinstance(part, Or):
            return "(" + "|".join(one(p) for p in part.parts) + ")"
        return f"!{part.part.text}" if isinstance(part, Not) else part.text

    return "&".join(one(part) for part in query.parts)


@pytest.mark.parametrize(
    ("q", "understood"),
    [
        ("占用 道路", "占用&道路"),
        ("占用　道路", "占用&道路"),
        ("占用、道路；桥梁", "占用&道路&桥梁"),
        ('"临时 占用" 道路', "临时 占用&道路"),
        ("“临时占用”道路", "临时占用&道路"),
        ("「行政」『处罚』", "行政&处罚"),
        ("占用 -公路", "占用&!公路"),
        ("占用 －公路", "占用&!公路"),
        ('占用 -"高速 公路"', "占用&!高速 公路"),
        ("-公路", "!公路"),
        ("许可 OR 处罚 市政", "(许可|处罚)&市政"),
        ("市政 许可 OR 处罚 OR 强制", "市政&(许可|处罚|强制)"),
        ("许可 OR -处罚", "(许可|!处罚)"),
        ("许可 or 处罚", "许可&or&处罚"),
        ("a-b 1,000", "a b&1 000"),
        ("9901-CG-CF-0147", "9901 cg cf 0147"),
        ("举報 举报", "举报"),
        ("A3区", "a3 区"),
        # Odd input: the nearest sensible query.
        ("OR", ""),
        ("OR 许可 OR", "许可"),
        ("许可 OR OR 处罚", "(许可|处罚)"),
        ("许可 OR 许可", "许可"),
        ('"', ""),
        ('"临时 占用', "临时 占用"),
        ('"" “” 占用', "占用"),
        ("- -- 占用", "占用"),
        ("--占用", "!占用"),
        ("占用- 道路", "占用&道路"),
        ("a - b", "a&b"),
        ("！？……", ""),
        ("\0\x01占用\ud800道路", "占用&道路"),
        ("\u200b-\u200b公路", "!公路"),
        ("(占用) OR [道路]", "(占用|道路)"),
        ("title:占用 NEAR(a b) x*", "title 占用&near a&b&x"),
        ("'; DROP TABLE text; --", "drop&table&text"),
    ],
)
def test_what_is_understood(q: str, understood: str) -> None:
    assert shape(parse(q)) == understood


def test_a_query_of_marks_only_is_asked_but_blank() -> None:
    assert parse("！？").asked
    assert parse("！？").blank
    assert not parse(" \n").asked


def test_long_queries_are_cut_and_say_so() -> None:
    assert not parse("字" * MAX_LENGTH).cut
    assert parse("字" * (MAX_LENGTH + 1)).cut
    many = parse(" ".join(f"w{n}" for n in range(MAX_TERMS + 1)))
    assert many.cut
    assert len(many.parts) == MAX_TERMS
    assert parse("\u200b" * 100_000 + "字").cut


@given(st.text(st.characters(codec=None), max_size=200))
def test_no_text_is_refused(q: str) -> None:
    query = parse(q)
    assert len(query.parts) <= MAX_TERMS
    for term in query.wanted:
        assert term.text.strip() == term.text != ""
    # Whatever was typed, the strings for the engines hold quoted tokens and our own syntax only.
    for plan in (match.strict(query), match.relaxed(loosen(query))):
        for clause in plan.where:
            assert all(value.count('"') % 2 == 0 for value in clause.values)
    clauses.strict(query).to_dict()
    clauses.relaxed(loosen(query)).to_dict()


@given(st.lists(st.sampled_from(["OR", "-", '"', "“", "”", "占用", "a", " ", "-b", "「"]), max_size=30))
def test_no_arrangement_of_signs_is_refused(signs: list[str]) -> None:
    parse("".join(signs))
    parse(" ".join(signs))


def test_match_strings_are_quoted_tokens() -> None:
    plan = match.strict(parse('占用 "a b" -税 许可 OR 处罚'))
    text = "{title body low code}"
    wanted = f'(({text} : "占用")) AND (({text} : "a b")) AND (({text} : "许可") OR ({text} : "处罚"))'
    assert plan.where[0].values == (f'({wanted}) NOT (({{u}} : "税"))',)


def test_only_exclusions_ask_for_what_is_missing() -> None:
    plan = match.strict(parse("-公路 -税"))
    assert plan.ranking == ""
    assert "NOT IN" in plan.where[0].sql


def test_boilerplate_matches_but_does_not_rank() -> None:
    assert is_boilerplate(Term("投诉"))
    assert not is_boilerplate(Term("投诉电话"))
    plan = match.strict(parse("投诉 噪音"))
    assert "投诉" in plan.where[0].values[0]
    assert "投诉" not in plan.ranking
    assert "投诉" in match.strict(parse("投诉")).ranking


def test_loosened_queries_ask_for_telling_pairs() -> None:
    loose = loosen(parse("关于占用道路的问题 -公路"))
    assert loose.tokens == ("于占", "占用", "用道", "道路", "路的")
    assert loose.excluded == (Term("公路"),)
    assert not any(START in t or END in t for t in loose.tokens)
    assert loosen(parse("投诉")).tokens == ("投诉",)
    assert loosen(parse("税")).characters == ("税",)


def test_words_of_letters_and_figures_count_twice() -> None:
    """A pair of signs counts once itself and once by its characters; a word has no characters."""
    loose = loosen(parse("A7县 道路 A7县"))
    assert loose.tokens == ("a7", "道路")
    assert loose.weighed == ("a7", "a7", "道路")
    ranking = match.relaxed(loose).ranking
    assert ranking.count('"a7"') == 2 * ranking.count('"道路"') == 2
    asked = str(clauses.relaxed(loose).to_dict())
    assert "a7 a7 道路" in asked
