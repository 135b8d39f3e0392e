"""gunicorn's settings: `gunicorn -c python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import os
from typing import Any

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
# Loaded once in the master: what lives only in its memory (the window key of the rate limits) reaches every
# worker by fork, and a second worker costs little.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 5
# No access log: an address under /report/ and every query string are confided (docs/security.md).
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
if os.path.isdir("/dev/shm"):  # noqa: S108  (gunicorn's own advice for its heartbeat files)
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def when_ready(server: Any) -> None:
    """Also where gunicorn is started by hand: demo accounts are for this machine alone."""
    from config.demo import refuse_open

    refuse_open(os.environ.get("HOST") or "127.0.0.1")


def post_fork(server: Any, worker: Any) -> None:
    """A connection made while the master loaded the application is not shared with its children."""
    from django.db import connections

    connections.close_all()
