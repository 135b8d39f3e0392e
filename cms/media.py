"""Images and documents: one way out, through the question whether something public shows them."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from accounts.adapter import session_has_mfa
from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, ReferenceIndex

from cms.publishing.visibility import disclosed_pages

# Shown in place; everything else is handed out as a file that can run nothing.
RASTER = {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"}
SANDBOX = "default-src 'none'; sandbox"
BLOCK = 64 * 1024
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@require_safe
def rendition(request: HttpRequest, path: str) -> HttpResponseBase:
    """A rendition of an image that something disclosed shows. Originals may hold places: never."""
    found = get_image_model().get_rendition_model().objects.select_related("image").filter(file=path).first()
    if found is None or not _may_see(request, found.image):
        raise Http404
    return _answer(request, path, path.rpartition("/")[2])


@require_safe
def document(request: HttpRequest, document_id: int, document_filename: str) -> HttpResponseBase:
    """A document that something disclosed links to, under the name it has in its address."""
    found = get_document_model().objects.filter(pk=document_id).first()
    if found is None or found.filename != document_filename or not _may_see(request, found):
        raise Http404
    return _answer(request, found.file.name, found.filename)


def is_disclosed(obj: Any) -> bool:
    """Whether a disclosed page or register shows this image or document as it is published now.

    Wagtail's reference index follows the live rows, so what only a draft revision uses is not in it.
    """
    if obj.collection.get_view_restrictions():
        return False
    references = ReferenceIndex.get_references_to(obj).select_related("base_content_type")
    for reference in references:
        model = reference.base_content_type.model_class()
        if model is None:
            continue
        if issubclass(model, Page):
            if disclosed_pages().filter(pk=int(reference.object_id)).exists():
                return True
        elif hasattr(model.objects, "disclosed") and _is_disclosed_row(model, reference.object_id):
            return True
    return False


def _is_disclosed_row(model: Any, key: str) -> bool:
    return model.objects.disclosed().filter(pk=key).exists()


def _may_see(request: HttpRequest, obj: Any) -> bool:
    """Anyone, if it is disclosed; else who works in the admin (previews) and has shown a second step."""
    request.media_is_public = is_disclosed(obj)
    if request.media_is_public:
        return True
    return request.user.has_perm("wagtailadmin.access_admin") and session_has_mfa(request)


def _answer(request: HttpRequest, name: str, filename: str) -> HttpResponseBase:
    """The file, or the part of it that was asked for (iOS plays nothing without)."""
    if not default_storage.exists(name):
        raise Http404
    size = default_storage.size(name)
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    span = _span(request.headers.get("Range", ""), size)
    if span == "unsatisfiable":
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = span or (0, size - 1)
    accel = getattr(settings, "MEDIA_ACCEL", "")
    response: HttpResponseBase
    if accel:
        # nginx reads the file and answers the range itself.
        response = HttpResponse(headers={"X-Accel-Redirect": f"{accel}{name}"})
    elif request.method == "HEAD":
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(_blocks(default_storage.open(name, "rb"), first, last))
    response.headers["Content-Type"] = kind
    if not accel:
        response.headers["Content-Length"] = str(last - first + 1)
        response.headers["Accept-Ranges"] = "bytes"
        if span:
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    shown = kind in RASTER
    response.headers["Content-Disposition"] = content_disposition_header(not shown, filename)
    if not shown:
        response._csp_exempt = True
        response.headers["Content-Security-Policy"] = SANDBOX
    # It may be withdrawn at any time: a cache asks again. What only staff may see is kept nowhere.
    response.headers["Cache-Control"] = "no-cache" if request.media_is_public else "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _span(header: str, size: int) -> Any:
    """(first, last) of a single range, None for no or an unreadable one, "unsatisfiable" for one outside."""
    match = RANGE.fullmatch(header.strip()) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
        return (start, end) if int(last) and size else "unsatisfiable"
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size or (last and int(last) < start):
        return "unsatisfiable"
    return start, end


def _blocks(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
