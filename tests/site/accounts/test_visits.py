"""One's own logins: listed, ended, ended by their age; accounts that nobody uses are locked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from accounts import unlock, visits
from accounts.models import User, Visit
from django.contrib.sessions.models import Session
from django.test import Client
from workdays import clock

from tests.site.accounts.conftest import let_in

PATH = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def two(staff: Any, monkeypatch: Any) -> tuple[Client, Client]:
    """The same person logged in twice; the code of an authenticator counts once, so the second is forced."""
    first, second = Client(HTTP_USER_AGENT=FIREFOX), Client()
    staff.login(first)
    second.force_login(staff.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return first, second


def test_both_are_listed_and_the_other_is_ended(two: Any, staff: Any) -> None:
    first, second = two
    page = first.get(PATH).text
    assert page.count("<tr role") == 3
    assert "Firefox, Windows" in page
    assert "现在这一处" in page
    other = Visit.objects.get(session_key=second.session.session_key)
    answer = first.post(PATH, {"end": other.uuid.hex})
    assert answer.status_code == 302
    assert not Session.objects.filter(session_key=other.session_key).exists()
    assert "_auth_user_id" not in second.session
    assert let_in(first)
    assert first.get(PATH).text.count("<tr role") == 2


def test_all_others_at_once(two: Any) -> None:
    first, _second = two
    first.post(PATH, {"end": "others"})
    assert Visit.objects.get().session_key == first.session.session_key


def test_anothers_login_is_none(two: Any, newcomer: Any) -> None:
    first, _second = two
    stranger = Client()
    stranger.force_login(newcomer.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    theirs = Visit.objects.get(user=newcomer.user)
    assert first.post(PATH, {"end": theirs.uuid.hex}).status_code == 404
    assert first.post(PATH, {"end": "nonsense"}).status_code == 404
    assert Session.objects.filter(session_key=theirs.session_key).exists()


def test_without_a_second_step_there_is_no_list(two: Any) -> None:
    _first, second = two
    assert second.get(PATH).status_code == 302


@pytest.mark.parametrize(
    ("began", "seen"), [(visits.MOST, timedelta(0)), (visits.IDLE, visits.IDLE)], ids=["age", "idle"]
)
def test_a_login_ends_by_itself(staff: Any, began: timedelta, seen: timedelta) -> None:
    client = Client()
    staff.login(client)
    session = client.session
    state = session[visits.KEY]
    for name, ago in (("began", began), ("seen", seen)):
        state[name] -= int(ago.total_seconds())
    session[visits.KEY] = state
    session.save()
    answer = client.get("/desk/")
    assert answer.headers["Location"].startswith("/accounts/login/")
    assert unlock.SESSION_KEY not in client.session
    assert "_auth_user_id" not in client.session


def test_just_before_it_holds(staff: Any) -> None:
    client = Client()
    staff.login(client)
    session = client.session
    session[visits.KEY] = session[visits.KEY] | {
        "began": session[visits.KEY]["began"] - int(visits.MOST.total_seconds()) + 60
    }
    session.save()
    assert let_in(client)


def test_what_is_over_is_forgotten(two: Any) -> None:
    first, _second = two
    Visit.objects.exclude(session_key=first.session.session_key).update(
        seen_at=clock.now() - visits.MOST - timedelta(minutes=1)
    )
    visits.forget()
    assert Visit.objects.get().session_key == first.session.session_key


def test_dormant_accounts_are_locked_and_woken(staff: Any, newcomer: Any, monkeypatch: Any) -> None:
    long_ago = clock.now() - visits.DORMANT - timedelta(days=1)
    User.objects.update(date_joined=long_ago, last_login=long_ago)
    User.objects.filter(pk=newcomer.user.pk).update(last_login=clock.now())
    monkeypatch.setattr(visits, "KEEPERS", [lambda user: "needed" if user.pk == newcomer.user.pk else ""])
    assert visits.lock_dormant() == 1
    assert visits.lock_dormant() == 0
    staff.user.refresh_from_db()
    assert (staff.user.is_active, staff.user.dormant) == (False, True)
    client = Client()
    staff.start(client)
    assert "_auth_user_id" not in client.session
    assert visits.wake(staff.user)
    assert not visits.wake(staff.user)
    assert visits.lock_dormant() == 0
    staff.login(client)
    assert let_in(client)


def test_who_cannot_be_missed_stays(staff: Any, monkeypatch: Any) -> None:
    User.objects.update(date_joined=clock.now() - visits.DORMANT - timedelta(days=1), last_login=None)
    monkeypatch.setattr(visits, "KEEPERS", [lambda user: "the last administrator of city"])
    assert visits.lock_dormant() == 0
    assert User.objects.get(pk=staff.user.pk).is_active


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/120 Safari/537.36", "Chrome, Linux"),
        ("Mozilla/5.0 (iPhone) Version/17 Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_of_a_browser_only_its_kind_is_kept(agent: str, name: str) -> None:
    assert visits.device(agent) == name
