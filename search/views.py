"""/search/: everything that is published, by words; the same as a feed, as a file, and while typing."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from search.documents import Document
from search.limits import costs
from search.query import MAX_LENGTH, MAX_TERMS
from search.services import facet_list, pages_of, suggest

FACETS = ("kind", "category", "body")
MOST_IN_FILE, MOST_IN_FEED = 1_000, 50
LONGEST_SUGGESTION = 60
"""Signs of what is being typed that are looked for."""
SUGGESTION_KEPT_S = 60
COLUMNS = ("id", "kind", "title", "url", "date", "code", "language")


@require_safe
@costs(4)
def search(request: HttpRequest) -> HttpResponse:
    """A page of hits with facets.

    404 beyond the last page, 503 while the engine is down, 429 over the limit, each with a sentence.
    """
    found = facet_list(request, facets=FACETS, fallback=False)
    context = {"found": found, "max_length": MAX_LENGTH, "max_terms": MAX_TERMS}
    return render(request, "search/search.html", context, status=found.status)


@require_safe
@costs(1)
def suggestions(request: HttpRequest) -> HttpResponse:
    """{"suggestions": [{"title", "url", "kind"}]}: at most 8, of disclosed titles only, for `q` so far."""
    q = request.GET.get("q", "").strip()[:LONGEST_SUGGESTION]
    found = suggest(q) if len(q) > 1 else []
    items = [{"title": d.title, "url": d.url, "kind": d.kind} for d in found]
    response = JsonResponse({"suggestions": items}, json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = f"public, max-age={SUGGESTION_KEPT_S}"
    return response


@require_safe
@costs(10)
def feed(request: HttpRequest) -> HttpResponse:
    """Atom (RFC 4287): the newest of what the address asks for."""
    params = request.GET.copy()
    params["sort"] = "date"
    request.GET = params  # type: ignore[assignment]
    found, rows = pages_of(request, facets=FACETS, most=MOST_IN_FEED)
    if found.down:
        return _down()
    link = request.build_absolute_uri(reverse("search:search") + found.query_string)
    atom = Atom1Feed(
        title=gettext("搜索：%(q)s") % {"q": found.q} if found.q else gettext("搜索公开的内容"),
        link=link,
        description=None,
        feed_url=request.build_absolute_uri(),
        language=get_language(),
    )
    for row in rows:
        at = _moment(row.date)
        address = request.build_absolute_uri(row.url)
        atom.add_item(
            title=row.title,
            link=address,
            description="",
            unique_id=address,
            pubdate=at,
            updateddate=at,
        )
    return _kept(HttpResponse(atom.writeString("utf-8"), content_type=atom.content_type))


@require_safe
@costs(40)
def as_csv(request: HttpRequest) -> HttpResponse:
    """The first thousand rows of what the address asks for; spreadsheets run nothing of it."""
    found, rows = pages_of(request, facets=FACETS, most=MOST_IN_FILE)
    if found.down:
        return _down()
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    writer = csv.writer(response, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_inert(value) for value in _row(request, row).values()] for row in rows)
    response.headers["Content-Disposition"] = 'attachment; filename="search.csv"'
    return _kept(response)


@require_safe
@costs(40)
def as_json(request: HttpRequest) -> HttpResponse:
    """{"total", "results": […]}: the first thousand of what the address asks for."""
    found, rows = pages_of(request, facets=FACETS, most=MOST_IN_FILE)
    if found.down:
        return _down()
    results = [_row(request, row) for row in rows]
    answer = {"total": found.total, "relaxed": found.relaxed, "results": results}
    return _kept(JsonResponse(answer, json_dumps_params={"ensure_ascii": False}))


def _row(request: HttpRequest, row: Document) -> dict[str, str]:
    date = row.date.isoformat() if row.date else ""
    values: Sequence[str] = (
        row.id, row.kind, row.title, request.build_absolute_uri(row.url), date, row.code, row.language
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _inert(value: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _moment(day: datetime.date | None) -> datetime.datetime:
    return datetime.datetime.combine(day or datetime.date(2000, 1, 1), datetime.time(), datetime.UTC)


def _kept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _down() -> HttpResponse:
    sentence = gettext("搜索正在恢复，请过几分钟再试。其他页面照常可以看。")
    return HttpResponse(
        sentence, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "120"}
    )
