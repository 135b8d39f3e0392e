"""Limits by network and for the whole site, without keeping an address (VAULT: Around it).

A bucket is that of accounts.network: its secret exists only in memory and is made when that module is first
imported, which with gunicorn's preload is in the master, so the workers have the same one by fork; it is gone
with the process, and each window has another name.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.rates import Rate, seconds_to_wait
from django.conf import settings
from django.http import HttpRequest

# (requests, seconds) for one network, and for the whole site. A /24 may be a whole town behind one address.
RATES: dict[str, tuple[Rate, Rate]] = {
    "start": ((120, 3600), (600, 60)),
    "upload": ((300, 3600), (600, 60)),
    "submit": ((120, 3600), (600, 60)),
    "return": ((20, 60), (1200, 60)),
    "message": ((60, 3600), (600, 60)),
}
RETRY_AFTER = 30
SLOW_WAIT, SLOW_MOST = 20.0, 2

_slow = threading.Lock()
_slow_queue = threading.Semaphore(SLOW_MOST)


class Crowded(Exception):
    """Too many at once: shown as a page that keeps the input."""


def limits_on() -> bool:
    """RATELIMIT_ENABLE: one switch for every limit but that of staff logins."""
    return bool(settings.RATELIMIT_ENABLE)


def over(request: HttpRequest, group: str) -> bool:
    """Counts this request; True where its network or the site is over the rate of `group`."""
    return seconds_to_wait(request, f"intake-{group}", *RATES[group]) > 0


@contextmanager
def fair_turn(request: HttpRequest, group: str) -> Iterator[None]:
    """Lets everyone in; who is over the rate one after another, so that the others need not wait.

    Raises Crowded where even that queue of this process is full.
    """
    if not over(request, group):
        yield
        return
    if not _slow_queue.acquire(blocking=False):
        raise Crowded
    try:
        if not _slow.acquire(timeout=SLOW_WAIT):
            raise Crowded
        try:
            time.sleep(1)
            yield
        finally:
            _slow.release()
    finally:
        _slow_queue.release()
