"""Behind the receipt: take back a message, rate, change the receipt, close the mailbox."""

from __future__ import annotations

from uuid import UUID

from accounts.keys import KeySeed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from complaints.intake import afterwards, asking, limits, reading, returning, services
from complaints.intake.models import Tip
from complaints.intake.views.common import notice, page, see_other, waiting
from complaints.intake.views.leave import clear, cleared
from complaints.intake.views.returns import let_in, opened, session_of, shut
from complaints.vault import receipts


@page("POST")
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes a message back; 404 for one that is not there."""
    found = opened(request)
    if found is None:
        return shut(request)
    tip, keys = found
    said = next((s for s in reading.read(tip=tip, keys=keys).messages if s.row.pk == pk and s.mine), None)
    if said is None:
        raise Http404
    for _try in range(services.TRIES):
        try:
            afterwards.withdraw(tip=tip, message=pk, files=said.files)
        except services.Moved:
            tip.refresh_from_db()
            continue
        except afterwards.TooLate:
            return too_late(request, _("这条消息承办机构已经打开过，不能撤回了。"))
        return see_other("return_view", anchor="m")
    raise limits.Crowded


@page("POST")
def rate(request: HttpRequest) -> HttpResponse:
    """One of three answers, once."""
    found = opened(request)
    if found is None:
        return shut(request)
    value = request.POST.get("rating", "")
    if value not in {str(rating) for rating in afterwards.RATINGS}:
        return see_other("return_view", query="rate=1", anchor="rate")
    try:
        afterwards.rate(tip=found[0], rating=int(value))
    except afterwards.TooLate:
        return too_late(request, _("办结以后可以评价一次；您已经评过，或者这件事又在办理。"))
    return see_other("return_view", anchor="rate")


@page("POST")
def ask(request: HttpRequest) -> HttpResponse:
    """Asks the level above to look, once for each day that was missed."""
    found = opened(request)
    if found is None:
        return shut(request)
    try:
        asking.ask(found[0])
    except afterwards.TooLate:
        return too_late(request, _("已经请上一级过问过，或者这一步已经办了。"))
    return see_other("return_view")


@page("GET", "POST")
def receipt(request: HttpRequest) -> HttpResponse:
    """A new receipt in two steps: it is shown first, and takes the old one's place once it is saved."""
    found = session_of(request)
    if found is None:
        return shut(request)
    tip, session = found
    if request.method != "POST":
        return _receipt_page(request, session)
    if session.pending:
        done = request.POST.get("ok")
        return _change(request, tip, session) if done else _receipt_page(request, session, 422)
    if limits.over(request, "start"):
        return waiting(request, status=429)
    number = receipts.new_receipt()
    master = receipts.derive(number)
    pending = {
        "receipt": number,
        "lookup": master.lookup_id.hex(),
        "seed": master.reporter.seed.hex(),
        "salt": str(master.salt_version),
    }
    returning.keep_pending(session, pending)
    return see_other("return_receipt")


def _receipt_page(request: HttpRequest, session: returning.Opened, status: int = 200) -> HttpResponse:
    number = session.pending.get("receipt", "")
    context = {
        "receipt": receipts.grouped(number) if number else "",
        "errors": [("ok", _("请先保存新的查询码，再勾选“已经保存好了”"))] if status != 200 else [],
    }
    return render(request, "intake/new_receipt.html", context, status=status)


def _change(request: HttpRequest, tip: Tip, session: returning.Opened) -> HttpResponse:
    kept = session.pending
    master = receipts.Master(
        lookup_id=bytes.fromhex(kept["lookup"]),
        reporter=KeySeed(bytes.fromhex(kept["seed"])),
        salt_version=int(kept["salt"]),
    )
    try:
        afterwards.change_receipt(tip=tip, reporter=session.reporter, master=master)
    except afterwards.TooLate:
        return shut(request)
    tip.refresh_from_db()
    return let_in(request, tip, session.reporter)


@page("GET", "POST")
def end(request: HttpRequest) -> HttpResponse:
    """Closes the mailbox for good, after a page that says what that means."""
    found = session_of(request)
    if found is None:
        return shut(request)
    tip, session = found
    if request.method != "POST" or not request.POST.get("sure"):
        missing = [("sure", _("请先勾选“我明白”"))] if request.method == "POST" else []
        return render(request, "intake/end.html", {"errors": missing}, status=422 if missing else 200)
    try:
        afterwards.close_mailbox(tip=tip, reporter=session.reporter)
    except afterwards.TooLate:
        return shut(request)
    clear(request)
    return cleared(
        notice(
            request,
            _("已经关上"),
            _("查询码从现在起打不开任何内容，谁拿到都一样。您的举报仍会照常办理。"),
            status=200,
            start=True,
        )
    )


def too_late(request: HttpRequest, sentence: str) -> HttpResponse:
    """409: it was possible when the page was drawn, and is not any more."""
    return notice(request, _("没有办成"), sentence, status=409, back=reverse("intake:return_view"))
