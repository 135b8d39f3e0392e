"""The index of tips, sealed beside clear: words, phrases, exclusions, filters at any selectivity, by rank and
by date, opening included; similar tips; and what a tip costs.

The tips are made of real sentences: each is a title and a few sentences, drawn at random from real messages,
so that words are as frequent as they are and no text comes twice. Filters are met as the desk meets them
(complaints.desk.results): few ids are given to the index, of many the index is asked in blocks.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from search.documents import Document
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from search.query import parse
from tests.bench.search import DATA, messages
from tests.bench.table import Table, milliseconds, share

KEY = bytes(range(32))
BATCH = 500
ASKED = 60  # queries a row
PAGE = 50
SHARES = (1.0, 0.5, 0.01, 0.0001)
FIRST = dt.date(2020, 1, 1)
WITHIN_MAX, BLOCK = 20_000, 500  # as at the desk


def run(site: Any, *, tips: int) -> Table | list[Table]:
    """Both engines with the same tips; `site` is not needed here."""
    if not DATA.exists():
        return Table("Index of tips: left out, ../shared/data is not there", [""])
    corpus = Corpus(tips)
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        paths = {name: Path(folder) / f"{name}.db" for name in ("sealed", "clear")}
        makers: dict[str, Callable[[], Fts5Engine]] = {
            "sealed": lambda: SealedEngine(paths["sealed"], KEY),
            "clear": lambda: Fts5Engine(paths["clear"]),
        }
        costs = Table("Index of tips: what it costs", ["measure", *makers], {"tips": f"{tips:,}"})
        filled = {name: fill(make, paths[name], corpus) for name, make in makers.items()}
        costs.rows = [[row, *(filled[name][row] for name in makers)] for row in filled["sealed"]]
        asked = Table(
            "Index of tips: answers, the file opened for each, p50 / p95 ms",
            ["query", "filter", *(f"{name}, {sort}" for sort in ("by rank", "by date") for name in makers)],
            {"tips": f"{tips:,}", "queries a row": ASKED, "rows a page": PAGE},
        )
        for kind, queries in corpus.queries().items():
            for part in SHARES:
                cells = [
                    timed(make, queries, sort, corpus.chosen(part))
                    for sort in ("relevance", "date")
                    for make in makers.values()
                ]
                asked.rows.append([kind, f"{part:.2%}" if part < 1 else "none", *cells])
        return [costs, asked, alike(makers["sealed"], corpus)]


class Corpus:
    """Tips of real sentences, always the same ones."""

    def __init__(self, tips: int) -> None:
        rows = messages()
        self.tips = tips
        self.titles = [row["title"] for row in rows]
        self.lengths = [len(row["detail"]) for row in rows]
        cut = re.compile(r"(?<=[。！？；\n])")
        self.sentences = [s.strip() for row in rows for s in cut.split(row["detail"]) if len(s.strip()) > 5]

    def text(self, n: int) -> tuple[str, str]:
        """Title and text of tip `n`: sentences until the text is as long as a real one."""
        rng = random.Random(n)
        want, body = rng.choice(self.lengths), ""
        while len(body) < want:
            body += rng.choice(self.sentences)
        return rng.choice(self.titles), body[: want + 200]

    def documents(self) -> Iterator[list[Document]]:
        """In batches, oldest first, as they arrive."""
        batch = []
        for n in range(self.tips):
            title, body = self.text(n)
            day = FIRST + dt.timedelta(days=2_000 * n // self.tips)
            batch.append(Document(ref(n), "tip", title, body, code=f"2026-{n}", date=day))
            if len(batch) == BATCH or n == self.tips - 1:
                yield batch
                batch = []

    def queries(self) -> dict[str, list[str]]:
        """Kind → queries, made of pieces of tips that are there."""
        rng = random.Random(1)
        made: dict[str, list[str]] = {}
        for _ in range(ASKED):
            words = [self._word(rng) for _ in range(4)]
            kinds = {
                "1 word": words[0],
                "2 words": " ".join(words[:2]),
                "4 words": " ".join(words),
                "phrase": f'"{self._word(rng, 6)}"',
                "exclusion": f"{words[0]} -{words[1]}",
                "only exclusions": f"-{words[0]} -{words[1]}",
                "one character": words[2][0],
            }
            for kind, query in kinds.items():
                made.setdefault(kind, []).append(query)
        return made

    def _word(self, rng: random.Random, signs: int = 2) -> str:
        """Signs that stand side by side in a sentence, more often those that are often there."""
        while True:
            runs = [r for r in re.findall(r"[\u4e00-\u9fff]+", rng.choice(self.sentences)) if len(r) >= signs]
            if runs:
                run_ = rng.choice(runs)
                start = rng.randrange(len(run_) - signs + 1)
                return run_[start : start + signs]

    def chosen(self, part: float) -> set[str] | None:
        """The ids that a filter on clear columns lets through; None without one."""
        if part >= 1:
            return None
        rng = random.Random(2)
        return {ref(n) for n in rng.sample(range(self.tips), max(1, round(part * self.tips)))}


def ref(n: int) -> str:
    """An id as the desk's are: a uuid."""
    return f"tip:{random.Random(n).getrandbits(128):032x}"


def fill(make: Callable[[], Fts5Engine], path: Path, corpus: Corpus) -> dict[str, str]:
    """The costs of one engine."""
    seconds = 0.0
    with make() as engine:
        for batch in corpus.documents():
            start = time.perf_counter()
            engine.update(batch)
            seconds += time.perf_counter() - start
        engine._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        loaded = path.stat().st_size
        free, pages = (
            engine._db.execute(f"PRAGMA {n}").fetchone()[0] for n in ("freelist_count", "page_count")
        )
    return {
        "tips indexed a second": f"{corpus.tips / seconds:,.0f}",
        "bytes a tip": f"{loaded / corpus.tips:,.0f}",
        "of these in use": f"{loaded * (pages - free) / pages / corpus.tips:,.0f}",
    }


def timed(make: Callable[[], Fts5Engine], queries: Sequence[str], sort: Any, chosen: set[str] | None) -> str:
    """p50 / p95 of a first page, each in a file that is opened for it."""
    times = []
    for text in queries:
        start = time.perf_counter()
        with make() as engine:
            page(engine, text, sort, chosen)
        times.append(time.perf_counter() - start)
    return f"{milliseconds(share(times, 0.5))} / {milliseconds(share(times, 0.95))}"


def page(engine: Fts5Engine, text: str, sort: Any, chosen: set[str] | None) -> list[str]:
    """The first page of what matches and passes the filter, as complaints.desk.results finds it."""
    query = parse(text)
    if chosen is None or len(chosen) <= WITHIN_MAX:
        within = None if chosen is None else list(chosen)
        return engine.search(query, sort=sort, limit=PAGE, within=within).ids
    found: list[str] = []
    after: str | None = None
    while len(found) < PAGE:
        hits = engine.search(query, sort=sort, limit=BLOCK, after=after)
        found += [id for id in hits.ids if id in chosen]
        if (after := hits.next) is None:
            break
    return found[:PAGE]


def alike(make: Callable[[], Any], corpus: Corpus) -> Table:
    """Altered tips: whether the right one is found, and how long it takes."""
    rng, times, first, five = random.Random(3), [], 0, 0
    signs = "".join(corpus.sentences[:2_000])
    picked = [n for n in rng.sample(range(corpus.tips), min(400, corpus.tips)) if len(corpus.text(n)[1]) > 60]
    for n in picked[:200]:
        title, body = corpus.text(n)
        sentences = re.split(r"(?<=[。！？；])", f"{title}。{body}")
        rng.shuffle(sentences)
        kept = "".join(sentences[: max(1, round(0.7 * len(sentences)))])
        asked = "".join(rng.choice(signs) if rng.random() < 0.2 else sign for sign in kept)
        start = time.perf_counter()
        with make() as engine:
            ids = [like.id for like in engine.similar(asked)]
        times.append(time.perf_counter() - start)
        first += ids[:1] == [ref(n)]
        five += ref(n) in ids
    table = Table("Similar tips, altered texts", ["recall@1", "recall@5", "p50 ms", "p95 ms"])
    asked_for = max(1, len(picked[:200]))
    table.rows = [
        [
            f"{first / asked_for:.3f}",
            f"{five / asked_for:.3f}",
            milliseconds(share(times, 0.5)),
            milliseconds(share(times, 0.95)),
        ]
    ]
    return table
