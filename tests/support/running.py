"""The real site in real processes, from this tree, with state of its own: what a fault test breaks."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import template

ROOT = Path(__file__).resolve().parents[2]
START = 480  # seconds for set-up with demo content, beside another process of pytest


class Running:
    """`python -m config.serve` on a free port; its programs can be killed one by one."""

    def __init__(self, var: Path, *, environment: dict[str, str] | None = None) -> None:
        self.var, self.port = var, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "PYTEST_"))}
        self.environment = clean | {
            "VAR_DIR": str(var),
            "PORT": str(self.port),
            "RATELIMIT_ENABLE": "0",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "TMPDIR": str(var / "tmp"),  # what its processes put there is looked at too
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    python = sys.executable

    def start(self, **environment: str) -> None:
        """Returns when /healthz answers. `environment` changes it from now on; "" takes a name out."""
        for name, value in environment.items():
            self.environment.pop(name, None)
            if value:
                self.environment[name] = value
        (self.var / "tmp").mkdir(parents=True, exist_ok=True)
        with (self.var / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.serve"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait(lambda: self.answers() or self._ended(), START, "/healthz")

    def _ended(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError("serve ended: " + (self.var / "serve.log").read_text()[-2000:])
        return False

    def stop(self) -> None:
        """As Ctrl-C does; every process must be gone."""
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)
        self.wait(lambda: not self.processes(""), 15, "the end of every process")

    def answers(self) -> bool:
        """Whether the web process answers."""
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def ready(self) -> dict[str, Any]:
        """/readyz as JSON."""
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=10) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))

    def processes(self, part: str) -> list[int]:
        """The processes of this site whose command line holds `part` (all for "")."""
        found = []
        needle = f"VAR_DIR={self.var}".encode()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if part in command and needle in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> int:
        """A signal to every process whose command line holds `part`, kill -9 if none is said; how many."""
        pids = self.processes(part)
        assert pids, f"nothing to kill: {part}"
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        return len(pids)

    def kill_web(self) -> None:
        """kill -9 of the web program: gunicorn's master and workers at once."""
        self.kill("config.gunicorn config.wsgi")

    def manage(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """A management command on this site's state."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            **options,
        )

    def shell(self, lines: str) -> str:
        """The output of a few lines of Python inside the project (a question to its database)."""
        done = self.manage("shell", "--no-imports", "-c", lines)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def accounts(self, role: str) -> list[dict[str, str]]:
        """The demo accounts of a role."""
        everybody = json.loads((self.var / "demo-accounts.json").read_text(encoding="utf-8"))
        return [account for account in everybody if account["role"] == role]

    def wait(self, true: Callable[[], bool], seconds: float, what: str) -> None:
        """Waits until `true()`; fails after `seconds`."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited {seconds} s for {what}"
            time.sleep(0.2)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def database_for(url: str, *, migrated: bool = False) -> Iterator[str]:
    """A new database on the PostgreSQL server of `url`, dropped afterwards; "" stays SQLite.

    It is empty, or `migrated`: a copy of the run's template, where there is one.
    """
    if not url:
        yield ""
        return
    name = f"fault_{secrets.token_hex(6)}"
    template.copy_postgres(url, name, "" if migrated else "template1")
    try:
        yield template.beside(url, name)
    finally:
        template.drop(url, name)
