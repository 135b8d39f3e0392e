"""Looking at an attachment: the cleaned copy, its pages and its thumbnail. The original is files.download."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

from accounts.slots import Busy
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from complaints.desk import copies, scanning, services
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.views.files import SANDBOX, safe_name, without_words
from complaints.intake import services as intake
from complaints.intake.cleaning import run
from complaints.intake.models import Tip
from complaints.vault.errors import Corrupt

SHOWN = 20_000  # characters of a text
PAGES_SHOWN = 20  # of a PDF, at a time


@require_http_methods(["GET", "HEAD", "POST"])
@desk("files")
def look(request: DeskRequest, tip: Tip, pk: uuid.UUID) -> HttpResponseBase:
    """The page of one attachment. POST makes its copy, then shows it."""
    file = _attachment(request, tip, pk)
    if request.method != "POST":
        return _page(request, file)
    try:
        made = copies.make(user=request.user, file=file)
    except scanning.Down:
        return _page(request, file, status=503, scanner_down=True)
    except (Corrupt, OSError):
        return _broken(request, file)
    except intake.Moved:
        raise Http404 from None
    if made.why == "busy":
        return _page(request, file, status=503, busy=True)
    return onward("desk:look", tip.number, pk)


@require_safe
@desk("files")
def picture(request: DeskRequest, tip: Tip, pk: uuid.UUID, page: int) -> HttpResponseBase:
    """Page `page` of the copy as a picture, from 1; 0 is the thumbnail. A picture has one page: itself."""
    file = _attachment(request, tip, pk)
    copy = file.copy
    if copy is None or not copy.made:
        raise Http404
    if page == 0:
        if not copy.thumb:
            raise Http404
        return _bare(HttpResponse(copy.thumbnail(), content_type="image/jpeg"))
    try:
        if copy.picture:
            if page != 1:
                raise Http404
            return _stream(request, file, copy.type)
        if copy.type != "application/pdf" or not page <= copy.pages:
            raise Http404
        with run.page_image(page - 1, file.copied()) as drawn:
            if drawn.why:
                raise Http404
            return _bare(HttpResponse(drawn.data(), content_type="image/jpeg"))
    except (Corrupt, OSError):
        raise Http404 from None


@require_safe
@desk("files")
def take(request: DeskRequest, tip: Tip, pk: uuid.UUID) -> HttpResponseBase:
    """The copy as a download, under the name of the original and the ending of what it is now."""
    file = _attachment(request, tip, pk)
    if file.copy is None or not file.copy.made:
        raise Http404
    services.record_downloaded(tip=tip, user=request.user)
    response = _stream(request, file, "application/octet-stream")
    if response.status_code == 200:
        name = content_disposition_header(True, safe_name(file.copy_name))
        response["Content-Disposition"] = name or "attachment"
    return response


def _attachment(request: DeskRequest, tip: Tip, pk: uuid.UUID) -> copies.Attachment:
    file = copies.attachment(user=request.user, seed=request.staff_seed, tip=tip, pk=pk)
    if file is None:
        raise Http404
    return file


def _page(request: DeskRequest, file: copies.Attachment, *, status: int = 200, **more: Any) -> HttpResponse:
    services.record_opened(tip=file.tip, user=request.user)
    copy = file.copy
    context: dict[str, Any] = {
        **band(request, "queue"),
        "tip": file.tip,
        "file": file,
        "copy": copy,
        "size": int(file.about.get("size", 0)),
        "sha256": str(file.about.get("sha256", "")),
        "may_retry": copy is None or (not copy.made and not copy.found),
        **more,
    }
    if copy is not None and copy.made:
        first = _first_page(request, copy.pages)
        last = min(copy.pages, first + PAGES_SHOWN - 1)
        context["pages"] = range(first, last + 1) if copy.type == "application/pdf" else []
        context["earlier"] = first - PAGES_SHOWN if first > 1 else 0
        context["later"] = last + 1 if last < copy.pages else 0
        context["words"] = _words(file, copy)
    return render(request, "desk/file.html", context, status=status)


def _first_page(request: DeskRequest, pages: int) -> int:
    value = request.GET.get("page", "")
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 1
    return number if 1 <= number <= pages else 1


def _words(file: copies.Attachment, copy: copies.Copy) -> str:
    """What a document says, as plain text; "" for what is looked at otherwise."""
    if copy.picture or copy.type == "application/pdf" or copy.type not in run.TEXT_KINDS:
        return ""
    try:
        return run.text_of(copy.type, file.copied())[:SHOWN]
    except (Busy, Corrupt, OSError):
        return ""


def _stream(request: DeskRequest, file: copies.Attachment, mime: str) -> HttpResponseBase:
    """The copy, opened to its first block before anything is sent."""
    blocks: Iterator[bytes] = file.copied()
    try:
        first = next(blocks, b"")
    except (Corrupt, OSError):
        return _broken(request, file)
    response = StreamingHttpResponse(without_words(chain([first], blocks)), content_type=mime)
    response["Content-Length"] = str(file.copy.size if file.copy else 0)
    return _bare(response)


def _bare(response: HttpResponseBase) -> HttpResponseBase:
    """Whatever the bytes claim to be: no script, no origin, no network; and no other site may show them."""
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _broken(request: DeskRequest, file: copies.Attachment) -> HttpResponse:
    context: dict[str, Any] = {**band(request, "queue"), "tip": file.tip, "name": file.name}
    return render(request, "desk/file_broken.html", context, status=500)
