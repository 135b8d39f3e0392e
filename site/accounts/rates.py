"""Rates for a network and for the whole site, without keeping an address (accounts.network)."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from accounts.network import bucket

log = logging.getLogger("qingfeng.limits")
Rate = tuple[int, int]
"""Requests, seconds."""


def seconds_to_wait(request: HttpRequest, group: str, network: Rate, site: Rate) -> int:
    """Counts this request; how long to wait where its network or the site is over its rate, else 0.

    What a network asks beyond its own rate is not counted for the site, or one flood would close it to all.
    """
    if not settings.RATELIMIT_ENABLE:
        return 0
    own = _wait(request, group, network, bucket(request, network[1]))
    return own or _wait(request, f"{group}-site", site, "site")


def _wait(request: HttpRequest, group: str, rate: Rate, key: str) -> int:
    count, seconds = rate
    try:
        usage = get_usage(
            request, group=group, key=lambda _group, _request: key, rate=f"{count}/{seconds}s", increment=True
        )
    except Exception as error:  # noqa: BLE001  (a cache that is down costs the limit, not the answer)
        log.warning("the limit %s could not be counted (%s)", group, type(error).__name__)
        return 0
    return max(1, usage["time_left"]) if usage and usage["should_limit"] else 0
