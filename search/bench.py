"""Measures of an engine: how fast it takes documents in and answers, and how well it ranks."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from search.documents import Document
from search.engines.base import Engine
from search.query import Query, parse

Row = tuple[str, str]
"""A table row: what, how much."""

BATCH = 500


def run(engine: Engine, documents: Iterable[Document], queries: Sequence[str]) -> list[Row]:
    """Fill an empty engine and ask it; rows of (what, how much), times in milliseconds."""
    count, seconds = fill(engine, documents)
    rows = [
        ("documents", f"{count:,}"),
        ("documents indexed a second", f"{count / seconds:,.0f}" if seconds else "-"),
        ("queries", f"{len(queries):,}"),
    ]
    parsed = [parse(q) for q in queries]
    asked: list[tuple[str, Callable[[Query], object]]] = [
        ("best first", lambda q: engine.search(q)),
        ("newest first", lambda q: engine.search(q, sort="date")),
        ("best first, with facets", lambda q: engine.search(q, facets=["kind", "category"])),
        ("any of the words", lambda q: engine.search(q, relaxed=True)),
    ]
    for name, ask in asked:
        times = sorted(_timed(ask, query) for query in parsed)
        rows.append((f"{name}, p50 / p95 ms", f"{_share(times, 0.5):.1f} / {_share(times, 0.95):.1f}"))
    return rows


def fill(engine: Engine, documents: Iterable[Document]) -> tuple[int, float]:
    """Index in batches; (documents, seconds). The making of the documents is not counted."""
    count, seconds, stream = 0, 0.0, iter(documents)
    while batch := list(islice(stream, BATCH)):
        start = time.perf_counter()
        engine.index(batch)
        seconds += time.perf_counter() - start
        count += len(batch)
    return count, seconds


def _timed(ask: Callable[[Query], object], query: Query) -> float:
    start = time.perf_counter()
    ask(query)
    return (time.perf_counter() - start) * 1000


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else math.nan


def ndcg(engine: Engine, relevant: Mapping[str, Iterable[str]], *, depth: int = 10) -> float:
    """Mean nDCG@depth of the relaxed search over queries → ids that are relevant (all equally)."""
    return statistics.fmean(_ndcg(engine, q, set(ids), depth) for q, ids in relevant.items())


def _ndcg(engine: Engine, q: str, relevant: set[str], depth: int) -> float:
    hits = engine.search(parse(f'"{q}"'), relaxed=True, limit=depth).ids
    gain = sum(1 / math.log2(place + 2) for place, id in enumerate(hits) if id in relevant)
    best = sum(1 / math.log2(place + 2) for place in range(min(depth, len(relevant))))
    return gain / best if best else 0.0
