"""From a query to Elasticsearch's query objects: pure, without a server.

Every field is analysed by white space.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from elasticsearch.dsl import query as dsl

from search.documents import FIELDS
from search.engines.base import WEIGHTS, Days, Filters
from search.query import Figure, Loose, Not, Or, Part, Query, Term, is_boilerplate

BOOSTS = WEIGHTS
"""`u` is a field with a length of its own here and a column of the one text in FTS5; 1 is best on both."""
MOST_TERMS = 60_000
"""Values of one terms query (Elasticsearch takes 65,536)."""


def strict(query: Query) -> dsl.Query:
    """Every part must match; those that say nothing, and exclusions, do not rank."""
    required = [part for part in query.parts if not isinstance(part, Not)]
    telling = [part for part in required if not (isinstance(part, Term) and is_boilerplate(part))]
    ranked = telling or required
    return dsl.Bool(
        must=[_part(part) for part in ranked],
        should=_whole(query.whole),
        filter=[_part(part) for part in required if part not in ranked],
        must_not=[_term(part.part) for part in query.parts if isinstance(part, Not)],
    )


def relaxed(loose: Loose) -> dsl.Query:
    """Any token must match (any character where there are no tokens); tokens and characters rank."""
    tokens = [_words(name, loose.weighed) for name in FIELDS] if loose.tokens else []
    characters = [_words("u", loose.characters)] if loose.characters else []
    if not (tokens or characters):
        return dsl.MatchNone()
    return dsl.Bool(
        must=[_either(tokens or characters)],
        should=[*(characters if tokens else []), *_whole(loose.whole)],
        must_not=[_term(term) for term in loose.excluded],
    )


def _whole(name: str) -> list[dsl.Query]:
    """Who has all of the query as a name or code comes first."""
    return [dsl.Term(num={"value": name, "boost": BOOSTS["num"]})] if name else []


def ranks(query: Query) -> bool:
    """Whether anything of the query ranks."""
    return any(isinstance(part, Term) or (isinstance(part, Or) and _positive(part)) for part in query.parts)


def filters(chosen: Filters) -> list[dsl.Query]:
    """Any of the values within a facet, all facets together."""
    return [dsl.Terms(facet=[f"{name}={v}" for v in sorted(values)]) for name, values in chosen.items()]


def dated(days: Days) -> dsl.Query:
    """From one day to another, both included; what has no date (0) is outside."""
    first, last = days
    return dsl.Range(
        day={"gte": first.toordinal() if first else 1, **({"lte": last.toordinal()} if last else {})}
    )


def ids(wanted: Collection[str]) -> dsl.Query:
    """One of these ids, in as many terms queries as that takes."""
    all_ids = list(wanted)
    parts = [all_ids[n : n + MOST_TERMS] for n in range(0, len(all_ids), MOST_TERMS)]
    return _either([dsl.Terms(ref=part) for part in parts]) if parts else dsl.MatchNone()


def _positive(part: Or) -> bool:
    return all(isinstance(p, Term) for p in part.parts)


def _part(part: Part) -> dsl.Query:
    if isinstance(part, Term):
        return _term(part)
    if isinstance(part, Not):
        return dsl.Bool(must_not=[_term(part.part)])
    either = _either([_part(p) for p in part.parts])
    return either if _positive(part) else dsl.ConstantScore(filter=either, boost=0)


def _term(term: Term) -> dsl.Query:
    if not term.also:
        return _exactly(term)
    return _either(
        [_exactly(term), *(dsl.Bool(must=[_leaf(leaf) for leaf in leaves]) for leaves in term.also)]
    )


def _leaf(leaf: Term | Figure) -> dsl.Query:
    return dsl.Term(num=leaf.word) if isinstance(leaf, Figure) else _exactly(leaf)


def _exactly(term: Term) -> dsl.Query:
    if term.lone:
        return dsl.Term(u={"value": term.text, "boost": BOOSTS["u"]})
    words = " ".join(term.tokens)
    return _either([dsl.MatchPhrase(**{name: {"query": words, "boost": BOOSTS[name]}}) for name in FIELDS])


def _words(name: str, tokens: Iterable[str]) -> dsl.Query:
    return dsl.Match(**{name: {"query": " ".join(tokens), "boost": BOOSTS[name]}})


def _either(parts: list[dsl.Query]) -> dsl.Query:
    return parts[0] if len(parts) == 1 else dsl.Bool(should=parts, minimum_should_match=1)
