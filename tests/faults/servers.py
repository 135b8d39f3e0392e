"""PostgreSQL, Redis and Elasticsearch of a run's own, which can be killed without disturbing anybody."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.support.running import ROOT, free_port

SCRIPTS = ROOT / "tests" / "services"
NAMES = {
    "postgres": "TEST_DATABASE_URL",
    "redis": "TEST_REDIS_URL",
    "elasticsearch": "TEST_ELASTICSEARCH_URL",
}


class Servers:
    """The three servers on free ports, their data under `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = {name: free_port() for name in NAMES}

    def start(self, name: str) -> None:
        """Returns when it answers; nothing happens where it already does. Raises CalledProcessError."""
        subprocess.run(
            [str(SCRIPTS / f"{name}.sh"), str(self.ports[name])],
            env=os.environ | {"SERVICES_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def kill(self, name: str) -> int:
        """kill -9 of a server and of its children; how many processes."""
        first = self._pid(name)
        assert first, f"{name} does not run"
        family = [first, *_children(first)]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(family)

    def stop(self) -> None:
        """Ends all of them, whoever started them here; returns when they have gone."""
        pids = [pid for name in NAMES if (pid := self._pid(name))]
        environment = os.environ | {"SERVICES_HOME": str(self.home)}
        subprocess.run([str(SCRIPTS / "stop.sh")], env=environment, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
            time.sleep(0.1)

    def environment(self) -> dict[str, str]:
        """What tells the site where they are."""
        redis = f"redis://127.0.0.1:{self.ports['redis']}"
        return {
            "DATABASE_URL": f"postgres://qingfeng@127.0.0.1:{self.ports['postgres']}/qingfeng",
            "REDIS_URL": f"{redis}/0",
            "CELERY_BROKER_URL": f"{redis}/1",
            "ELASTICSEARCH_URL": f"http://127.0.0.1:{self.ports['elasticsearch']}",
        }

    def _pid(self, name: str) -> int:
        """Of the process that runs, or ran last; 0 where none ever did."""
        if name == "postgres":
            where = self.home / "postgres.where"
            file = Path(where.read_text().strip() if where.exists() else "") / "postmaster.pid"
        else:
            file = self.home / {"redis": "redis.pid", "elasticsearch": "elasticsearch/pid"}[name]
        return int(file.read_text().split()[0]) if file.exists() else 0


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"\nPPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found
