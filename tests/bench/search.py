"""Search of disclosures on both engines, over real power items and messages (../shared/data)."""

from __future__ import annotations

import csv
import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search import bench
from search.documents import Document
from search.engines.base import Engine
from search.engines.elastic import ElasticEngine
from search.engines.fts5 import Fts5Engine
from tests.bench.table import Table
from tests.support import services

DATA = services.ROOT.parent / "shared" / "data"
QUERIES = 200
COPIES = 3  # of the messages, so that the index is of a city's size


def run(site: Any, *, seconds: float) -> Table | list[Table]:
    """One column an engine; `site` and `seconds` are not needed here."""
    if not DATA.exists():
        return Table("Disclosure search: left out, ../shared/data is not there", [""])
    documents, queries = list(corpus()), questions()
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        engines: list[tuple[str, Engine]] = [("FTS5", Fts5Engine(Path(folder) / "bench.db"))]
        url = services.address("TEST_ELASTICSEARCH_URL")
        if url:
            name = f"bench-{os.getpid()}"
            engines.append(("Elasticsearch", ElasticEngine(url, name, concrete=f"{name}-0")))
        columns = [dict(measured(engine, documents, queries)) for _, engine in engines]
    table = Table(
        "Disclosure search",
        ["measure", *(name for name, _ in engines)],
        {"documents": len(documents), "queries": len(queries)}
        | ({} if url else {"Elasticsearch": "not within reach (make services)"}),
    )
    table.rows = [[measure, *(column[measure] for column in columns)] for measure in columns[0]]
    return table


def measured(engine: Engine, documents: list[Document], queries: list[str]) -> list[bench.Row]:
    """The rows of one engine; its index is gone afterwards."""
    try:
        return bench.run(engine, documents, queries)
    finally:
        engine.destroy()


def corpus() -> Iterator[Document]:
    """Power items, then messages as if they were articles."""
    items = (DATA / "power" / "items_extracted.jsonl").read_text(encoding="utf-8").splitlines()
    for number, item in enumerate(map(json.loads, items)):
        yield Document(
            id=f"power:{number}",
            kind="power",
            title=item.get("subitem") or item.get("item") or "",
            body=item.get("basis") or "",
            facets={"category": [item.get("type") or ""]},
        )
    for copy, (number, row) in itertools.product(range(COPIES), enumerate(messages())):
        yield Document(id=f"article:{copy}-{number}", kind="article", title=row["title"], body=row["detail"])


def messages() -> list[dict[str, str]]:
    """Real messages of citizens."""
    csv.field_size_limit(2**24)
    rows: list[dict[str, str]] = []
    for name in ("messages_4326.csv", "messages_replies_2816.csv"):
        with (DATA / "messages" / name).open(encoding="utf-8-sig", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


def questions() -> list[str]:
    """Pieces of real titles: a word of two signs, a phrase, two words."""
    lines = (DATA / "messages" / "title_queries_300.jsonl").read_text(encoding="utf-8").splitlines()
    titles = [json.loads(line)["text"] for line in lines[:QUERIES]]
    shapes = ("{0}", '"{1}"', "{0} {2}")
    return [
        shapes[n % len(shapes)].format(title[-4:-2], title[-6:], title[2:4])
        for n, title in enumerate(titles)
        if len(title) > 8
    ]
