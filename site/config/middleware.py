"""Headers, languages and what this process serves: small functions around every request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from csp.constants import SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.http import parse_header_parameters

from config import errors
from config import interfaces as serving

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

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


def utf_8_only(application: WSGIApplication) -> WSGIApplication:
    """Text is UTF-8, whatever the sender calls it.

    Django would read addresses and forms by any codec that Python has, also such as make half characters or
    no text at all; it does so before any middleware of its own, where a fault is a bare 500 and the address,
    with its query, a line in the web server's log.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            environ["CONTENT_TYPE"] = ""
        else:
            if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
                environ["CONTENT_TYPE"] = kind
        return application(environ, start_response)

    return wrapped


def plain_text(get_response: GetResponse) -> GetResponse:
    """Neither an address nor a cookie holds a NUL: in a query it would be an error of PostgreSQL's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\0" in value]:
            del request.COOKIES[name]
        if "\0" in request.path:
            return errors.bad_request(request, BadRequest())
        return get_response(request)

    return middleware


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
