"""From a query to SQL for FTS5: pure, without a database.

MATCH strings are built from quoted tokens and `{field}:` filters only, never from what was typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from search.documents import FIELDS
from search.query import Figure, Loose, Not, Or, Part, Query, Term, is_boilerplate

_TEXT = "{" + " ".join(FIELDS) + "}"
# The plus keeps SQLite from handing each row to FTS5 as a question of its own.
_MATCHES = "+n IN (SELECT rowid FROM text WHERE text MATCH ?)"
_MISSES = "+n NOT IN (SELECT rowid FROM text WHERE text MATCH ?)"


@dataclass(frozen=True)
class Clause:
    """A condition on `n`, with its values."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a document must fulfil, and what ranks it."""

    where: list[Clause]
    ranking: str
    """A MATCH string, "" where nothing ranks."""
    ranked_where: list[Clause]
    """What is left of `where` for the documents that `ranking` has matched."""

    @property
    def match(self) -> Clause | None:
        """The first of `where` if that is the one question that FTS5 itself answers."""
        return self.where[0] if self.where and self.where[0].sql == _MATCHES else None

    @property
    def missed(self) -> Clause | None:
        """The first of `where` if that is what must not be there."""
        return self.where[0] if self.where and self.where[0].sql == _MISSES else None


def both(clauses: Iterable[Clause]) -> tuple[str, tuple[Any, ...]]:
    """All conditions as one, with all values; without any, a condition that is always true."""
    clauses = list(clauses)
    sql = " AND ".join(clause.sql for clause in clauses) or "1"
    return sql, tuple(value for clause in clauses for value in clause.values)


def phrase(term: Term) -> str:
    """A MATCH string for one term: its tokens side by side in one field, or its character in `u`; or what
    stands for it.
    """
    if not term.also:
        return _exactly(term)
    others = ("(" + " AND ".join(f"({_leaf(leaf)})" for leaf in leaves) + ")" for leaves in term.also)
    return f"({_exactly(term)}) OR " + " OR ".join(others)


def _leaf(leaf: Term | Figure) -> str:
    return f'{{num}} : "{leaf.word}"' if isinstance(leaf, Figure) else _exactly(leaf)


def _exactly(term: Term) -> str:
    if term.lone:
        return f'{{u}} : "{term.text}"'
    return f'{_TEXT} : "{" ".join(term.tokens)}"'


def strict(query: Query) -> Plan:
    """Every part must match. Ranked by the parts that are asked for, without those that say nothing."""
    required = [part for part in query.parts if _positive(part)]
    excluded = [part.part for part in query.parts if isinstance(part, Not)]
    mixed = [part for part in query.parts if isinstance(part, Or) and not _positive(part)]
    rest = [_mixed(part) for part in mixed]
    if not required:
        return Plan([Clause(_MISSES, (_any(excluded),)), *rest] if excluded else rest, "", [])
    everything = _but_not(_all(required), excluded)
    where = [Clause(_MATCHES, (everything,)), *rest]
    telling = [part for part in required if not (isinstance(part, Term) and is_boilerplate(part))]
    # Who has all of it as a name has all of its words too: the same documents match.
    exact = f' OR ({{num}} : "{query.whole}")' if query.whole else ""
    if telling and telling != required:
        return Plan(where, _all(telling) + exact, where)
    return Plan(where, everything + exact, rest)  # phrases behind NOT weigh nothing: they are not there


def relaxed(loose: Loose) -> Plan:
    """Any token must match (any character where there are no tokens); tokens and characters rank."""
    tokens = [f'{_TEXT} : "{token}"' for token in loose.tokens]
    characters = [f'{{u}} : "{character}"' for character in loose.characters]
    required = " OR ".join(tokens or characters)
    if not required:
        return Plan([Clause("0")], "", [])
    where = [Clause(_MATCHES, (_but_not(f"({required})", loose.excluded),))]
    exact = [f'{{num}} : "{loose.whole}"'] if loose.whole else []
    weighed = [f'{_TEXT} : "{token}"' for token in loose.weighed]
    return Plan(where, " OR ".join([*exact, *weighed, *characters]), where)


def _positive(part: Part) -> bool:
    return isinstance(part, Term) or (isinstance(part, Or) and all(isinstance(p, Term) for p in part.parts))


def _all(parts: Iterable[Part]) -> str:
    return " AND ".join(_any([part] if isinstance(part, Term) else _terms(part)) for part in parts)


def _terms(part: Part) -> list[Term]:
    return [p for p in part.parts if isinstance(p, Term)] if isinstance(part, Or) else []


def _any(terms: Iterable[Term]) -> str:
    return "(" + " OR ".join(f"({phrase(term)})" for term in terms) + ")"


def _but_not(expression: str, excluded: Iterable[Term]) -> str:
    excluded = list(excluded)
    return f"({expression}) NOT {_any(excluded)}" if excluded else expression


def _mixed(part: Or) -> Clause:
    """An OR with an exclusion in it, which FTS5 cannot say."""
    clauses = [
        Clause(_MISSES, (phrase(p.part),)) if isinstance(p, Not) else Clause(_MATCHES, (phrase(p),))
        for p in part.parts
    ]
    values = tuple(value for clause in clauses for value in clause.values)
    return Clause("(" + " OR ".join(clause.sql for clause in clauses) + ")", values)
