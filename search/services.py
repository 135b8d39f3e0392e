"""The one answer behind every list of what is published: hits, counts and facets, for /search/ and the
registers.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import islice

from django.http import HttpRequest
from django.utils.html import escape
from django.utils.translation import get_language

from search import documents, indexing, synonyms
from search.asking import Asked
from search.documents import Document
from search.engines import disclosures
from search.engines.base import MAX_WINDOW, Engine, EngineError, Hits, IndexDamaged, Sort
from search.found import Facet, Found, Hit, Value
from search.highlight import highlight, snippet, spans
from search.labels import facet_label, labels
from search.widening import understood

log = logging.getLogger("search")

PAGE_SIZE = 20
SHOWN_VALUES = 15
"""Values a facet shows beside the chosen ones."""
_TRIES = 3
_TAGS = {"zh-hans": "zh-Hans", "en": "en"}


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
    words = labels(found.sources, name, shown)
    values = [Value(code, words[code], counts.get(code, 0), code in chosen) for code in shown]
    return Facet(name, facet_label(found.sources, name), values)
