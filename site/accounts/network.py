"""From which address a request came: of staff it is counted and locked by, and never kept of a reporter."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The requester's address; None where it cannot be known (a socket without a proxy that says).

    In production the proxy says it in X-Real-IP, or all the world would be the proxy; elsewhere nobody may.
    """
    for name in ("HTTP_X_REAL_IP", "REMOTE_ADDR") if settings.PRODUCTION else ("REMOTE_ADDR",):
        try:
            return str(ipaddress.ip_address(request.META.get(name, "")))
        except ValueError:
            continue
    return None
