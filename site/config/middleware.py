"""Headers, languages and what this process serves: small functions around every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from csp.constants import SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation

from config import errors
from config import interfaces as serving

GetResponse = Callable[[HttpRequest], HttpResponse]

# Wagtail's admin has inline script and style (date pickers, inline panels) and shows previews in a frame.
ADMIN_CSP = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
    "frame-src": [SELF],
    "frame-ancestors": [SELF],
}
PREVIEW_CSP = {"frame-ancestors": [SELF]}
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


def privacy_headers(get_response: GetResponse) -> GetResponse:
    """Nothing confided is kept by a cache; no other site may embed or read an answer of ours."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        if serving.confided(request.path):
            response.headers["Cache-Control"] = "no-store"
            response.headers.setdefault("X-Robots-Tag", "noindex")
        return response

    return middleware


def csp_middleware(get_response: GetResponse) -> GetResponse:
    """The strict policy of the settings; looser on /admin/, framed by the admin only in its previews.

    A preview runs the middleware twice: its inner request has the public path and `is_dummy`.
    """

    def inner(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        replace = None
        if getattr(request, "is_dummy", False):
            replace = PREVIEW_CSP
        elif request.path.startswith("/admin/"):
            replace = ADMIN_CSP
        if replace is not None and not hasattr(response, "_csp_replace"):
            response._csp_replace = replace  # type: ignore[attr-defined]  # django-csp reads it
        return response

    middleware = CSPMiddleware(inner)
    return cast(GetResponse, middleware)


def interfaces(get_response: GetResponse) -> GetResponse:
    """404 for what this process does not serve (INTERFACES); previews of the admin are exempt."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if serving.of(request.path).isdisjoint(settings.INTERFACES) and not getattr(
            request, "is_dummy", False
        ):
            return errors.not_found(request, Http404())
        return get_response(request)

    return middleware


def staff_language(get_response: GetResponse) -> GetResponse:
    """On the staff's pages the language is the user's own setting, not part of the address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if serving.staff(request.path) and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return get_response(request)

    return middleware


def refusals(get_response: GetResponse) -> GetResponse:
    """A wrong method gets a sentence too: Django's own 405 is an empty page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            return errors.wrong_method(request, response)
        return response

    return middleware
