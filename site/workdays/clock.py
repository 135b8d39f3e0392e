"""The one clock of the house: everything that is stored takes its time from here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.utils import timezone

_offset: ContextVar[dt.timedelta] = ContextVar("clock_offset", default=dt.timedelta())


def now() -> dt.datetime:
    """The present moment, with its time zone."""
    return timezone.now() + _offset.get()


def today() -> dt.date:
    """The present day where the site is."""
    return timezone.localdate(now())


def first_moment(day: dt.date) -> dt.datetime:
    """When `day` begins where the site is."""
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())


@contextmanager
def set_back(to: dt.datetime) -> Iterator[None]:
    """Within the block, of this thread only, it is `to`, and time goes on from there. For `demo` alone.

    Raises ValueError for a time to come, or in production: a clock that can be moved there proves nothing.
    """
    if settings.PRODUCTION:
        raise ValueError("the clock is not set back in production")
    offset = to - timezone.now()
    if offset > dt.timedelta():
        raise ValueError("the clock is only ever set back")
    token = _offset.set(offset)
    try:
        yield
    finally:
        _offset.reset(token)
