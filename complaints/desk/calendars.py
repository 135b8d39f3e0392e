"""Deadlines as a calendar that others subscribe to (RFC 5545): numbers and days, and nothing else.

A calendar program cannot do a second step, so the address itself is the secret: 256 random bits of which the
database keeps a hash. It shows what its owner could see in the queue at that moment, and less.
"""

from __future__ import annotations

import hashlib
import secrets

from accounts.models import User
from django.utils.translation import gettext as _
from workdays import clock

from complaints import access
from complaints.desk.models import Feed
from complaints.intake.models import OPEN

MOST = 2000


def make(user: User) -> str:
    """A new secret for this person; the address before it is dead."""
    secret = secrets.token_urlsafe(32)
    Feed.objects.update_or_create(user=user, defaults={"hash": _hash(secret), "created_at": clock.now()})
    return secret


def drop(user: User) -> None:
    """No address any more."""
    Feed.objects.filter(user=user).delete()


def owner(secret: str) -> User | None:
    """Whose address this is; None for nobody's, and for somebody who is no longer active."""
    row = Feed.objects.filter(hash=_hash(secret), user__is_active=True).select_related("user").first()
    return row.user if row else None


def of(user: User) -> bytes:
    """The deadlines of open tips in this person's offices: one's own, and those that nobody has."""
    rows = access.tips_for(user).filter(OPEN, due_on__isnull=False).order_by("due_on", "uuid")
    if access.offices_for(user, "claim").exists():
        rows = rows.filter(assignee=user) | rows.filter(assignee__isnull=True)
    # Here and not above: its tables of time zones are a tenth of what every process reads at its start.
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Qingfeng//deadlines//")
    made.add("version", "2.0")
    made.add("x-wr-calname", _("来件期限"))
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number, due, tag in rows.values_list("number", "due_on", "uuid")[:MOST]:
        if due is None:
            continue
        event = Event()
        event.add("uid", f"{tag.hex}-{due.isoformat()}@qingfeng")
        event.add("dtstamp", today)
        event.add("dtstart", due)
        event.add("summary", number)
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def _hash(secret: str) -> bytes:
    return hashlib.sha256(b"qf1-feed\0" + secret.encode("utf-8", "replace")).digest()
