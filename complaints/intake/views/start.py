"""The first page: what is kept, what is not, what we cannot do. It ends in the form that makes the draft."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from complaints.intake import drafts, limits, steps
from complaints.intake.about import About, from_parameters
from complaints.intake.browser import DRAFT_COOKIE, Handle
from complaints.intake.views.common import page, see_other, waiting


@page("GET", "POST")
def start(request: HttpRequest) -> HttpResponse:
    """GET shows the page; POST begins a draft, or goes on with the one of this browser."""
    asked = request.POST if request.method == "POST" else request.GET
    about = from_parameters(asked.get("about", ""), asked.get("step", ""))
    draft = _draft(request)
    if request.method == "POST":
        return _begin(request, about, draft)
    context = {
        "about": about,
        "about_unknown": bool(asked.get("about")) and about is None,
        "open": draft is not None and draft.sent_at is None,
        "sent": draft is not None and draft.sent_at is not None,
    }
    return render(request, "intake/start.html", context)


def _draft(request: HttpRequest) -> drafts.Open | None:
    try:
        return drafts.read(Handle.of(request, DRAFT_COOKIE))
    except drafts.Gone:
        return None


def _begin(request: HttpRequest, about: About | None, draft: drafts.Open | None) -> HttpResponse:
    if draft is not None and draft.sent_at is None:
        if "fresh" not in request.POST:
            return _go_on(draft, about)
        drafts.delete(draft.handle)
    if limits.over(request, "start"):
        return waiting(request, status=429)
    handle = drafts.create(about=about.as_json() if about else None)
    response = see_other("step", steps.STEPS[0].key)
    handle.keep(response, DRAFT_COOKIE)
    return response


def _go_on(draft: drafts.Open, about: About | None) -> HttpResponse:
    """To the first question that is open; a new thing it is about replaces the old."""
    if about is not None and draft.content.about != about.as_json():
        draft.content.about = about.as_json()
        steps.unanswered(draft, "office")
        try:
            drafts.save(draft)
        except drafts.Stale:
            return see_other("start")
    return see_other("step", steps.first_open(draft.content))
