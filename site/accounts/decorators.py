"""Who may come in: logged in with a second step; and unlocked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from accounts.middleware import mfa_redirect
from accounts.unlock import unlocked

View = Callable[..., HttpResponseBase]
UNLOCK_URL = "/desk/unlock/"


class SeeOther(HttpResponseRedirect):
    """303: whatever the method was, go there with GET."""

    status_code = 303


def staff_required(view: View) -> View:
    """Login, and an MFA step recorded by this session; else a redirect to where that is done."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return mfa_redirect(request) or view(request, *args, **kwargs)

    return inner


def unlocked_required(view: View) -> View:
    """staff_required, and the key at hand as `request.staff_seed`; else 303 to the unlock page.

    Also after a click from outside, which the SameSite=Strict cookie does not follow: no error, a password.
    """

    @staff_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        seed = unlocked(request)
        if seed is None:
            return to_unlock(request)
        request.staff_seed = seed  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return inner


def to_unlock(request: HttpRequest) -> HttpResponse:
    """303 to the unlock page, which leads back: to this page if it was read, else to the desk."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else "/desk/"
    return SeeOther(f"{UNLOCK_URL}?{urlencode({'next': back})}")
