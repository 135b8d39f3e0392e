"""One limit for every slow key derivation of this host (VAULT: Submit).

A derivation takes 19 to 64 MiB and a core. Any process may run one, so the limit is a set of locked files
under VAR_DIR/run that all processes and threads of the host share; the kernel frees what a dead one held.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PAUSE_S = 0.01


class Busy(Exception):
    """No slot became free in time: the page keeps what was typed and asks to try again."""


def slot_count() -> int:
    """How many derivations may run at once on this host: one a core, at least two."""
    return max(2, os.cpu_count() or 2)


@contextmanager
def kdf_slot(timeout: float = 5) -> Iterator[None]:
    """Hold one slot; wait at most `timeout` seconds for it, then raise Busy."""
    handle = _acquire(time.monotonic() + timeout)
    try:
        yield
    finally:
        os.close(handle)  # closing frees the lock


def _acquire(deadline: float) -> int:
    folder = Path(settings.VAR_DIR) / "run"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"kdf-{number}.lock" for number in range(slot_count())]
    while True:
        random.shuffle(files)  # waiters spread over the slots
        for file in files:
            if (handle := _try(file)) is not None:
                return handle
        if time.monotonic() >= deadline:
            raise Busy
        time.sleep(PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311 (spreads waiters, guards nothing)


def _try(file: Path) -> int | None:
    # A handle of its own each time: flock then keeps threads of one process apart, too.
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
