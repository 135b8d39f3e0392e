"""Measures of an engine: how fast it takes documents in and answers, and how well it ranks."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from search.documents import Document
from search.engines.base import Engine
from search.query import Query, parse

Row = tuple[str, str]
"""A table row: what, how much."""

BATCH = 500
WARM = 30
"""Queries asked before the clock runs: an engine that has just started is not what is measured."""


class Sized(Engine, Protocol):
    """An engine that knows how much room it takes."""

    def size(self) -> int:
        """Bytes on the disk."""
        ...


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


@dataclass(frozen=True)
class Judged:
    """How an engine did on queries whose answers are known; times in milliseconds."""

    documents: int
    queries: int
    ndcg: float
    recall: float
    p50: float
    p95: float
    bytes_each: float
    per_second: float

    def lines(self) -> list[str]:
        """One figure a line, its name first."""
        return [
            f"documents {self.documents}",
            f"queries {self.queries}",
            f"nDCG@10 {self.ndcg:.3f}",
            f"recall@10 {self.recall:.3f}",
            f"p50 {self.p50:.1f} ms",
            f"p95 {self.p95:.1f} ms",
            f"index bytes a document {self.bytes_each:.0f}",
            f"documents a second {self.per_second:.0f}",
        ]


def judge(
    engine: Sized, documents: Iterable[Document], asked: Sequence[tuple[str, Collection[str]]]
) -> Judged:
    """Fill an empty engine, ask it each (query, relevant ids) as `ndcg` does, best ten."""
    count, seconds = fill(engine, documents)
    size = engine.size()
    engine.count()
    for q, _ in asked[:WARM]:
        _best(engine, q, 10)
    gains, found, times = [], [], []
    for q, ids in asked:
        start = time.perf_counter()
        hits = _best(engine, q, 10)
        times.append((time.perf_counter() - start) * 1000)
        relevant = set(ids)
        gains.append(_gain(hits, relevant, 10))
        found.append(len(relevant & set(hits)) / len(relevant) if relevant else 0.0)
    times.sort()
    return Judged(
        documents=count,
        queries=len(asked),
        ndcg=statistics.fmean(gains) if gains else 0.0,
        recall=statistics.fmean(found) if found else 0.0,
        p50=_share(times, 0.5),
        p95=_share(times, 0.95),
        bytes_each=size / count if count else 0.0,
        per_second=count / seconds if seconds else 0.0,
    )


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
    return _gain(_best(engine, q, depth), relevant, depth)


def _best(engine: Engine, q: str, depth: int) -> list[str]:
    return engine.search(parse(f'"{q}"'), relaxed=True, limit=depth).ids


def _gain(hits: Sequence[str], relevant: set[str], depth: int) -> float:
    gain = sum(1 / math.log2(place + 2) for place, id in enumerate(hits) if id in relevant)
    best = sum(1 / math.log2(place + 2) for place in range(min(depth, len(relevant))))
    return gain / best if best else 0.0
