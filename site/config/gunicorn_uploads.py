"""gunicorn's settings for slow requests: `gunicorn -c python:config.gunicorn_uploads config.wsgi`.

It gets connections from the web program (config.slowness), never from a port of its own.
"""

from __future__ import annotations

import os

from config import slowness
from config.gunicorn import (
    QuietLogger as logger_class,
)
from config.gunicorn import (
    accesslog,
    control_socket_disable,
    errorlog,
    graceful_timeout,
    loglevel,
    post_fork,
    preload_app,
    timeout,
)

__all__ = [
    "accesslog",
    "bind",
    "control_socket_disable",
    "errorlog",
    "graceful_timeout",
    "keepalive",
    "logger_class",
    "loglevel",
    "post_fork",
    "preload_app",
    "threads",
    "timeout",
    "umask",
    "worker_class",
    "worker_connections",
    "workers",
]

worker_class = slowness.Uploads
workers = 1
threads = int(os.environ.get("UPLOAD_THREADS") or 128)
worker_connections = 1000
keepalive = 0  # the next request of the same browser goes to the web program again
umask = 0o077  # of the socket: nobody else on this machine hands us connections
bind = f"unix:{slowness.path() or '/nonexistent/uploads.sock'}"
if os.path.isdir("/dev/shm"):  # noqa: S108  (gunicorn's own advice for its heartbeat files)
    worker_tmp_dir = "/dev/shm"  # noqa: S108
    __all__ += ["worker_tmp_dir"]
