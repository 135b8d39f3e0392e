"""A site of a program's own, with servers of its own, in a folder that a second run goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.servers import NAMES, Servers
from tests.support.running import Running


@contextmanager
def standing(folder: Path, *, embedded: bool) -> Iterator[tuple[Running, Servers | None]]:
    """The running site and its servers (none on the embedded tier); all ended afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    servers = None if embedded else Servers(folder / "servers")
    try:
        environment = {"TEST_TEMPLATE": "", "DATABASE_URL": "", "REDIS_URL": "", "ELASTICSEARCH_URL": ""}
        if servers:
            servers.stop()  # what a run left that was killed itself
            for name in NAMES:
                servers.start(name)
            environment |= servers.environment()
        site = Running(folder / "var", environment=environment)
        site.start()
        try:
            yield site, servers
        finally:
            site.stop()
    finally:
        if servers:
            servers.stop()
