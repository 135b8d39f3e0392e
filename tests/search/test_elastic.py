"""What is special about Elasticsearch: it may be away, it may be emptied, several start it at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from search.documents import Document
from search.engines import elastic
from search.engines.base import EngineDown, IndexDamaged
from search.engines.elastic import ElasticEngine
from search.query import parse
from tests.search.conftest import elastic_url

DOCUMENT = Document("d:1", "d", "占用道路")


@pytest.fixture
def alias() -> Iterator[str]:
    """A name of our own, whose indexes are gone afterwards."""
    url, name = elastic_url(), f"test-{uuid4().hex}"
    yield name
    with Elasticsearch(url) as client:
        for index in list(client.indices.get(index=f"{name}*", allow_no_indices=True)):
            client.indices.delete(index=index)


def test_nobody_answers() -> None:
    engine = ElasticEngine("http://127.0.0.1:9", "test-nobody", timeout=0.5)
    assert not engine.up()
    for ask in (engine.count, engine.ids, engine.clear, lambda: engine.search(parse("秘密"))):
        with pytest.raises(EngineDown) as told:
            ask()
        assert "秘密" not in str(told.value)
    with pytest.raises(EngineDown):
        engine.index([DOCUMENT])
    with pytest.raises(EngineDown):
        engine.delete(["d:1"])


def test_it_comes_up(alias: str) -> None:
    assert ElasticEngine(elastic_url(), alias).up()


def test_several_processes_make_the_index_together(alias: str) -> None:
    engines = [ElasticEngine(elastic_url(), alias) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda e: e.index([DOCUMENT]), engines))
    assert engines[0].count() == 1
    assert len(engines[0]._behind_alias()) == 1


def test_an_index_that_was_dropped_is_said_once_and_made_again(alias: str) -> None:
    engine = ElasticEngine(elastic_url(), alias)
    engine.index([DOCUMENT])
    with Elasticsearch(elastic_url()) as client:
        client.indices.delete(index=f"{alias}-0")
    with pytest.raises(IndexDamaged):
        engine.search(parse("占用"))
    assert engine.search(parse("占用")).total == 0
    engine.index([DOCUMENT])
    assert engine.count() == 1


def test_writing_never_makes_an_index_by_itself(alias: str) -> None:
    """A write into a dropped alias must not create an index with a guessed mapping under its name."""
    engine = ElasticEngine(elastic_url(), alias)
    engine.index([DOCUMENT])
    with Elasticsearch(elastic_url()) as client:
        client.indices.delete(index=f"{alias}-0")
        with pytest.raises(IndexDamaged):
            engine.index([DOCUMENT])
        assert not client.indices.exists(index=alias)


def test_another_version_of_the_analysis_is_refused(alias: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ElasticEngine(elastic_url(), alias).index([DOCUMENT])
    monkeypatch.setattr(elastic, "SCHEMA_VERSION", "another")
    with pytest.raises(IndexDamaged):
        ElasticEngine(elastic_url(), alias).count()


def test_the_swap_is_one_step_and_drops_the_old(alias: str) -> None:
    old = ElasticEngine(elastic_url(), alias)
    old.index([DOCUMENT])
    new = ElasticEngine(elastic_url(), alias, concrete=f"{alias}-new")
    new.index([DOCUMENT, Document("d:2", "d", "占用公路")])
    assert old.search(parse("占用")).total == 1
    new.take_over()
    assert old.search(parse("占用")).total == 2
    assert old._behind_alias() == [f"{alias}-new"]


def test_no_text_is_kept(alias: str) -> None:
    engine = ElasticEngine(elastic_url(), alias)
    engine.index([DOCUMENT])
    with Elasticsearch(elastic_url()) as client:
        hit = client.search(index=alias, size=1)["hits"]["hits"][0]
    assert "_source" not in hit
