"""The one answer behind every list of what is published: hits, counts and facets, for /search/ and the
registers.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from search import documents, indexing, meaning, synonyms
from search.documents import Document, Source
from search.engines import disclosures
from search.engines.base import MAX_WINDOW, Days, Engine, EngineError, Hits, IndexDamaged, Sort
from search.highlight import highlight, snippet, spans
from search.query import Figure, Query, Term, parse
from search.widening import understood

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise
    from typing_extensions import TypeIs

log = logging.getLogger("search")

PAGE_SIZE = 20
MAX_FILTERS = 50
"""Values of one facet that an address may name."""
SHOWN_VALUES = 15
"""Values a facet shows beside the chosen ones."""
_TRIES = 3
_TAGS = {"zh-hans": "zh-Hans", "en": "en"}


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
            for value, label in _labels(self.sources, name, values).items()
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
        """The synonyms that were looked for as well, in order of the words."""
        others = (leaves[0].text for term in self.query.wanted for leaves in term.also if _is_word(leaves))
        return list(dict.fromkeys(others))[:6]

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
                    _labels(self.sources, name, values).values()
                )
                advice.append(Chip(label, self.asked.url(**{name: ""}), n))
        if any(self.asked.days) and (n := _count(self.query, self.sources, self.filters)):
            label = pgettext("list of filter values", "、").join(chip.label for chip in self._dates)
            advice.append(Chip(label, self.asked.url(**{"from": "", "to": ""}), n))
        return advice


def _is_word(leaves: Sequence[Term | Figure]) -> TypeIs[tuple[Term]]:
    return len(leaves) == 1 and isinstance(leaves[0], Term)


def facet_list(
    request: HttpRequest,
    *,
    kinds: Sequence[str] = (),
    facets: Sequence[str] | None = None,
    size: int = PAGE_SIZE,
    resting: Sort | None = None,
    fallback: bool = True,
    counted: bool = True,
) -> Found:
    """What the address of `request` asks for, among `kinds` (all registered where none is named). Never
    raises.

    `facets` default to those of the first source. `resting` is the order without words: "order" for one kind,
    else by date. With the engine down and nothing asked for, `fallback` lists from the sources, without
    facets. Without `counted` no facet is counted (their filters hold).
    """
    sources = [s for s in documents.sources() if not kinds or s.kind in kinds]
    names = list(facets if facets is not None else (sources[0].facets if sources else ()))
    asked = Asked.read(request.GET, names, resting=resting or ("order" if len(kinds) == 1 else "date"))
    only = sources[0] if len(sources) == 1 else None
    found = Found(
        asked=asked,
        sources=sources,
        size=size,
        marked=counted,
        resting_filters=getattr(only, "resting_filters", {}),
    )
    try:
        _ask(found, disclosures(), names if counted else [])
    except EngineError as error:
        log.warning("the search of disclosures failed: %s", type(error).__name__)
        found.down = True
        if isinstance(error, IndexDamaged):
            indexing.ask_for_rebuild()
        if fallback and not asked.query.asked and not asked.filters:
            _list_from_sources(found)
    return found


def _ask(found: Found, engine: Engine, names: Sequence[str]) -> None:
    """Fill `found`.

    What the index holds and its source no longer discloses is left out of hits and counts.
    """
    indexing.refuse_half(engine)
    asked, undisclosed = found.asked, documents.lapsed([source.kind for source in found.sources])
    page = asked.page if asked.page and asked.page * found.size <= MAX_WINDOW else 0
    answer = _search(found, engine, names, page, undisclosed)
    for _ in range(_TRIES):
        gone = set(answer.ids) - documents.disclosed_ids(answer.ids)
        if not gone:
            break
        undisclosed |= gone
        answer = _search(found, engine, names, page, undisclosed)
    shown = documents.shown([id for id in answer.ids if id not in undisclosed], get_language() or "")
    found.total = answer.total
    found.hits = [_hit(shown[id], found) for id in answer.ids if id in shown]
    found.facets = [_facet(name, answer.facets.get(name, {}), found) for name in names]


def _search(found: Found, engine: Engine, names: Sequence[str], page: int, without: set[str]) -> Hits:
    asked = found.asked
    filters = {"kind": [source.kind for source in found.sources], **found.filters}
    answer = Hits([], 0)
    for relaxed in (False, True) if asked.query.wanted else (False,):
        answer = engine.search(
            asked.query,
            filters=filters,
            sort=asked.sort,
            limit=found.size if page else 0,
            offset=(page - 1) * found.size if page else 0,
            facets=names,
            without=without,
            relaxed=relaxed,
            days=asked.days,
        )
        found.relaxed = relaxed and answer.total > 0
        if answer.total:
            break
    return answer


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


def suggest(q: str, *, limit: int = 8) -> list[Document]:
    """Disclosed things whose title holds all words of `q`, best first; [] while the engine is down."""
    query = understood(q, synonyms.table())
    if not query.wanted:
        return []
    kinds = {"kind": [source.kind for source in documents.sources()]}
    try:
        answer = disclosures().search(query, filters=kinds, limit=5 * limit)
    except EngineError as error:
        log.warning("no suggestions: %s", type(error).__name__)
        return []
    shown = documents.shown(answer.ids, get_language() or "")
    titled = [shown[id] for id in answer.ids if id in shown and spans(shown[id].title, query)]
    return titled[:limit]


def pages_of(request: HttpRequest, *, facets: Sequence[str], most: int) -> tuple[Found, list[Document]]:
    """What the address asks for, from the first on, at most `most` at once; for feeds and downloads."""
    params = request.GET.copy()
    params.pop("page", None)
    request.GET = params  # type: ignore[assignment]
    found = facet_list(request, facets=facets, size=most, fallback=False, counted=False)
    return found, [hit.document for hit in found.hits]


def _list_from_sources(found: Found) -> None:
    """A page of everything, as the sources give it."""
    start = max(found.page - 1, 0) * found.size
    everything = (document for source in found.sources for document in source.iterate())
    page = [document.id for document in islice(everything, start, start + found.size)]
    shown = documents.shown(page, get_language() or "")
    found.hits = [_hit(shown[id], found) for id in page if id in shown]
    found.total = start + len(found.hits) + sum(1 for _ in everything)


def _hit(document: Document, found: Found) -> Hit:
    query, relaxed = found.query, found.relaxed
    if not found.marked:
        return Hit(document, title=escape(document.title), snippet=escape(""))
    return Hit(
        document,
        title=highlight(document.title, query, relaxed=relaxed),
        snippet=snippet(document.body, query, relaxed=relaxed),
        kind=next((str(s.name) for s in found.sources if s.kind == document.kind), ""),
        lang=_TAGS.get(document.language, "") if document.language != get_language() else "",
    )


def _facet(name: str, counts: Mapping[str, int], found: Found) -> Facet:
    chosen = found.filters.get(name, ())
    if name == "kind":  # counted without its own filter, which is also that of the whole list
        counts = {code: n for code, n in counts.items() if any(s.kind == code for s in found.sources)}
    shown = list(dict.fromkeys([*islice(counts, SHOWN_VALUES), *chosen]))
    labels = _labels(found.sources, name, shown)
    values = [Value(code, labels[code], counts.get(code, 0), code in chosen) for code in shown]
    return Facet(name, _facet_label(found.sources, name), values)


def _facet_label(sources: Sequence[Source], name: str) -> StrOrPromise:
    if name == "kind":
        return gettext("类型")
    return next((s.facets[name] for s in sources if name in s.facets), name)


def _labels(sources: Sequence[Source], name: str, values: Sequence[str]) -> dict[str, str]:
    """The words for the values of a facet, in their order."""
    words: dict[str, str] = {}
    if name == "kind":
        words = {s.kind: str(s.name) for s in sources if s.name}
    for source in sources:
        missing = [value for value in values if value not in words]
        if missing and name in source.facets:
            words.update(source.labels(name, missing, get_language() or ""))
    return {value: words.get(value, value) for value in values}
