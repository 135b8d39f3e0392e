"""What one network, and the whole site, may ask of the API, the files and the consultations.

A network is a /24 or /56 behind a keyed hash that changes with every window (accounts.network): who asks is
not kept. A cache that is down costs the limit, not the answer.
"""

from __future__ import annotations

from accounts import rates
from django.http import HttpRequest

# (requests, seconds) of one network (a /24 may be a whole town behind one address), and of the whole site.
RATES: dict[str, tuple[rates.Rate, rates.Rate]] = {
    "api": ((600, 60), (6_000, 60)),
    "file": ((60, 60), (600, 60)),
    "archive": ((10, 600), (60, 600)),
    "opinion": ((120, 3600), (600, 60)),
}


def seconds_to_wait(request: HttpRequest, group: str) -> int:
    """Counts this request; how long to wait where its network or the site is over the rate, else 0."""
    return rates.seconds_to_wait(request, f"cms-{group}", *RATES[group])
