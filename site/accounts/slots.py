"""One limit for every slow key derivation of this host (VAULT: Submit), and for other heavy work of a kind.

A derivation takes 19 to 64 MiB and a core. Any process may run one, so the limit is a set of locked files
under VAR_DIR/run that all processes and threads of the host share; the kernel frees what a dead one held.
"""

from __future__ import annotations

import fcntl
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PAUSE_S = 0.004
_turns: dict[tuple[int, str, int], threading.Semaphore] = {}


class Busy(Exception):
    """No slot became free in time: the page keeps what was typed and asks to try again."""


def slot_count() -> int:
    """How many derivations may run at once on this host: one a core, at least two."""
    return max(2, os.cpu_count() or 2)


@contextmanager
def kdf_slot(timeout: float = 5) -> Iterator[None]:
    """Hold one slot; wait at most `timeout` seconds for it, then raise Busy."""
    with slot("kdf", slot_count(), timeout):
        yield


@contextmanager
def slot(name: str, count: int, timeout: float) -> Iterator[None]:
    """Hold one of the host's `count` slots of a name; wait at most `timeout` seconds, then raise Busy."""
    deadline = time.monotonic() + timeout
    # Of one process no more threads try than there are slots: a crowd would eat the time it waits for.
    turn = _turn(name, count)
    if not turn.acquire(timeout=max(0.0, timeout)):
        raise Busy
    try:
        handle = _acquire(deadline, name, count)
        try:
            yield
        finally:
            os.close(handle)  # closing frees the lock
    finally:
        turn.release()


def _turn(name: str, count: int) -> threading.Semaphore:
    """Of this process; made anew after a fork, because nobody there would ever give back what was held."""
    return _turns.setdefault((os.getpid(), name, count), threading.Semaphore(count or slot_count()))


def _acquire(deadline: float, name: str = "kdf", count: int = 0) -> int:
    folder = Path(settings.VAR_DIR) / "run"
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}-{number}.lock" for number in range(count or slot_count())]
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
