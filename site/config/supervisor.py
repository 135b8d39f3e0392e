"""The supervisor's configuration: web, worker, vault worker and beat under one parent."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

CELERY = "celery -q -A config"
# The filesystem broker has no use for gossip, and each worker is alone in its queue.
ALONE = "--without-gossip --without-mingle --without-heartbeat --loglevel WARNING"
PROGRAMS = {
    "web": "gunicorn -c python:config.gunicorn config.wsgi",
    "uploads": "gunicorn -c python:config.gunicorn_uploads config.wsgi",
    "worker": f"{CELERY} worker -n worker@%%h -Q celery -c 1 {ALONE}",
    "vault-worker": f"{CELERY} worker -n vault@%%h -Q vault -P solo {ALONE}",
    "beat": f"{CELERY} beat --pidfile= --loglevel WARNING",
}


def configuration(var: Path, base: Path, programs: Mapping[str, str] = PROGRAMS) -> str:
    """The text of supervisord.conf. All state lies under `var`; `base` is the project's root."""
    out = _output(var)
    text = [
        "[supervisord]",
        "nodaemon=true",
        "silent=true",
        f"pidfile={pid_file(var)}",
        f"logfile={var / 'log' / 'supervisor.log'}",
        "logfile_maxbytes=5MB",
        "logfile_backups=2",
        "loglevel=warn",
        f"directory={base}",
        f"childlogdir={var / 'log'}",
        "umask=077",
        "",
        # One group: its members are told to stop at the same time, groups one after another.
        "[group:qingfeng]",
        f"programs={','.join(programs)}",
    ]
    for name, command in programs.items():
        nice = 0 if name == "web" else 5
        text += [
            "",
            f"[program:{name}]",
            f"command={sys.executable} -m config.child {nice} {Path(sys.executable).parent}/{command}",
            f"directory={base}",
            'environment=PYTHONPATH="{}"'.format(f"{base}:{base / 'site'}".replace("%", "%%")),
            "autorestart=true",
            "startsecs=2",
            "startretries=1000",
            "stopsignal=TERM",
            "stopwaitsecs=10",
            "stopasgroup=false",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={out.format(name)}",
            "stdout_logfile_maxbytes=" + ("0" if out.startswith("/dev/") else "5MB"),
            "stdout_logfile_backups=2",
        ]
    return "\n".join(text) + "\n"


def _output(var: Path) -> str:
    """Our own output where it can be opened by name; a file a program where it is a socket or closed."""
    try:
        mode = os.fstat(1).st_mode
    except OSError:
        mode = stat.S_IFSOCK
    return str(var / "log" / "{}.log") if stat.S_ISSOCK(mode) else "/dev/fd/1"


def pid_file(var: Path) -> Path:
    """The supervisor's own process number."""
    return var / "supervisord.pid"


def running(var: Path) -> int | None:
    """The number of the supervisor that runs on `var`, None where none does."""
    try:
        pid = int(pid_file(var).read_text(encoding="ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    try:  # after a restart of the machine the number may be somebody else's
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return pid
    return pid if b"supervisord" in command else None
