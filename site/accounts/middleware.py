"""On every request of staff: the second step, and the cookie that carries half of the key."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.adapter import session_has_mfa
from accounts.unlock import COOKIE, COOKIE_PATH, SESSION_KEY

Handler = Callable[[HttpRequest], HttpResponse]
GUARDED = ("/desk/", "/admin/")


def mfa_required(get_response: Handler) -> Handler:
    """Nothing of /desk/ or /admin/ answers without login, or a session that recorded no second step."""

    def middleware(request: HttpRequest) -> HttpResponse:
        refused = _refused(request) if request.path.startswith(GUARDED) else None
        return refused or get_response(request)

    return middleware


def _refused(request: HttpRequest) -> HttpResponse | None:
    if not request.user.is_authenticated:
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/desk/"
        return redirect_to_login(back, settings.LOGIN_URL)
    return mfa_redirect(request)


def mfa_redirect(request: HttpRequest) -> HttpResponse | None:
    """Where a logged-in session without a second step has to go, or None where it has one.

    Nothing enrolled: to enrolment. Enrolled but not shown: to log in again, which asks for it.
    """
    if session_has_mfa(request):
        return None
    if is_mfa_enabled(request.user):
        return redirect_to_login(request.get_full_path(), reverse("mfa_reauthenticate"))
    return HttpResponseRedirect(reverse("mfa_activate_totp"))


def key_cookie(get_response: Handler) -> Handler:
    """Send the cookie that unlock() made, and take it back when the session is locked."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        value = getattr(request, "_desk_cookie", None)
        if value:
            response.set_cookie(
                COOKIE,
                value,
                path=COOKIE_PATH,
                httponly=True,
                samesite="Strict",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        elif value == "" or (COOKIE in request.COOKIES and SESSION_KEY not in request.session):
            response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
        return response

    return middleware
