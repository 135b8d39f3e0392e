"""Every engine under one name each, and the real messages where they are at hand."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from search.engines.base import Engine
from search.engines.elastic import ElasticEngine
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from tests.support import services

MESSAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages"
KEY = bytes(range(32))


def elastic_url() -> str:
    """The address of a real node; the test skips (or, in CI, fails) without one."""
    url = os.environ.get("ELASTICSEARCH_URL") or services.address("TEST_ELASTICSEARCH_URL")
    if not url:
        pytest.skip(services.why_not("TEST_ELASTICSEARCH_URL"))
    return url


@pytest.fixture(params=["fts5", "sealed", "elasticsearch"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine of each sort."""
    if request.param == "fts5":
        with Fts5Engine(tmp_path / "clear.db") as clear:
            yield clear
    elif request.param == "sealed":
        with SealedEngine(tmp_path / "sealed.db", KEY) as sealed:
            yield sealed
    else:
        elastic = ElasticEngine(elastic_url(), f"test-{uuid4().hex}", timeout=60)
        yield elastic
        elastic.destroy()


def rows(name: str) -> list[dict[str, str]]:
    """A file of shared/data/messages; the test skips where the folder is absent."""
    path = MESSAGES / name
    if not path.exists():
        pytest.skip("shared/data is not at hand")
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
