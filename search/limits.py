"""What the public may ask of the search in a minute, by what it costs, without keeping an address.

A bucket is that of accounts.network for one minute, and lives no longer. django-ratelimit counts requests,
not what they cost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from accounts.network import bucket
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

log = logging.getLogger("search")

WINDOW_S = 60
NETWORK, SITE = 1_200, 20_000
"""Units a minute for one network (a /24 may be a whole town behind one address), and for the whole site."""
_P = ParamSpec("_P")
View = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def costs(units: int) -> Callable[[View[_P]], View[_P]]:
    """The view costs `units`, and one more for each eight signs of `q`; over the limit it answers 429."""

    def wrap(view: View[_P]) -> View[_P]:
        @wraps(view)
        def limited(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
            asked = min(len(request.GET.get("q", "")), 400) // 8
            wait = _spend(request, units + asked)
            return _crowded(request, wait) if wait else view(request, *args, **kwargs)

        return limited

    return wrap


def _spend(request: HttpRequest, units: int) -> int:
    """Counts; the seconds to wait where the network or the site has nothing left, else 0."""
    if not settings.RATELIMIT_ENABLE:
        return 0
    now = time.time()
    window, left = int(now) // WINDOW_S, WINDOW_S - int(now) % WINDOW_S
    try:
        # What a network asks beyond its own is not counted for the site, or one flood would close it to all.
        over = any(_add(f"search:spent:{window}:{key}", units) > most for key, most in _buckets(request, now))
    except Exception as error:  # noqa: BLE001  (a cache that is down costs the limit, not the search)
        log.warning("the limit of the search could not be counted (%s)", type(error).__name__)
        return 0
    return left if over else 0


def _buckets(request: HttpRequest, now: float) -> list[tuple[str, int]]:
    return [(bucket(request, WINDOW_S, now=now), NETWORK), ("site", SITE)]


def _add(key: str, units: int) -> int:
    cache.add(key, 0, timeout=2 * WINDOW_S)
    return int(cache.incr(key, units))


def _crowded(request: HttpRequest, wait: int) -> HttpResponse:
    response = render(request, "search/crowded.html", {"wait": wait}, status=429)
    response.headers["Retry-After"] = str(wait)
    response.headers["Cache-Control"] = "no-store"
    return response
