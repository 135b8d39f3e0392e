"""gunicorn's settings: `gunicorn -c python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import os
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from config import slowness
from config.logs import Plain, Redact

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"


class QuietLogger(Logger):
    """gunicorn's own would write the address and the first line of a request that it cannot read."""

    def setup(self, cfg: Any) -> None:
        """Its handlers write what our own do (config.logs)."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Plain(self.error_fmt, self.datefmt))
            handler.addFilter(Redact())


logger_class = QuietLogger
worker_class = slowness.Web  # gthread that lets go of slow requests
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
    """Also where gunicorn is started by hand, with `-b`: demo accounts are for this machine alone."""
    from config.demo import refuse_open

    for listener in server.LISTENERS:
        name = listener.sock.getsockname()
        refuse_open(str(name[0]) if isinstance(name, tuple) else "localhost")  # else: a Unix socket


def post_fork(server: Any, worker: Any) -> None:
    """A connection made while the master loaded the application is not shared with its children."""
    from django.db import connections

    connections.close_all()
