"""An attachment, streamed out of the sealed store."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from complaints.desk import copies, services
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.intake.models import Tip
from complaints.vault.errors import Corrupt

UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
NAME_MAX = 120
# Whatever the bytes claim to be, a browser that shows them has no script, no origin and no network.
SANDBOX = "sandbox; default-src 'none'"


def safe_name(name: str) -> str:
    """A file name that no system reads as a path, a device or two names in one; never empty."""
    name = UNSAFE.sub("_", name).strip(". ")
    if len(name) > NAME_MAX:
        stem, dot, end = name.rpartition(".")
        name = f"{stem[: NAME_MAX - 12]}{dot}{end[:10]}" if stem else name[:NAME_MAX]
    return name or "file"


@require_safe
@desk("files")
def download(request: DeskRequest, tip: Tip, pk: uuid.UUID) -> HttpResponseBase:
    """The attachment as it was handed in, never shown inside a page of ours.

    The first block is opened before the headers are sent, so that a missing or changed file is a sentence; a
    block that turns out changed later breaks the download off before its announced length.
    """
    opened = copies.attachment(user=request.user, seed=request.staff_seed, tip=tip, pk=pk)
    if opened is None:
        raise Http404
    if opened.waits:  # a scanner is set, and has not seen it
        return onward("desk:look", tip.number, pk)
    blocks = opened.original()
    try:
        first = next(blocks, b"")
    except (Corrupt, OSError):
        context: dict[str, Any] = {**band(request, "queue"), "tip": tip, "name": opened.name}
        return render(request, "desk/file_broken.html", context, status=500)
    services.record_downloaded(tip=tip, user=request.user)
    response = StreamingHttpResponse(
        without_words(chain([first], blocks)), content_type="application/octet-stream"
    )
    response["Content-Disposition"] = content_disposition_header(True, safe_name(opened.name))
    response["Content-Length"] = str(opened.about["size"])
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response


def without_words(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks until one does not open: then the connection ends short, without a stack in any log."""
    try:
        yield from blocks
    except (Corrupt, OSError):
        return
