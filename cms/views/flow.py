"""A flowchart's page, its files (BPMN, SVG, PNG) and versions. Anyone may enter; only what is disclosed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cms.flow import bpmn_out, picture
from cms.flow.chart_of import chart_of
from cms.flow.rows import data_of
from cms.models import Flowchart, PublishedVersion
from cms.publishing.difference import differences
from cms.views import contexts
from cms.views.gone import moved_or_gone

FILES: dict[str, tuple[str, Callable[[Flowchart], str | bytes]]] = {
    "bpmn": ("application/xml; charset=utf-8", lambda chart: bpmn_out.write(data_of(chart))),
    "svg": ("image/svg+xml; charset=utf-8", lambda chart: picture.svg(chart_of(chart))),
    "png": ("image/png", lambda chart: _kept_png(chart)),
}


def _kept_png(chart: Flowchart) -> bytes:
    """Drawn once for each drawing: the key is what would be drawn."""
    drawn = chart_of(chart)
    key = "flow-png:" + hashlib.sha256(picture.svg(drawn).encode()).hexdigest()
    return cache.get_or_set(key, lambda: picture.png(drawn), 7 * 24 * 3600)


def _find(slug: str) -> Flowchart | None:
    record = Flowchart.objects.disclosed().source().filter(slug=slug).first()
    return record.for_reader(get_language() or "") if record else None


@require_safe
def flow(request: HttpRequest, slug: str) -> HttpResponse:
    """A flowchart by itself: the wide drawing, the narrow one, the list."""
    record = _find(slug)
    if record is None:
        return moved_or_gone(request)
    return render(request, "cms/flow.html", contexts.flow(record))


@require_safe
def flow_file(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The chart as a file. 404 where it is not disclosed (a file has no page to say why)."""
    record = _find(slug)
    if record is None:
        raise Http404
    content_type, make = FILES[kind]
    made = make(record)
    response = HttpResponse(made, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{slug}.{kind}"'
    response["Cache-Control"] = "public, max-age=60"
    data = made.encode() if isinstance(made, str) else made
    response["ETag"] = '"' + hashlib.sha256(data).hexdigest()[:32] + '"'
    # An SVG opened by itself may hold nothing but its own sheet.
    if kind == "svg":
        response._csp_replace = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"]}  # type: ignore[attr-defined]
    return response


@require_safe
def flow_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version as it was published, with what changed since the one before."""
    record = _find(slug)
    if record is None:
        return moved_or_gone(request)
    versions = PublishedVersion.objects.of(record).visible().filter(action="published")
    version = versions.filter(number=number).first()
    if version is None:
        raise Http404
    before = versions.filter(number=number - 1).first()
    context = {"item": record, "version": version, "before": before, "changes": differences(before, version)}
    return render(request, "cms/version.html", context)
