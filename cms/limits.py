"""What one network, and the whole site, may ask of the API, the files and the consultations.

A network is a /24 or /56 behind a keyed hash that changes with every window (accounts.network): who asks is
not kept. A cache that is down costs the limit, not the answer.
"""

from __future__ import annotations

import logging

from accounts.network import bucket
from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

log = logging.getLogger("cms")

# (requests, seconds) of one network (a /24 may be a whole town behind one address), and of the whole site.
RATES: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "api": ((600, 60), (6_000, 60)),
    "file": ((60, 60), (600, 60)),
    "archive": ((10, 600), (60, 600)),
    "opinion": ((120, 3600), (600, 60)),
}


def seconds_to_wait(request: HttpRequest, group: str) -> int:
    """Counts this request; how long to wait where its network or the site is over the rate, else 0."""
    if not settings.RATELIMIT_ENABLE:
        return 0
    network, site = RATES[group]
    waits = [
        _wait(request, f"cms-{group}", network, bucket(request, network[1])),
        _wait(request, f"cms-{group}-site", site, "site"),
    ]
    return max(waits)


def _wait(request: HttpRequest, group: str, rate: tuple[int, int], key: str) -> int:
    count, seconds = rate
    try:
        usage = get_usage(
            request, group=group, key=lambda _group, _request: key, rate=f"{count}/{seconds}s", increment=True
        )
    except Exception as error:  # noqa: BLE001  (see above)
        log.warning("the limit %s could not be counted (%s)", group, type(error).__name__)
        return 0
    return max(1, usage["time_left"]) if usage and usage["should_limit"] else 0
