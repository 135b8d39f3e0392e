"""/data/: what may be taken away, one register as a file, the whole set, its catalogue and schemas."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import condition, require_safe
from workdays import clock

from cms import limits
from cms.data import archive as whole
from cms.data import catalogue as catalogues
from cms.data import csv_stream, jsonl_stream, xlsx_stream
from cms.data.kinds import Kind
from cms.data.registers import BY_NAME, REGISTERS
from cms.models import PublishedVersion
from cms.publishing import generations

View = Callable[..., HttpResponse]


def state_of_all() -> tuple[int, str]:
    """(place in the publish sequence, generation of all that is shown): any change changes one of them."""
    last = PublishedVersion.objects.visible().aggregate(last=Max("sequence"))["last"] or 0
    return last, generations.current()


def _etag(request: HttpRequest, **given: Any) -> str:
    # What begins or expires by its date alone changes the number of rows, and is no event.
    kinds = [BY_NAME[given["kind"]]] if given.get("kind") in BY_NAME else REGISTERS
    counts = [(kind.name, kind.count()) for kind in kinds]
    state = (request.path, *state_of_all(), counts, get_language(), clock.today().isoformat())
    return '"' + hashlib.sha256(repr(state).encode()).hexdigest()[:32] + '"'


def limited(group: str) -> Callable[[View], View]:
    """429 with a sentence and Retry-After over the rate of `group`."""

    def wrap(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if wait := limits.seconds_to_wait(request, group):
                response = render(request, "cms/data_crowded.html", {"wait": wait}, status=429)
                response["Retry-After"], response["Cache-Control"] = str(wait), "no-store"
                return response
            return view(request, *args, **kwargs)

        return answer

    return wrap


def opened(response: Any) -> Any:
    """Other sites may read it; nobody keeps it long."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cache-Control"] = "public, max-age=60"
    return response


def _known(kind: str) -> Kind:
    if kind not in BY_NAME:
        raise Http404
    return BY_NAME[kind]


def _file(pieces: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_in_language(pieces), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return opened(response)


def _in_language(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The language of the request: a stream is read after the middleware has put it back."""
    language = get_language()
    left = iter(pieces)
    while True:
        with override(language):
            piece = next(left, None)
        if piece is None:
            return
        yield piece


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Files, the API, and how they may be used."""
    sequence, _generation = state_of_all()
    files = [
        {
            "kind": kind,
            "rows": kind.count(),
            "formats": [
                (suffix.upper(), reverse(f"cms:data_{suffix}", args=[kind.name])) for suffix in FILES
            ],
            "api": reverse(f"api:{kind.part}"),
            "feed": reverse("cms:feed", args=[kind.name]),
        }
        for kind in REGISTERS
    ]
    context = {"files": files, "sequence": sequence, "today": clock.today()}
    return render(request, "cms/data.html", context)


def _csv(kind: Kind) -> StreamingHttpResponse:
    header = whole.header(kind, english=get_language() == "en")
    return _file(csv_stream.lines(header, kind.lines()), "text/csv; charset=utf-8", _name(kind, "csv"))


def _jsonl(kind: Kind) -> StreamingHttpResponse:
    return _file(jsonl_stream.lines(kind), "application/jsonl; charset=utf-8", _name(kind, "jsonl"))


def _xlsx(kind: Kind) -> StreamingHttpResponse:
    header = whole.header(kind, english=get_language() == "en")
    media, _known_as = catalogues.FORMATS["xlsx"]
    return _file(xlsx_stream.workbook(header, kind.lines(), kind.name), media, _name(kind, "xlsx"))


FILES = {"csv": _csv, "jsonl": _jsonl, "xlsx": _xlsx}


def _name(kind: Kind, suffix: str) -> str:
    return f"{kind.name}-{clock.today().isoformat()}.{suffix}"


@require_safe
@limited("file")
@condition(etag_func=_etag)
def register_file(request: HttpRequest, kind: str, suffix: str) -> StreamingHttpResponse:
    """All disclosed rows of a register. Each carries its permanent address, version and date."""
    return FILES[suffix](_known(kind))


# `_etag` is asked before the view, so an unknown register must be refused before that.
def one_register(request: HttpRequest, kind: str, suffix: str) -> HttpResponse:
    """As `register_file`; 404 for a register that there is not."""
    _known(kind)
    return register_file(request, kind=kind, suffix=suffix)


@require_safe
@limited("archive")
@condition(etag_func=_etag)
def archive(request: HttpRequest) -> StreamingHttpResponse:
    """Everything in one ZIP, written while it is sent."""
    sequence, _generation = state_of_all()
    return _file(whole.archive(clock.now(), sequence), "application/zip", whole.file_name())


@require_safe
@condition(etag_func=_etag)
def catalogue(request: HttpRequest) -> HttpResponse:
    """DCAT-AP in JSON-LD."""
    text = json.dumps(catalogues.catalogue(), ensure_ascii=False, indent=1)
    return opened(HttpResponse(text, content_type="application/ld+json; charset=utf-8"))


@require_safe
def schema(request: HttpRequest, kind: str) -> HttpResponse:
    """The JSON Schema of one line of a register's JSON Lines."""
    text = json.dumps(whole.schema_of(_known(kind)), ensure_ascii=False, indent=1)
    return opened(HttpResponse(text, content_type="application/schema+json; charset=utf-8"))


@require_safe
def fields(request: HttpRequest) -> HttpResponse:
    """The dictionary of fields: every column of every flat file, in both languages."""
    response = HttpResponse(b"".join(whole.dictionary()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="fields.csv"'
    return opened(response)
