"""The logins of a person: listed, ended one by one, and ended by themselves.

A login ends after IDLE without a request and after MOST in all, whatever the browser does; the unlocked key
in it (accounts.unlock) ends earlier, and by the same real clock.
Of where somebody came from only the kind of browser is kept.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from workdays import clock

from accounts.models import User, Visit

log = logging.getLogger("security")
IDLE = timedelta(hours=2)
MOST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)  # a row is written at most so often
KEY = "visit"
KINDS = ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS", "macOS"), ("Linux", "Linux")),
)


def begin(request: HttpRequest, user: User) -> None:
    """Write down that this person has come in with this session. Its key is there already."""
    now = int(time.time())
    row = Visit.objects.create(
        uuid=uuid.uuid4(),
        user=user,
        session_key=request.session.session_key or "",
        device=device(request.META.get("HTTP_USER_AGENT", "")),
        began_at=clock.now(),
        seen_at=clock.now(),
    )
    request.session[KEY] = {"id": row.uuid.hex, "key": row.session_key, "began": now, "seen": now}


def device(agent: str) -> str:
    """ "Firefox, Windows": enough to know one's own again, too little to follow anybody."""
    kind = next((name for part, name in KINDS if part in agent), "")
    system = next((name for part, name in SYSTEMS if part in agent), "")
    return ", ".join(word for word in (kind, system) if word)


def over(state: dict[str, Any], now: int) -> bool:
    """Whether a login is too old, or was not used for too long."""
    idle, age = now - int(state["seen"]), now - int(state["began"])
    return idle >= IDLE.total_seconds() or age >= MOST.total_seconds()


def keep_up(request: HttpRequest) -> bool:
    """Note that the login is in use, at most once a minute; False where it has just ended by its age."""
    user: Any = request.user
    state = request.session.get(KEY)
    if state is None:  # of before there was this list, or made by a test
        begin(request, user)
        return True
    now = int(time.time())
    if over(state, now):
        log.info("login ended by its age user=%s", user.pk)
        logout(request)
        return False
    key = request.session.session_key or ""
    if state["key"] != key or now - state["seen"] >= TOUCH.total_seconds():
        Visit.objects.filter(uuid=state["id"]).update(session_key=key, seen_at=clock.now())
        request.session[KEY] = state | {"key": key, "seen": now}
    return True


def of(user: User) -> list[Visit]:
    """The logins of this person that still hold, the latest used first."""
    rows = Visit.objects.filter(user=user, seen_at__gt=clock.now() - IDLE).order_by("-seen_at", "uuid")
    held = Session.objects.filter(expire_date__gt=clock.now(), session_key__in=rows.values("session_key"))
    keys = set(held.values_list("session_key", flat=True))
    return [row for row in rows if row.session_key in keys]


def end(user: User, visit: uuid.UUID) -> bool:
    """End one login of this person, with the unlocked key in it; whether there was one."""
    row = Visit.objects.filter(user=user, uuid=visit).first()
    if row is None:
        return False
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    log.info("one login ended user=%s", user.pk)
    return True


def forget() -> None:
    """Drop the rows of logins that are over."""
    Visit.objects.filter(seen_at__lt=clock.now() - MOST).delete()


# Accounts that nobody uses --------------------------------------------------------------------------------

DORMANT = timedelta(days=90)
Reason = Callable[[User], str]
KEEPERS: list[Reason] = []  # a room says here why somebody may not be locked: "" for no reason


def lock_dormant() -> int:
    """Lock the accounts of staff who have not come for 90 days; how many.

    Whoever cannot be missed (the last administrator of an office) stays, and the log says so.
    """
    before = clock.now() - DORMANT
    done = 0
    rows = User.objects.filter(is_active=True, date_joined__lt=before).exclude(last_login__gte=before)
    for user in rows.order_by("pk"):
        if why := next((text for keeper in KEEPERS if (text := keeper(user))), ""):
            log.warning("dormant but kept user=%s %s", user.pk, why)
            continue
        done += User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, dormant=True)
        log.warning("dormant, locked user=%s", user.pk)
    return done


def wake(user: User) -> bool:
    """A person locked for not coming may come again; whether there was anything to undo."""
    rows = User.objects.filter(pk=user.pk, is_active=False, dormant=True)
    woken = bool(rows.update(is_active=True, dormant=False, date_joined=clock.now()))
    if woken:
        log.warning("woken user=%s", user.pk)
    return woken


Handler = Callable[[HttpRequest], HttpResponse]
STAFF = ("/desk/", "/admin/", "/accounts/")


def limits(get_response: Handler) -> Handler:
    """Middleware: on the pages of staff, a login that is over is logged out before anything is shown."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(STAFF) and request.user.is_authenticated:
            keep_up(request)
        return get_response(request)

    return middleware
