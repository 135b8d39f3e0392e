"""Writers of the embedded tier wait in a queue instead of knocking at SQLite's door.

SQLite has one writer, and whoever finds it busy sleeps and tries again, up to 100 ms later, while others slip
in: with sixteen reporters at once some waited for seconds. Here they wait for a file lock (flock(2)), which
wakes the next one as soon as the one before is done; a process that dies lets go of it. PostgreSQL needs none
of this.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

NAME = "writing.lock"


@contextmanager
def writing() -> Iterator[None]:
    """Holds the turn. Inside a transaction it waits for nothing: who holds the database must never queue."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with (settings.VAR_DIR / NAME).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
