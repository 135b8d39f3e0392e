"""How well and how fast one engine finds what is known to be relevant: any table, any queries.

    manage.py bench search --documents CSV --queries JSONL --engine sqlite --fields title,detail

CSV: a header; the first of `msg_id`, `id`, `_id` that is there names a row (else its number, from 1).
JSONL: an object a line, {"text": query, "relevant": [id, ...]}; relevance in two grades is not known.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search import bench
from search.documents import Document
from search.engines.elastic import ElasticEngine
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from tests.support import services

ENGINES = ("sqlite", "elasticsearch", "sealed")
KEYS = ("msg_id", "id", "_id")
ADDRESSES = ("ELASTICSEARCH_URL", "TEST_ELASTICSEARCH_URL")


class Unusable(Exception):
    """What is wrong with what was given, as a sentence."""


def run(documents: Path, queries: Path, engine: str, fields: Sequence[str]) -> bench.Judged:
    """Raises Unusable."""
    rows = list(read(documents, fields))
    asked = list(questions(queries))
    known = {document.id for document in rows}
    if missing := sum(not known & set(ids) for _, ids in asked):
        raise Unusable(f"{missing} of {len(asked)} queries name no document of {documents.name}.")
    with opened(engine) as empty:
        return bench.judge(empty, rows, asked)


def read(path: Path, fields: Sequence[str]) -> Iterator[Document]:
    """The rows as documents: `title` is their title, the other fields their body."""
    csv.field_size_limit(2**28)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            columns = table.fieldnames or []
            if absent := [name for name in fields if name not in columns]:
                raise Unusable(f"{path.name} has no column {', '.join(absent)}; it has {', '.join(columns)}.")
            key = next((name for name in KEYS if name in columns), "")
            for number, row in enumerate(table, 1):
                yield Document(
                    id=row[key] if key else str(number),
                    kind="message",
                    title=row["title"] or "" if "title" in fields else "",
                    body="\n".join(row[name] or "" for name in fields if name != "title"),
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error


def questions(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(query, relevant ids), empty lines left out."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
        for line in lines:
            if line.strip():
                row: dict[str, Any] = json.loads(line)
                relevant = row["relevant"]
                yield str(row["text"]), [str(id) for id in relevant]
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path.name}: each line must be an object with text and relevant.") from error


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """An empty engine, gone afterwards."""
    if name == "elasticsearch":
        url = next((found for each in ADDRESSES if (found := os.environ.get(each))), None)
        url = url or services.address("TEST_ELASTICSEARCH_URL")
        if not url:
            raise Unusable("No Elasticsearch: set ELASTICSEARCH_URL, or start one with `make services`.")
        key, ca = (os.environ.get(f"ELASTICSEARCH_{part}", "") for part in ("API_KEY", "CA"))
        alias = f"bench-{os.getpid()}"
        elastic = ElasticEngine(url, alias, concrete=f"{alias}-0", api_key=key, ca=ca)
        try:
            yield elastic
        finally:
            elastic.destroy()
        return
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        file = Path(folder) / "bench.db"
        with Fts5Engine(file) if name == "sqlite" else SealedEngine(file, os.urandom(32)) as engine:
            yield engine
