"""Coming back with the receipt: where it stands, messages both ways, something to add."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from accounts.keys import KeySeed
from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from ledger.proofs import NotYet

from complaints.intake import (
    afterwards,
    asking,
    filetypes,
    forms,
    limits,
    reading,
    returning,
    services,
    uploads,
)
from complaints.intake.browser import RETURN_COOKIE, Handle
from complaints.intake.cleaning.run import REASONS
from complaints.intake.models import Message, State, Tip
from complaints.intake.views.common import notice, page, posted, see_other, waiting
from complaints.intake.views.leave import clear, cleared
from complaints.intake.views.sent import note_file
from complaints.vault import receipts, tips
from complaints.vault.errors import Corrupt, Mistyped, NotAMember
from complaints.vault.files import open_file
from complaints.vault.tips import TipKeys

RATINGS = ((3, _lazy("满意")), (2, _lazy("基本满意")), (1, _lazy("不满意")))
SANDBOX = "sandbox; default-src 'none'"
SHOWN_MOST = 60


@page("GET", "POST")
def enter(request: HttpRequest) -> HttpResponse:
    """The receipt's own page. An unknown receipt takes the way and the time of a known one."""
    if request.method != "POST":
        return render(request, "intake/return.html", {"typed": "", "error": ""})
    typed = request.POST.get("receipt", "")
    try:
        receipt = receipts.parse(typed)
    except Mistyped as error:
        # Length and check digit anybody can compute alone; they tell nothing of what is stored.
        return _again(request, typed, _mistyped(typed, error.reason))
    with limits.fair_turn(request, "return"):
        found = _find(receipt)
    if found is None:
        return _again(request, typed, _("没有找到这个查询码"), unknown=True)
    return let_in(request, *found)


def let_in(request: HttpRequest, tip: Tip, reporter: KeySeed) -> HttpResponse:
    """A session of its own for this browser; the one before ends."""
    response = see_other("return_view")
    returning.end(Handle.of(request, RETURN_COOKIE))
    handle = returning.begin(tip=tip.uuid, reporter=reporter, lookup=bytes(tip.lookup_id))
    handle.keep(response, RETURN_COOKIE)
    return response


def _find(receipt: str) -> tuple[Tip, KeySeed] | None:
    """The tip of a receipt: every live version of the salt is tried, found or not."""
    found = None
    for version in receipts.live_versions():
        master = receipts.derive(receipt, version)
        tip = Tip.objects.filter(lookup_id=master.lookup_id).first()
        if tip is not None and found is None and (seed := afterwards.reporter_of(tip, master)):
            found = (tip, seed)
    return found


def _mistyped(typed: str, reason: str) -> str:
    if reason != "length":
        return _("有一位数字不对，请对照纸上的数字看一遍")
    digits = sum(1 for character in unicodedata.normalize("NFKC", typed) if character.isdecimal())
    if digits == 0:
        return _("请输入查询码，共 25 位数字")
    if digits < 25:
        return _("这串数字只有 %(count)s 位，请补上漏掉的") % {"count": digits}
    if digits > 25:
        return _("这串数字有 %(count)s 位，多了，请对照纸上的数字") % {"count": digits}
    return _("查询码里只有数字，请去掉其他字符")


def _again(request: HttpRequest, typed: str, error: str, *, unknown: bool = False) -> HttpResponse:
    shown = "".join(c for c in typed[:SHOWN_MOST] if c.isprintable())
    context = {"typed": shown, "error": error, "unknown": unknown}
    return render(request, "intake/return.html", context, status=422)


# Behind the receipt -------------------------------------------------------------------------------------


def session_of(request: HttpRequest) -> tuple[Tip, returning.Opened] | None:
    """The tip of this return session; None where there is none, or another receipt has taken its place."""
    try:
        session = returning.resume(Handle.of(request, RETURN_COOKIE))
        tip = Tip.objects.select_related("office").get(pk=session.tip)
    except (returning.Closed, Tip.DoesNotExist):
        return None
    return (tip, session) if bytes(tip.lookup_id) == session.lookup else None


def opened(request: HttpRequest) -> tuple[Tip, TipKeys] | None:
    """The tip of this return session with its talk keys."""
    found = session_of(request)
    if found is None:
        return None
    tip, session = found
    try:
        return tip, tips.open_as_reporter(tip_uuid=tip.uuid, reporter=session.reporter)
    except NotAMember:
        return None


def shut(request: HttpRequest) -> HttpResponse:
    """No session: the receipt has to be typed again. What was written stands there to be copied."""
    text = posted(request).get("text", "") if request.method == "POST" else ""
    if text:
        return render(request, "intake/gone.html", {"texts": [text], "returning": True})
    return see_other("return")


@page("GET", "POST", own_handlers=True)
def view(request: HttpRequest) -> HttpResponse:
    """The page of one report; POST adds a text, files, or both."""
    found = opened(request)
    if found is None:
        return uploads.receive(request, room=0, view=lambda r, _h: shut(r))
    tip, keys = found
    if request.method == "POST" and limits.over(request, "message"):
        return uploads.receive(request, room=0, view=lambda r, _h: waiting(r, status=429))

    def answer(request: HttpRequest, handler: uploads.SealingHandler) -> HttpResponse:
        if request.method != "POST":
            return show(request, tip, keys, form=forms.MessageForm())
        return _add(request, tip, keys, handler, objection="objection" in request.POST)

    used = uploads.held_of(tip.pk) if request.method == "POST" else 0
    return uploads.receive(request, room=settings.UPLOAD_MAX_FILES, used=used, view=answer)


def _add(
    request: HttpRequest, tip: Tip, keys: TipKeys, handler: uploads.SealingHandler, *, objection: bool
) -> HttpResponse:
    """Adds what was sent. One refused file refuses the whole message: half of it would puzzle both sides."""
    form = forms.MessageForm(posted(request))
    errors = [] if form.is_valid() else form.summary()
    errors += [
        ("attachments", f"“{item.name}” {item.reason}" if item.name else item.reason)
        for item in handler.refused
    ]
    if not errors and not form.cleaned_data["text"] and not handler.taken:
        errors = [("text", _("请写下想说的话，或者选一个文件"))]
    elif objection and not errors and not form.cleaned_data["text"]:
        errors = [("text", _("请写明哪里不同意"))]
    if not errors and form.cleaned_data["strip"]:
        uploads.strip_taken(handler)
        errors = [("attachments", _unclean(file)) for file in handler.taken if file.unclean]
    if errors:
        return show(request, tip, keys, form=form, errors=errors, status=422, objecting=objection)
    uploads.read_taken(handler)
    files = list(handler.taken)
    for _try in range(services.TRIES):
        try:
            _write(tip, keys, form.cleaned_data["text"], files, objection=objection)
        except afterwards.TooLate:
            errors = [("text", _("现在不能提出异议了。想说的话可以作为补充情况发送，都还在下面"))]
            return show(request, tip, keys, form=form, errors=errors, status=422)
        except services.Moved:  # to another office, just now
            tip.refresh_from_db()
            continue
        handler.kept = True
        return see_other("return_view", anchor="m")
    raise limits.Crowded


def _unclean(file: uploads.HandedFile) -> str:
    """Told before anything is sent: hidden data could not be taken out, and what one can do."""
    said = {"name": file.name, "reason": REASONS.get(file.unclean, "")}
    return _("“%(name)s”里隐藏的信息去不掉：%(reason)s。要照原样交，就不要选去掉隐藏信息，再交一次") % said


def _write(tip: Tip, keys: TipKeys, text: str, files: list[uploads.HandedFile], *, objection: bool) -> None:
    if objection:
        afterwards.raise_objection(tip=tip, keys=keys, text=text, files=files)
        return
    services.add_message(tip=tip, keys=keys, author=Message.Author.REPORTER, text=text, files=files)


def show(
    request: HttpRequest,
    tip: Tip,
    keys: TipKeys,
    *,
    form: forms.MessageForm,
    errors: list[tuple[str, str]] | None = None,
    status: int = 200,
    objecting: bool = False,
) -> HttpResponse:
    """The page of the report."""
    context = {
        "objecting": objecting,
        "object_until": afterwards.objection_until(tip),
        "may_rate": tip.state == State.CLOSED and tip.rating is None,
        "ratings": RATINGS,
        "view": reading.read(tip=tip, keys=keys),
        "may_ask": asking.may_ask(tip),
        "form": form,
        "errors": errors or [],
        "strip": form.data.get("strip") if form.is_bound else True,
        "size": uploads.readable(settings.UPLOAD_MAX_BYTES),
        "whole": uploads.readable(settings.UPLOAD_TIP_BYTES),
        "most": settings.UPLOAD_MAX_FILES,
    }
    response = render(request, "intake/return_view.html", context, status=status)
    reading.mark_read(tip)
    return response


@page("POST")
def close(request: HttpRequest) -> HttpResponse:
    """ "I have read it": ends the session and clears this browser."""
    clear(request)
    response = HttpResponseRedirect(reverse("intake:start"))
    response.status_code = 303
    return cleared(response)


@page("GET")
def acknowledgement(request: HttpRequest) -> HttpResponse:
    """The signed note that the report was registered."""
    found = opened(request)
    return see_other("return") if found is None else note_file(services.acknowledgement_of(found[0]))


@page("GET")
def proof(request: HttpRequest) -> HttpResponse:
    """The proof file (C2SP tlog-proof); before the ledger is next signed, a page that says when."""
    found = opened(request)
    if found is None:
        return see_other("return")
    try:
        return note_file(services.proof_of(found[0]), name="proof.tlog-proof")
    except NotYet:
        return notice(
            request,
            _("证明还没有好"),
            _("账底每隔一段时间签一次，签过才有证明。下一次是 %(time)s，请到时再来。")
            % {"time": formats.date_format(timezone.localtime(services.next_checkpoint()), "Y-m-d H:i")},
            _("在那以前，收件凭证同样有效。"),
            status=200,
            back=reverse("intake:return_view"),
        )


@page("GET")
def file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A file of either side, as a download. 404 for one of another tip."""
    found = opened(request)
    if found is None:
        return see_other("return")
    tip, keys = found
    held = reading.file_of(tip=tip, keys=keys, pk=pk)
    if held is None:
        raise Http404
    blocks = open_file(pk, bytes.fromhex(held.key), held.size)
    try:
        first = next(blocks, b"")
    except (Corrupt, OSError):
        return notice(
            request,
            _("这个文件打不开"),
            _("它和交来时不一样，或者不见了。请在这里告诉我们，需要时再交一次。"),
            status=500,
            back=reverse("intake:return_view"),
        )
    response = StreamingHttpResponse(_quiet(chain([first], blocks)), content_type="application/octet-stream")
    name = filetypes.download_name(held.name, None, held.type)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Length"] = str(held.size)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _quiet(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """A block that does not open ends the download before its announced length, without a stack in a log."""
    try:
        yield from blocks
    except (Corrupt, OSError):
        return
