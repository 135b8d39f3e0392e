"""The page after sending: the receipt, for half an hour or until it is said to be saved."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from complaints.intake import drafts, services
from complaints.intake.browser import DRAFT_COOKIE, Handle
from complaints.intake.models import Tip
from complaints.intake.views.common import notice, page
from complaints.intake.views.leave import clear, cleared
from complaints.vault import receipts


def _sent_draft(request: HttpRequest) -> drafts.Open:
    """The draft after sending. Raises Gone."""
    draft = drafts.read(Handle.of(request, DRAFT_COOKIE))
    if draft.sent_at is None or draft.content.sent is None:
        raise drafts.Gone
    return draft


@page("GET", "POST")
def sent(request: HttpRequest) -> HttpResponse:
    """GET shows the receipt; POST, with "I have saved it", deletes the draft and clears this browser."""
    try:
        draft = _sent_draft(request)
    except drafts.Gone:
        return over(request)
    if request.method == "POST" and request.POST.get("ok"):
        clear(request)
        response = HttpResponseRedirect(reverse("intake:start"))
        response.status_code = 303
        return cleared(response)
    unticked = request.method == "POST"
    tip = Tip.objects.filter(lookup_id=bytes.fromhex(draft.content.lookup)).first()
    if tip is None:  # another receipt has taken its place: this one opens nothing
        return over(request)
    kept = draft.content.sent or {}
    context = {
        "receipt": receipts.grouped(draft.content.receipt),
        "sent_on": date.fromisoformat(kept["on"]),
        "due_on": tip.due_on if kept["named"] else None,
        "address": settings.SITE_URL.partition("://")[2].rstrip("/"),
        "errors": [("ok", _("请先保存查询码，再勾选“已经保存好了”"))] if unticked else [],
    }
    return render(request, "intake/sent.html", context, status=422 if unticked else 200)


@page("GET")
def acknowledgement(request: HttpRequest) -> HttpResponse:
    """The signed note, as a file with a name that says nothing."""
    try:
        draft = _sent_draft(request)
    except drafts.Gone:
        return over(request)
    tip = Tip.objects.filter(lookup_id=bytes.fromhex(draft.content.lookup)).first()
    return over(request) if tip is None else note_file(services.acknowledgement_of(tip))


def note_file(note: str, *, name: str = "acknowledgement.txt") -> HttpResponse:
    """A signed note, or a proof, to keep."""
    response = HttpResponse(note, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def over(request: HttpRequest) -> HttpResponse:
    """Nothing is shown here any more."""
    return notice(
        request,
        _("这里没有可以再看的内容"),
        _("查询码只在提交后显示 30 分钟，存好以后也会清除。"),
        _("已经有查询码，可以直接查进度。"),
        status=200,
        back=reverse("intake:return"),
        start=True,
    )
