"""The unlocked state of a staff session: the key lies in the session, its key in the browser's cookie.

Neither half alone opens anything: a thief of the database lacks the cookie, a thief of the cookie the row.
20 minutes idle or 12 hours in all, and the person is asked for the password again.
"""

from __future__ import annotations

import base64
import binascii
import logging
import time
from typing import Any

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from nacl.utils import random

from accounts import services
from accounts.keys import KeySeed, SealBroken, open_from_session, seal_for_session
from accounts.models import User
from accounts.slots import Busy

log = logging.getLogger("security")
COOKIE = "qf_desk"
COOKIE_PATH = "/desk/"
IDLE_SECONDS = 20 * 60
MOST_SECONDS = 12 * 3600
SURE_SECONDS = 10 * 60  # after the password, acts on identities, keys and roles do not ask for it again
TOUCH_SECONDS = 30  # the session row is written at most this often
SESSION_KEY = "desk_key"


class Throttled(Exception):
    """Too many wrong passwords; later ones may be tried."""


def unlock(request: HttpRequest, seed: KeySeed, *, user: User | None = None) -> None:
    """Keep the seed sealed in this session; accounts.middleware.key_cookie sends the cookie.

    `user` is for the step before login is complete, when request.user is still anonymous.
    """
    owner: Any = user or request.user
    cookie, nonce = random(32), random(16)
    now = int(time.time())
    request.session[SESSION_KEY] = {
        "user": owner.pk,
        "nonce": nonce.hex(),
        "sealed": base64.b64encode(
            seal_for_session(seed, cookie=cookie, nonce=nonce, user=owner.pk)
        ).decode(),
        "since": now,
        "seen": now,
    }
    request._desk_seed = seed  # type: ignore[attr-defined]
    request._desk_cookie = base64.urlsafe_b64encode(cookie).decode()  # type: ignore[attr-defined]


def unlocked(request: HttpRequest) -> KeySeed | None:
    """The staff seed of this session, or None where it is locked, idle too long, or another person's.

    The real clock, not the house's: a demo that sets the calendar back must not prolong a session.
    """
    state = request.session.get(SESSION_KEY)
    if not state or not request.user.is_authenticated or state["user"] != request.user.pk:
        return None
    now = int(time.time())
    if now - state["seen"] >= IDLE_SECONDS or now - state["since"] >= MOST_SECONDS:
        lock(request)
        return None
    if (seed := getattr(request, "_desk_seed", None)) is None:
        seed = _open(request, state)
        if seed is None:
            return None
        request._desk_seed = seed  # type: ignore[attr-defined]
    if now - state["seen"] >= TOUCH_SECONDS:
        state["seen"] = now
        request.session.modified = True
    return seed


def lately(request: HttpRequest) -> bool:
    """Whether this session was unlocked, which takes the password, within SURE_SECONDS."""
    state = request.session.get(SESSION_KEY)
    return state is not None and int(time.time()) - int(state["since"]) < SURE_SECONDS


def _open(request: HttpRequest, state: dict[str, str]) -> KeySeed | None:
    try:
        cookie = base64.urlsafe_b64decode(request.COOKIES.get(COOKIE, ""))
        return open_from_session(
            base64.b64decode(state["sealed"]),
            cookie=cookie,
            nonce=bytes.fromhex(state["nonce"]),
            user=int(state["user"]),  # which unlocked() has compared with the request's
        )
    except (SealBroken, binascii.Error, ValueError):
        return None


def lock(request: HttpRequest) -> None:
    """Forget the key: the session's half now, the browser's with this response."""
    request.session.pop(SESSION_KEY, None)
    request._desk_seed = None  # type: ignore[attr-defined]
    request._desk_cookie = ""  # type: ignore[attr-defined]


def minutes_left(request: HttpRequest) -> int | None:
    """Whole minutes until the session locks if nothing more is done, at least 1; None where it is locked."""
    if unlocked(request) is None:
        return None
    state = request.session[SESSION_KEY]
    now = int(time.time())
    left = min(state["seen"] + IDLE_SECONDS, state["since"] + MOST_SECONDS) - now
    return max(1, int(left) // 60)


def unlock_with_password(request: HttpRequest, password: str) -> KeySeed:
    """Unlock this session of a logged-in person; the seed. Costs one Argon2id, outside any transaction.

    Raises services.WrongPassword, slots.Busy, and Throttled after five failures in five minutes (allauth's
    own limit for failed logins, by name and address: the unlock page is no easier to guess at than the login
    page).
    """
    user = request.user
    if not isinstance(user, User):
        raise services.WrongPassword
    usage = ratelimit.consume(request, app="allauth.account", action="login_failed", key=f"unlock:{user.pk}")
    if not usage:
        log.warning("unlock throttled user=%s", user.pk)
        raise Throttled
    try:
        seed = services.open_seed(user=user, password=password)
    except services.WrongPassword:
        log.warning("unlock failed user=%s", user.pk)
        raise
    except Busy:
        usage.rollback()  # nothing was tried
        raise
    usage.rollback()
    if (open_now := unlocked(request)) is not None and open_now.seed == seed.seed:
        # Asked once more: the same key stays, and with it what this session has sealed (words, jobs).
        request.session[SESSION_KEY]["since"] = int(time.time())
        request.session.modified = True
    else:
        unlock(request, seed)
    log.info("unlocked user=%s", user.pk)
    return seed
