"""A page of what was found, with its addresses and what it advises where that is nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from search import documents, meaning, synonyms
from search.asking import Asked
from search.documents import Document, Source
from search.engines import disclosures
from search.engines.base import MAX_WINDOW, Days, EngineError
from search.labels import labels
from search.query import Query, parse
from search.widening import understood

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Hit:
    """One row of a result list; title and snippet are escaped and marked."""

    document: Document
    title: SafeString
    snippet: SafeString
    kind: str = ""  # the kind's name
    lang: str = ""  # the tag of its language where that is not the page's


@dataclass(frozen=True)
class Value:
    """One checkbox of a facet."""

    code: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """One block of filters; `name` is the parameter in the address."""

    name: str
    label: StrOrPromise
    values: list[Value]


@dataclass(frozen=True)
class Chip:
    """A chosen filter, and the address without it; `count` only in advice: how many there would be."""

    label: str
    url: str
    count: int = 0


@dataclass
class Found:
    """A page of what was found, ready for a template."""

    asked: Asked
    sources: Sequence[Source]
    size: int
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    facets: list[Facet] = field(default_factory=list)
    relaxed: bool = False
    """Nothing holds all of the words; these hold some of them."""
    down: bool = False
    """The engine does not answer."""
    marked: bool = True
    """Titles and snippets are marked: a file needs none."""
    resting_filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What holds for a facet of which the address says nothing (items not in force are found on request)."""

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """What the address chose, and what holds where it chose nothing."""
        return {**self.resting_filters, **self.asked.filters}

    @property
    def status(self) -> int:
        """Of the response: 503 while the engine is down (and there is nothing to show), 404 beyond the
        last page.
        """
        if self.down and not self.hits:
            return 503
        return 404 if self.beyond else 200

    @property
    def q(self) -> str:
        """The words as they were typed."""
        return self.asked.q

    @property
    def query(self) -> Query:
        """The words as they were understood."""
        return self.asked.query

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-min(self.total, MAX_WINDOW) // self.size))

    @property
    def page(self) -> int:
        """The page shown, from 1; 0 or more than `pages` where there is no such page."""
        return self.asked.page

    @property
    def beyond(self) -> bool:
        """The address names a page that does not exist."""
        return not self.down and not 1 <= self.page <= self.pages

    @property
    def first(self) -> int:
        """The number of the first hit of the page, from 1."""
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        """The number of the last hit of the page."""
        return self.first + len(self.hits) - 1

    @property
    def next_url(self) -> str:
        """The next page, "" on the last."""
        return self.asked.url(page=str(self.page + 1)) if 1 <= self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        """The page before, "" on the first."""
        return self.asked.url(page=str(self.page - 1)) if 1 < self.page <= self.pages else ""

    @property
    def last_url(self) -> str:
        """The last page."""
        return self.asked.url(page=str(self.pages))

    @property
    def by_date_url(self) -> str:
        """The same, newest first."""
        return self.asked.url(sort="date")

    @property
    def by_relevance_url(self) -> str:
        """The same, best first."""
        return self.asked.url(sort="")

    @property
    def clear_url(self) -> str:
        """The same words without any filter."""
        return self.asked.url(**dict.fromkeys([*self.asked.filters, "from", "to"], ""))

    @property
    def query_string(self) -> str:
        """The address's query without a page, for a link to another form of the same list."""
        return self.asked.url()

    @property
    def chosen(self) -> int:
        """How many filter values are chosen."""
        dated = sum(1 for day in self.asked.days if day)
        return sum(len(values) for values in self.asked.filters.values()) + dated

    @cached_property
    def chips(self) -> list[Chip]:
        """The chosen filters, each with the address without it."""
        return [
            Chip(label, self.asked.url(**{name: [v for v in values if v != value]}))
            for name, values in self.asked.filters.items()
            for value, label in labels(self.sources, name, values).items()
        ] + self._dates

    @property
    def _dates(self) -> list[Chip]:
        first, last = self.asked.days
        chips = []
        if first:
            text = gettext("%(day)s 起") % {"day": first.isoformat()}
            chips.append(Chip(text, self.asked.url(**{"from": ""})))
        if last:
            chips.append(Chip(gettext("%(day)s 止") % {"day": last.isoformat()}, self.asked.url(to="")))
        return chips

    @property
    def also(self) -> list[str]:
        """The synonyms that were looked for as well."""
        return self.query.also

    @cached_property
    def meant(self) -> Chip | None:
        """Where nothing, or nothing with all words, was found: the same with a word that titles have."""
        if self.down or (self.total and not self.relaxed) or not self.query.wanted:
            return None
        better = meaning.better(self.q, self.query, lambda query: _best_titles(query, self))
        if better is None:
            return None
        count = _count(understood(better, synonyms.table()), self.sources, self.filters, self.asked.days)
        return Chip(better, self.asked.url(q=better), count) if count else None

    def object_ids(self, kind: str) -> list[int]:
        """The keys of the hits of one kind, in order, as whole numbers."""
        ids = [hit.document.id for hit in self.hits if hit.document.kind == kind]
        return [int(id.partition(":")[2]) for id in ids]

    @cached_property
    def other_words(self) -> list[Chip]:
        """Where nothing was found: single words of the query that are found by themselves, most telling
        first.
        """
        words = [term.text for term in self.query.wanted]
        if self.down or self.total or len(words) < 2:
            return []
        days = self.asked.days
        counted = [(word, _count(parse(f'"{word}"'), self.sources, self.filters, days)) for word in words[:8]]
        found = sorted(((n, word) for word, n in counted if n), key=lambda pair: pair[0])
        return [Chip(word, self.asked.url(q=word), n) for n, word in found[:3]]

    @cached_property
    def fewer_filters(self) -> list[Chip]:
        """Where nothing was found: the filters without which there would be something."""
        if self.down or self.total:
            return []
        advice = []
        for name, values in list(self.asked.filters.items())[:4]:
            others = {other: v for other, v in self.asked.filters.items() if other != name}
            if n := _count(self.query, self.sources, {**self.resting_filters, **others}, self.asked.days):
                label = pgettext("list of filter values", "、").join(
                    labels(self.sources, name, values).values()
                )
                advice.append(Chip(label, self.asked.url(**{name: ""}), n))
        if any(self.asked.days) and (n := _count(self.query, self.sources, self.filters)):
            label = pgettext("list of filter values", "、").join(chip.label for chip in self._dates)
            advice.append(Chip(label, self.asked.url(**{"from": "", "to": ""}), n))
        return advice


def _count(
    query: Query,
    sources: Sequence[Source],
    filters: Mapping[str, tuple[str, ...]],
    days: Days = (None, None),
) -> int:
    chosen = {"kind": [s.kind for s in sources], **filters}
    try:
        return disclosures().search(query, filters=chosen, limit=0, days=days).total
    except EngineError:
        return 0


def _best_titles(query: Query, found: Found) -> list[str]:
    """The titles of the best hits of another query, of disclosed things only."""
    try:
        answer = disclosures().search(
            query, filters={"kind": [s.kind for s in found.sources]}, limit=meaning.TITLES
        )
    except EngineError:
        return []
    return [document.title for document in documents.shown(answer.ids, get_language() or "").values()]
