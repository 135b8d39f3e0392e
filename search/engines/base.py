"""The one interface of the engines, and what they may raise."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from search.documents import Document
from search.query import Query

Sort = Literal["relevance", "date", "order"]
Filters = Mapping[str, Collection[str]]
"""Facet → the values one of which a document must have; all facets must hold."""

Days = tuple[datetime.date | None, datetime.date | None]

ANSWER_S = 5.0
"""Seconds that an engine may take for one question; then it raises EngineDown."""

MAX_WINDOW = 10_000
"""offset + limit may not go beyond; deeper reading goes by `after`."""
MAX_FACET_VALUES = 500

WEIGHTS = {"title": 2.0, "body": 1.0, "low": 0.3, "code": 8.0, "num": 4.0, "u": 1.0}
"""What a match in each field counts (SEARCH: the title at twice the body)."""


class EngineError(Exception):
    """Anything an engine raises. The text never holds words of a query or a document."""


class EngineDown(EngineError):
    """The engine does not answer now; trying again later may help."""


class IndexDamaged(EngineError):
    """The index cannot be read (damaged, wrong key, other version): build it anew."""


class BadPage(EngineError):
    """offset, limit or cursor outside of what is allowed."""


@dataclass(frozen=True)
class Hits:
    """One page of an answer."""

    ids: list[str]
    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    """facet → value → documents, each facet counted without its own filter; most frequent first."""
    next: str | None = None
    """The cursor for `after`, None on the last page."""


class Engine(Protocol):
    """An index of documents. Safe for several processes and threads at once."""

    def index(self, documents: Iterable[Document]) -> None:
        """Add or replace, as one batch; searchable when it returns.

        Documents without text are found by filters.
        """
        ...

    def delete(self, ids: Collection[str]) -> None:
        """Take out; unknown ids are no error."""
        ...

    def search(
        self,
        query: Query,
        *,
        filters: Filters | None = None,
        sort: Sort = "relevance",
        limit: int = 20,
        offset: int = 0,
        after: str | None = None,
        facets: Sequence[str] = (),
        within: Collection[str] | None = None,
        without: Collection[str] = (),
        relaxed: bool = False,
        days: Days | None = None,
    ) -> Hits:
        """A page of what matches.

        `days`: dated from the first to the last of these, both included; what has no date is outside.
        `within` and `without` name ids to search among or to leave out. `relaxed` asks for any telling token
        instead of every word. By date: newest first, then id; without words, relevance means date.
        """
        ...

    def count(self) -> int:
        """How many documents the index holds."""
        ...

    def ids(self) -> set[str]:
        """The ids of all documents."""
        ...

    def stamps(self) -> dict[str, str]:
        """The id of each document and the stamp of the version that is held (Document.stamp)."""
        ...

    def whole(self) -> bool:
        """Whether everything there was to index has once been put in: not so in a file just made."""
        ...

    def mark_whole(self) -> None:
        """Say so."""
        ...

    def clear(self) -> None:
        """Empty the index."""
        ...


def check_page(limit: int, offset: int) -> None:
    """Raises BadPage outside of 0 ≤ limit ≤ 1,000 and offset + limit ≤ MAX_WINDOW."""
    if not (0 <= limit <= 1000 and offset >= 0 and offset + limit <= MAX_WINDOW):
        raise BadPage("limit or offset out of range")
