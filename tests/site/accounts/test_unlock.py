"""The key in the session: there after both steps, gone after idling, useless to others."""

import base64
import time
from datetime import timedelta

import pytest
from accounts import services, unlock, visits
from accounts.decorators import staff_required, unlocked_required
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from .conftest import PASSWORD, Staff

SEEN = {}


@unlocked_required
def secret_view(request):
    SEEN["seed"] = request.staff_seed.seed
    return HttpResponse(str(unlock.minutes_left(request)))


@staff_required
def open_view(request):
    return HttpResponse("open" if unlock.unlocked(request) else "locked")


@staff_required
def unlock_view(request):
    unlock.unlock_with_password(request, request.POST["password"])
    return HttpResponse("ok")


@staff_required
def lock_view(request):
    unlock.lock(request)
    return HttpResponse("ok")


urlpatterns = [
    path("accounts/", include("accounts.urls")),
    path("desk/", open_view, name="queue"),
    path("desk/secret/", secret_view),
    path("desk/open/", open_view),
    path("desk/unlock-it/", unlock_view),
    path("desk/lock-it/", lock_view),
]


@pytest.fixture(autouse=True)
def own_addresses(settings):
    settings.ROOT_URLCONF = __name__
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages"]}}]  # fmt: skip
    SEEN.clear()


@pytest.fixture
def unlocked(client, staff):
    staff.login(client)
    return client


def seed_of(staff):
    return services.open_seed(user=staff.user, password=PASSWORD).seed


def test_it_works(unlocked, staff):
    assert unlocked.get("/desk/secret/").content in (b"19", b"20")
    assert SEEN["seed"] == seed_of(staff)


def test_the_cookie(client, staff):
    cookie = staff.start(client).cookies[unlock.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/desk/", True, "Strict")
    assert not cookie["max-age"]
    assert not cookie["expires"]
    assert not cookie["secure"]


def test_the_cookie_is_secure_in_production(client, staff, settings):
    settings.SESSION_COOKIE_SECURE = True
    assert staff.start(client).cookies[unlock.COOKIE]["secure"]


def test_neither_half_lies_in_the_session_table(unlocked, staff):
    seed = seed_of(staff)
    cookie = base64.urlsafe_b64decode(unlocked.cookies[unlock.COOKIE].value)
    for session in Session.objects.all():
        text = repr(session.get_decoded()).encode() + session.session_data.encode()
        for secret in (seed, cookie):
            for form in (
                secret,
                base64.b64encode(secret),
                base64.urlsafe_b64encode(secret),
                secret.hex().encode(),
            ):
                assert form not in text


@pytest.mark.parametrize(
    "value", [None, "", "AAAA", "not base64 é", base64.urlsafe_b64encode(bytes(32)).decode()]
)
def test_without_the_right_cookie_it_asks_for_the_password(unlocked, value):
    if value is None:
        del unlocked.cookies[unlock.COOKIE]  # also: a click from outside, which SameSite=Strict withholds
    else:
        unlocked.cookies[unlock.COOKIE] = value
    answer = unlocked.get("/desk/secret/?a=1")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/desk/unlock/?next=%2Fdesk%2Fsecret%2F%3Fa%3D1",
    )
    assert unlocked.post("/desk/secret/").headers["Location"] == "/desk/unlock/?next=%2Fdesk%2F"


def test_twenty_minutes_idle(unlocked, monkeypatch):
    real = time.time
    monkeypatch.setattr(unlock.time, "time", lambda: real() + 19 * 60)
    assert unlocked.get("/desk/secret/").status_code == 200  # and starts anew
    monkeypatch.setattr(unlock.time, "time", lambda: real() + 38 * 60)
    assert unlocked.get("/desk/secret/").status_code == 200
    monkeypatch.setattr(unlock.time, "time", lambda: real() + 59 * 60)
    answer = unlocked.get("/desk/secret/")
    assert answer.status_code == 303
    assert answer.cookies[unlock.COOKIE]["max-age"] == 0
    assert unlock.SESSION_KEY not in unlocked.session


def test_twelve_hours_at_most(unlocked, monkeypatch):
    monkeypatch.setattr(visits, "MOST", timedelta(days=2))  # the login itself ends then, too (test_visits)
    real, status = time.time, []
    for minutes in range(0, 13 * 60, 15):
        monkeypatch.setattr(unlock.time, "time", lambda minutes=minutes: real() + minutes * 60)
        status.append(unlocked.get("/desk/secret/").status_code)
    assert status.index(303) == 12 * 4


def test_lock(unlocked):
    unlocked.post("/desk/lock-it/")
    assert unlocked.get("/desk/secret/").status_code == 303
    assert unlocked.get("/desk/open/").content == b"locked"


def test_unlock_again(unlocked, staff):
    unlocked.post("/desk/lock-it/")
    assert unlocked.post("/desk/unlock-it/", {"password": PASSWORD}).status_code == 200
    assert unlocked.get("/desk/secret/").status_code == 200
    assert SEEN["seed"] == seed_of(staff)


def test_a_wrong_password_does_not_unlock_and_guessing_ends(unlocked):
    unlocked.post("/desk/lock-it/")
    for _ in range(5):
        with pytest.raises(services.WrongPassword):
            unlocked.post("/desk/unlock-it/", {"password": "wrong"})
    with pytest.raises(unlock.Throttled):
        unlocked.post("/desk/unlock-it/", {"password": PASSWORD})
    assert unlocked.get("/desk/open/").content == b"locked"


def test_another_persons_session_with_this_cookie(unlocked, newcomer):
    other = Staff(newcomer.user, services.add_totp(newcomer.user))
    second = Client()
    other.login(second)
    second.cookies[unlock.COOKIE] = unlocked.cookies[unlock.COOKIE].value
    assert second.get("/desk/secret/").status_code == 303


def test_a_session_state_moved_to_another_person(unlocked, newcomer):
    other = Staff(newcomer.user, services.add_totp(newcomer.user))
    second = Client()
    other.login(second)
    session = second.session
    session[unlock.SESSION_KEY] = unlocked.session[unlock.SESSION_KEY] | {"user": newcomer.user.pk}
    session.save()
    second.cookies[unlock.COOKIE] = unlocked.cookies[unlock.COOKIE].value
    assert second.get("/desk/secret/").status_code == 303


def test_anonymous_has_no_key(db):
    request = RequestFactory().get("/desk/")
    from django.contrib.auth.models import AnonymousUser

    request.user, request.session = AnonymousUser(), {}
    assert unlock.unlocked(request) is None
    assert unlock.minutes_left(request) is None
