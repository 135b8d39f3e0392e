"""Leave now: everything of this visit is deleted, then a page that says nothing."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from complaints.intake import drafts, returning
from complaints.intake.browser import DRAFT_COOKIE, RETURN_COOKIE, Handle, forget
from complaints.intake.views.common import page

CLEAR = '"cache", "cookies", "storage"'


@page("GET")
def leave(request: HttpRequest) -> HttpResponse:
    """Draft, uploads and return session gone, cookies taken away, 303 to the configured page.

    A browser that only fetches ahead must not delete what somebody is writing.
    """
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return HttpResponse(status=204)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # A link on another site: it may lead away from here, but not delete what somebody is writing.
        return _away()
    clear(request)
    return cleared(_away())


def _away() -> HttpResponse:
    """To the configured page."""
    response = HttpResponseRedirect(str(settings.QINGFENG["exit_url"]))
    response.status_code = 303
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def clear(request: HttpRequest) -> None:
    """Deletes the draft and ends the return session of this browser."""
    drafts.delete(Handle.of(request, DRAFT_COOKIE))
    returning.end(Handle.of(request, RETURN_COOKIE))


def cleared(response: HttpResponse) -> HttpResponse:
    """Tells the browser to forget us."""
    forget(response, DRAFT_COOKIE, RETURN_COOKIE)
    response.headers["Clear-Site-Data"] = CLEAR
    return response
