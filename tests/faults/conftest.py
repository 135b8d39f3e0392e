"""One real site for all fault tests of a run, on the tier of the run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Running, database_for

SERVICES = ("REDIS_URL", "CELERY_BROKER_URL", "ELASTICSEARCH_URL")


@pytest.fixture(scope="session")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With demo content; a database of its own, and names of its own in shared services."""
    var: Path = tmp_path_factory.mktemp("site") / "var"
    environment = {name: os.environ.get(name, "") for name in SERVICES}
    if broker := environment["CELERY_BROKER_URL"]:
        # Runs at the same time must not take each other's jobs: one Redis database a process of pytest.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        environment["CELERY_BROKER_URL"] = f"{broker.rsplit('/', 1)[0]}/{2 + int(worker)}"
    environment["ELASTICSEARCH_PREFIX"] = f"fault-{os.getpid()}"
    with database_for(os.environ.get("DATABASE_URL", "")) as database:
        site = Running(var, environment=environment | {"DATABASE_URL": database})
        site.start()
        try:
            yield site
        finally:
            site.stop()
            if elastic := environment["ELASTICSEARCH_URL"]:
                _forget(elastic, environment["ELASTICSEARCH_PREFIX"])


def _forget(url: str, prefix: str) -> None:
    from elasticsearch import Elasticsearch

    with Elasticsearch(url) as client:
        names = list(client.indices.get(index=f"{prefix}*", allow_no_indices=True))
        if names:
            client.indices.delete(index=",".join(names))


@pytest.fixture
def site(real_site: Running) -> Iterator[Running]:
    """The site, up; whatever a test killed is up again afterwards."""
    real_site.wait(real_site.answers, 60, "the web server")
    yield real_site
    real_site.wait(real_site.answers, 60, "the web server, after the test")
