"""From which address a request came: of staff it is counted and locked by, and never kept of a reporter."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time

from django.conf import settings
from django.http import HttpRequest

_SECRET = secrets.token_bytes(32)


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


def network(request: HttpRequest) -> str:
    """The /24 or /56 a request came from, one name for all onion traffic; "unknown" without one."""
    if request.META.get("HTTP_HOST", "").partition(":")[0].endswith(".onion"):
        return "onion"
    try:
        address = ipaddress.ip_address(client_address(request) or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 56}", strict=False))


def bucket(request: HttpRequest, seconds: int, *, now: float | None = None) -> str:
    """Names the requester's network for one window of `seconds`; nobody can tell it back.

    The secret exists only in the memory of this process and of those forked from it (gunicorn's preload).
    """
    named = f"{int(time.time() if now is None else now) // seconds}/{seconds} {network(request)}".encode()
    return hashlib.blake2b(named, key=_SECRET, digest_size=16).hexdigest()
