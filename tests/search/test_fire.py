"""A rebuild under fire: documents change and people search every 50 ms, while it runs, is killed, goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.search.conftest import elastic_url
from tests.search.cut import Cut
from tests.search.fire import Fire
from tests.support import running
from tests.support.alone import forget

SIZE = 400


@pytest.fixture
def database() -> Iterator[str]:
    """A database of the world's own, on the tier of the run."""
    with running.database_for(os.environ.get("DATABASE_URL", "")) as url:
        yield url


@pytest.fixture
def fire(tmp_path: Path, database: str) -> Iterator[tuple[Fire, Cut | None]]:
    """A world on the engine of the tier; to Elasticsearch by a line that can be cut."""
    prefix = f"fire-{uuid4().hex[:12]}"
    environment = {"DATABASE_URL": database, "ELASTICSEARCH_PREFIX": prefix}
    cut = Cut(elastic_url()) if os.environ.get("ELASTICSEARCH_URL") else None
    if cut:
        environment["ELASTICSEARCH_URL"] = cut.url
    world = Fire(tmp_path / "var", SIZE, environment)
    try:
        yield world, cut
    finally:
        world.quench()
        if cut:
            cut.close()
            forget(elastic_url(), prefix)


def test_never_empty_never_partial_and_no_difference_at_the_end(fire: tuple[Fire, Cut | None]) -> None:
    world, cut = fire
    killed = world.rebuild(at=SIZE // 2, act=lambda process: process.send_signal(signal.SIGKILL))
    assert not killed[-1].startswith("{")
    lines = world.rebuild(at=SIZE // 2, act=lambda process: cut.interrupt(1.5) if cut else None)
    assert lines[0].startswith("Going on with an index of")
    assert lines[-1].startswith("{")
    seen = world.end()
    assert seen["differences"] == 0
    assert seen["documents"] == seen["found"] >= SIZE * 4 // 5
    assert seen["changes"] > 0
    assert seen["searches"] > 0
    for wrong in ("empty", "partial", "too many", "not whole", "not at once", "left"):
        assert seen.get(wrong, 0) == 0, seen
    assert bool(seen.get("down")) == bool(cut), seen
