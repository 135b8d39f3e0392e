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
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from search import analysis, documents, numbers
from search.documents import Document
from search.engines import answers, fts5
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from search.query import parse
from tests.bench.search import DATA, messages
from tests.bench.table import Table, milliseconds, share

KEY = bytes(range(32))
BATCH = 500
ASKED = 60  # queries a row
MEASURED = 3_000  # tips that are indexed as the desk does; the rest is loaded
LOADED = 20_000  # in one transaction
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
        first = min(tips, MEASURED)
        costs = Table("Index of tips: what it costs", ["measure", *makers], {"tips": f"{tips:,}"})
        costs.settings["speed of the first"] = f"{first:,}"
        speed = {name: first / fill(make, corpus, first) for name, make in makers.items()}
        load(makers["clear"], corpus, first)
        copy(paths["clear"], paths["sealed"])
        filled = {name: held(make, paths[name], tips, speed[name]) for name, make in makers.items()}
        costs.rows = [[row, *(filled[name][row] for name in makers)] for row in filled["sealed"]]
        asked = Table(
            "Index of tips: answers, the file opened for each, p50 / p95 ms",
            ["query", "filter", *(f"{name}, {sort}" for sort in ("by rank", "by date") for name in makers)],
            {"tips": f"{tips:,}", "queries a row": ASKED, "rows a page": PAGE},
        )
        for kind, queries in corpus.queries().items():
            for part in SHARES:
                cells = [
                    cell
                    for sort in ("relevance", "date")
                    for cell in in_turn(list(makers.values()), queries, sort, corpus.chosen(part))
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
        self._cut = re.compile(r"(?<=[。！？；\n])")
        self.sentences = [
            s.strip() for row in rows for s in self._cut.split(row["detail"]) if len(s.strip()) > 5
        ]

    def text(self, n: int) -> tuple[str, str]:
        """Title and text of tip `n`: sentences until the text is as long as a real one."""
        rng = random.Random(n)
        want, body = rng.choice(self.lengths), ""
        while len(body) < want:
            body += rng.choice(self.sentences)
        return rng.choice(self.titles), body[: want + 200]

    def document(self, n: int) -> Document:
        """Tip `n`; the higher, the newer."""
        title, body = self.text(n)
        day = FIRST + dt.timedelta(days=2_000 * n // self.tips)
        return Document(ref(n), "tip", title, body, code=f"2026-{n}", date=day)

    def documents(self, count: int) -> Iterator[list[Document]]:
        """The first ones in batches, oldest first, as they arrive."""
        for start in range(0, count, BATCH):
            yield [self.document(n) for n in range(start, min(start + BATCH, count))]

    def prepared(self, n: int) -> tuple[Document, list[str], list[str]]:
        """Tip `n`, its canonical text and the columns of its row, put together from its sentences."""
        document = self.document(n)
        title, code = pieces(document.title), pieces(documents._codes(document.code))
        body = [pieces(s) for s in self._cut.split(document.body) if s]
        said = [title, *body]
        words = {word for piece in (*said, pieces(document.code)) for word in piece.numbers}
        num = " ".join([*document._names, " ".join(sorted(words))])
        text = [title.text, " ".join(p.text for p in body if p.text), "", code.text, num]
        columns = {
            "title": title.tokens,
            "body": " ".join(p.tokens for p in body if p.tokens),
            "low": "",
            "code": code.tokens,
            "num": num,
            "u": " ".join(sorted(set().union(*(p.signs for p in (*said, code))))),
        }
        return document, text, [columns[name] for name in answers.ORDER]

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


@dataclass(frozen=True)
class Piece:
    """What an index holds of a sentence."""

    text: str
    tokens: str
    numbers: list[str]
    signs: frozenset[str]


@lru_cache(maxsize=200_000)
def pieces(sentence: str) -> Piece:
    """Of one sentence, or of one title."""
    text = analysis.canonical(sentence)
    return Piece(
        text,
        " ".join(analysis.tokens_of(text)),
        numbers.words_of(sentence).split(),
        frozenset(analysis.characters_of(text).split()),
    )


def ref(n: int) -> str:
    """An id as the desk's are: a uuid."""
    return f"tip:{random.Random(n).getrandbits(128):032x}"


def fill(make: Callable[[], Fts5Engine], corpus: Corpus, count: int) -> float:
    """Index the first tips as the desk does; seconds, without the making of the tips."""
    seconds = 0.0
    with make() as engine:
        for batch in corpus.documents(count):
            start = time.perf_counter()
            engine.update(batch)
            seconds += time.perf_counter() - start
    return seconds


def load(make: Callable[[], Fts5Engine], corpus: Corpus, begin: int) -> None:
    """Index the tips from `begin` on with what is known of their sentences: the same rows in a third of the
    time.
    """
    with make() as engine:
        engine._db.execute("PRAGMA synchronous=OFF")
        for start in range(begin, corpus.tips, LOADED):
            with engine._writing() as db:
                for n in range(start, min(start + LOADED, corpus.tips)):
                    document, text, tokens = corpus.prepared(n)
                    fts5._put(db, document, text, tokens)
        while not engine.settle(60):
            pass
        engine._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def copy(clear: Path, sealed: Path) -> None:
    """The same tables sealed, page after page in the same order in both files."""
    fts5.destroy(sealed)
    with SealedEngine(sealed, KEY) as empty:
        algorithm = empty._db.execute("PRAGMA cipher_hmac_algorithm").fetchone()[0]
    fts5.destroy(sealed)
    with Fts5Engine(clear) as engine:
        db = engine._db
        db.execute("ATTACH ? AS sealed KEY ?", (str(sealed), f"x'{KEY.hex()}'"))
        db.execute(f"PRAGMA sealed.cipher_hmac_algorithm = {algorithm}")
        db.execute("SELECT sqlcipher_export('sealed')").fetchall()
        db.execute("DETACH sealed")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def held(make: Callable[[], Fts5Engine], path: Path, tips: int, speed: float) -> dict[str, str]:
    """The costs of one engine."""
    with make() as engine:
        free, pages = (
            engine._db.execute(f"PRAGMA {n}").fetchone()[0] for n in ("freelist_count", "page_count")
        )
    size = path.stat().st_size
    return {
        "tips indexed a second": f"{speed:,.0f}",
        "bytes a tip": f"{size / tips:,.0f}",
        "of these in use": f"{size * (pages - free) / pages / tips:,.0f}",
    }


def in_turn(
    makers: Sequence[Callable[[], Fts5Engine]], queries: Sequence[str], sort: Any, chosen: set[str] | None
) -> list[str]:
    """p50 / p95 of a first page for each engine, in a file that is opened for it. Each query is asked of all,
    one after the other, and another is first each time: what else the machine does hits all alike.
    """
    times: list[list[float]] = [[] for _ in makers]
    for number, text in enumerate(queries):
        for step in range(len(makers)):
            which = (number + step) % len(makers)
            start = time.perf_counter()
            with makers[which]() as engine:
                page(engine, text, sort, chosen)
            times[which].append(time.perf_counter() - start)
    return [f"{milliseconds(share(taken, 0.5))} / {milliseconds(share(taken, 0.95))}" for taken in times]


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
    """Altered tips: whether the right one is found, and how long it takes. Those of the corpus share their
    sentences with a dozen others; the real messages, added to them, have their own.
    """
    table = Table("Similar tips, altered texts", ["texts", "recall@1", "recall@5", "p50 ms", "p95 ms"])
    rows = {row["detail"].strip(): row["title"] for row in messages()}
    real = [(title, detail) for detail, title in rows.items()][: corpus.tips]
    signs = "".join(corpus.sentences[:2_000])
    for name, count, text, number in (
        ("of resampled sentences", corpus.tips, corpus.text, lambda n: n),
        ("real messages", len(real), real.__getitem__, lambda n: corpus.tips + n),
    ):
        if name == "real messages":
            with make() as engine:
                for start in range(0, count, BATCH):
                    engine.update(
                        Document(ref(number(n)), "tip", *real[n])
                        for n in range(start, min(start + BATCH, count))
                    )
        rng, times, first, five = random.Random(3), [], 0, 0
        picked = [n for n in rng.sample(range(count), min(400, count)) if len(text(n)[1]) > 60][:200]
        for n in picked:
            asked = altered(*text(n), rng, signs)
            start_s = time.perf_counter()
            with make() as engine:
                ids = [like.id for like in engine.similar(asked)]
            times.append(time.perf_counter() - start_s)
            first += ids[:1] == [ref(number(n))]
            five += ref(number(n)) in ids
        shares = [f"{found / max(1, len(picked)):.3f}" for found in (first, five)]
        table.rows.append([name, *shares, *(milliseconds(share(times, part)) for part in (0.5, 0.95))])
    return table


def altered(title: str, body: str, rng: random.Random, signs: str) -> str:
    """Three sentences in ten dropped, the others shuffled, one sign in five another."""
    sentences = re.split(r"(?<=[。！？；])", f"{title}。{body}")
    rng.shuffle(sentences)
    kept = "".join(sentences[: max(1, round(0.7 * len(sentences)))])
    return "".join(rng.choice(signs) if rng.random() < 0.2 else sign for sign in kept)
