"""What staff accounts leave behind and nobody needs any more."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt
from celery import shared_task
from django.contrib.sessions.models import Session
from workdays import clock

from accounts import visits

KEPT = timedelta(days=1)
"""How long a failed login is remembered beyond its lock-out of 15 minutes."""


@shared_task(name="accounts.tasks.forget")
def forget() -> None:
    """Deletes ended sessions (a reporter's too) and old failed logins."""
    Session.objects.filter(expire_date__lt=clock.now()).delete()
    AccessAttempt.objects.filter(attempt_time__lt=clock.now() - KEPT).delete()
    visits.forget()


@shared_task(name="accounts.tasks.lock_dormant")
def lock_dormant() -> int:
    """Locks the accounts of staff who have not come for long; how many."""
    return visits.lock_dormant()
