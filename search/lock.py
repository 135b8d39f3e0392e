"""One rebuild at a time: among the processes of a host, and among hosts that share a database.

Both locks end with their process, also after kill -9, so that nobody waits for somebody who is dead.
"""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection


class Busy(Exception):
    """Another process rebuilds the index now."""


@contextmanager
def alone() -> Iterator[Callable[[], bool]]:
    """Holds the lock; gives a question whether it is still held (a lost database connection loses it).

    Raises Busy at once where somebody else has it.
    """
    handle = os.open(Path(settings.VAR_DIR) / "search.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _take(handle)
        with _alone_in_database() as held:
            yield held
    finally:
        os.close(handle)


def _take(handle: int) -> None:
    for wait in (0.05, 0.1, 0.2, None):  # somebody may only be looking (`taken`)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if wait is None:
                raise Busy from None
            time.sleep(wait)
        else:
            return


def taken() -> bool:
    """Whether a rebuild runs on this host now."""
    try:
        handle = os.open(Path(settings.VAR_DIR) / "search.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def _alone_in_database() -> Iterator[Callable[[], bool]]:
    if connection.vendor != "postgresql":  # SQLite is of one host
        yield lambda: True
        return
    key = zlib.crc32(f"{settings.ELASTICSEARCH_PREFIX} rebuild".encode()) >> 1
    if not _ask("SELECT pg_try_advisory_lock(%s)", key):
        raise Busy
    try:
        yield lambda: _ask(
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid = pg_backend_pid() AND classid = 0 AND objid = %s",
            key,
        )
    finally:
        try:
            _ask("SELECT pg_advisory_unlock(%s)", key)
        except DatabaseError:
            connection.close()  # which ends it too


def _ask(sql: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return bool(cursor.fetchone()[0])
