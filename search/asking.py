"""What the address of a list asks for."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.http import QueryDict

from search import synonyms
from search.engines.base import Days, Sort
from search.query import Query
from search.widening import understood

MAX_FILTERS = 50
"""Values of one facet that an address may name."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for. Anything odd in it is left out or cut, never an error."""

    params: QueryDict
    query: Query
    q: str
    filters: Mapping[str, tuple[str, ...]]
    sort: Sort
    page: int  # 0 where the address names no page that can be
    days: Days = (None, None)
    """From `from` to `to` (2026-01-31); a date that is none is left out."""

    @classmethod
    def read(cls, params: QueryDict, facets: Iterable[str], *, resting: Sort) -> Asked:
        """From `q`, one parameter a facet (repeated for OR), `sort` and `page`.

        `resting`: the order without q.
        """
        q = " ".join(params.get("q", "").replace("\0", " ").split())
        query = understood(q, synonyms.table())
        chosen = {name: _values(params.getlist(name)) for name in facets}
        return cls(
            params=params,
            query=query,
            q=q,
            filters={name: values for name, values in chosen.items() if values},
            sort=_sort(params.get("sort", ""), bool(query.wanted), resting),
            page=_page_number(params.get("page", "1")),
            days=(_day(params.get("from", "")), _day(params.get("to", ""))),
        )

    def url(self, **changes: str | Sequence[str]) -> str:
        """The address's query with some parameters changed ("" takes one out), from the first page on."""
        params = self.params.copy()
        for name, value in {"page": "", **changes}.items():
            params.setlist(name, [value] if isinstance(value, str) else list(value))
            if not value:
                del params[name]
        return "?" + params.urlencode()


def _values(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in given if v and len(v) <= 100 and v.isprintable()))[:MAX_FILTERS]


def _day(asked: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(asked) if len(asked) == 10 else None
    except ValueError:
        return None


def _sort(asked: str, ranked: bool, resting: Sort) -> Sort:
    if asked == "date" or (asked == "order" and resting == "order"):
        return cast(Sort, asked)
    return "relevance" if ranked else resting


def _page_number(asked: str) -> int:
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
