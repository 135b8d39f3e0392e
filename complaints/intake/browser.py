"""What the reporter's browser holds: a row's id and the secret that opens it, in one session cookie.

The row alone opens nothing, and neither does the cookie: draft key = KDF(secret, "qf1-draft", draft id).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SECRET_BYTES = 32
DRAFT_COOKIE, RETURN_COOKIE = "qf_draft", "qf_return"


@dataclass(frozen=True, repr=False)
class Handle:
    """A row's id and its secret."""

    row: UUID
    secret: bytes

    @classmethod
    def new(cls) -> Handle:
        """A fresh one."""
        return cls(uuid4(), secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def of(cls, request: HttpRequest, cookie: str) -> Handle | None:
        """What the cookie holds; None where there is none or it is not ours."""
        try:
            raw = base64.urlsafe_b64decode(request.COOKIES.get(cookie, "").encode("ascii"))
        except (binascii.Error, ValueError):
            return None
        if len(raw) != 16 + SECRET_BYTES:
            return None
        return cls(UUID(bytes=raw[:16]), raw[16:])

    def keep(self, response: HttpResponse, cookie: str) -> None:
        """Sets the cookie: for this browser session, for every path, out of reach of scripts."""
        response.set_cookie(
            cookie,
            base64.urlsafe_b64encode(self.row.bytes + self.secret).decode("ascii"),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def forget(response: HttpResponse, *cookies: str) -> None:
    """Takes the cookies away."""
    for cookie in cookies:
        response.delete_cookie(cookie, path="/", samesite="Lax")
