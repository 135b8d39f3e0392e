"""The one clock."""

import datetime as dt
import threading

import pytest
from django.utils import timezone
from workdays import clock

PAST = dt.datetime(2026, 3, 1, 23, 0, tzinfo=dt.UTC)


def test_it_is_the_present():
    assert abs(clock.now() - timezone.now()) < dt.timedelta(seconds=5)
    assert clock.today() == timezone.localdate()


def test_set_back_and_returned():
    with clock.set_back(PAST):
        assert dt.timedelta() <= clock.now() - PAST < dt.timedelta(seconds=5)
        assert clock.today() == dt.date(2026, 3, 2)  # where the site is
        with clock.set_back(PAST - dt.timedelta(days=1)):
            assert clock.today() == dt.date(2026, 3, 1)
        assert clock.today() == dt.date(2026, 3, 2)
    assert clock.today() == timezone.localdate()


def test_returned_after_an_error():
    with pytest.raises(KeyError), clock.set_back(PAST):
        raise KeyError
    assert clock.today() == timezone.localdate()


def test_no_other_thread_sees_it():
    seen = []
    with clock.set_back(PAST):
        thread = threading.Thread(target=lambda: seen.append(clock.today()))
        thread.start()
        thread.join()
    assert seen == [timezone.localdate()]


def test_refused_into_the_future():
    with pytest.raises(ValueError), clock.set_back(timezone.now() + dt.timedelta(hours=1)):
        pass


def test_refused_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(ValueError), clock.set_back(PAST):
        pass
