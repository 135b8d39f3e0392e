"""Pages for what went wrong, in the user's language; never a stack, a query string or what was typed."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils import translation

log = logging.getLogger("qingfeng.errors")
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is misread aloud over the telephone


def _page(request: HttpRequest, status: int, name: str | None = None) -> HttpResponse:
    """The page templates/errors/<name>.html in the language of the address."""
    with translation.override(_language(request)):
        body = loader.render_to_string(f"errors/{name or status}.html", {}, request)
    return HttpResponse(body, status=status)


def _language(request: HttpRequest) -> str:
    """The user's language where it is already known, else that of the address."""
    if request.path.startswith("/en/"):
        return "en"
    return getattr(request, "LANGUAGE_CODE", None) or settings.LANGUAGE_CODE


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request that no form of ours sends."""
    if request.path.startswith("/api/"):  # machines get what every other answer there is (RFC 9457)
        body = {
            "type": "about:blank",
            "title": "Bad request",
            "status": 400,
            "detail": "The address is broken.",
        }
        return JsonResponse(body, status=400, content_type="application/problem+json")
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: known, and not allowed."""
    return _page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 where the form's token is missing or old: mostly a page left open, or cookies turned off."""
    return _page(request, 403, "csrf")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _page(request, 404)


def wrong_method(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """405 with a sentence, keeping the Allow header of `refused`."""
    page = _page(request, 405)
    if isinstance(refused, HttpResponseNotAllowed):
        page.headers["Allow"] = refused.headers["Allow"]
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """500: no query, no context processor, no manifest; a number to tell on the telephone.

    The number stands in the log beside the exception's class (config.logs).
    """
    request.error_number = number = "".join(secrets.choice(ALPHABET) for _ in range(4))  # type: ignore[attr-defined]
    house = settings.QINGFENG
    try:
        with translation.override(_language(request)):
            body: str = loader.render_to_string(
                "errors/500.html", {"number": number, "phone": house["phone"]}
            )
    except Exception as error:  # noqa: BLE001  (whatever is broken, this page must come)
        if not isinstance(error, TemplateDoesNotExist):
            log.error("the error page itself failed: %s", type(error).__name__)
        body = f"<!doctype html><html lang=zh-Hans><title>500</title><p>暂时不能显示这一页。编号 {number}。"
    return HttpResponse(body, status=500)
