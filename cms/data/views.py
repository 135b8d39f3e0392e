"""/data/: what may be taken away, and one file of it."""

from __future__ import annotations

import hashlib

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import condition, require_safe
from workdays import clock

from cms.data import csv_stream, rows
from cms.models import PowerItem, PublishedVersion


def state_of_items() -> tuple[int, int]:
    """(place in the publish sequence, number of disclosed items): any change changes one of them."""
    last = PublishedVersion.objects.visible().aggregate(last=Max("sequence"))["last"] or 0
    return last, PowerItem.objects.disclosed().source().count()


def _etag(request: HttpRequest) -> str:
    state = (*state_of_items(), get_language(), clock.today().isoformat())
    return '"' + hashlib.sha256(repr(state).encode()).hexdigest()[:32] + '"'


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Files, the API, and how they may be used."""
    sequence, count = state_of_items()
    files = [{"kind": "power", "url": reverse("cms:power_items_csv"), "format": "CSV", "rows": count}]
    return render(
        request,
        "cms/data.html",
        {
            "files": files,
            "count": count,
            "sequence": sequence,
            "columns": rows.COLUMNS.items(),
            "today": clock.today(),
        },
    )


@require_safe
@condition(etag_func=_etag)
def power_items_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All disclosed power items. Each row carries its permanent address, version and date."""
    english = get_language() == "en"
    header = list(rows.COLUMNS) if english else [str(title) for title in rows.COLUMNS.values()]
    response = StreamingHttpResponse(
        csv_stream.lines(header, rows.power_rows()), content_type="text/csv; charset=utf-8"
    )
    name = f"power-items-{clock.today().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=60"
    return response
