"""Ended sessions and old failed logins are deleted; living ones stay."""

from datetime import timedelta

import pytest
from accounts.tasks import forget
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from workdays import clock

pytestmark = pytest.mark.django_db


def test_only_what_has_ended_goes():
    now = clock.now()
    for key, days in (("ended", -1), ("living", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    forget()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["living"]


def test_old_failed_logins_go():
    attempt = {"ip_address": "127.0.0.1", "failures_since_start": 1, "get_data": "", "post_data": ""}
    old = AccessAttempt.objects.create(username="old", **attempt)
    AccessAttempt.objects.filter(pk=old.pk).update(attempt_time=clock.now() - timedelta(days=2))
    AccessAttempt.objects.create(username="new", **attempt)
    forget()
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["new"]
