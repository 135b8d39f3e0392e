"""Around every view of the API: methods, parameters that nobody reads, the rate, reading by other sites."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cms import limits
from cms.api.site import api, crowded, problem

METHODS = "GET, HEAD, OPTIONS"
View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """405, 429 and 400 as problems; HEAD; CORS for any origin."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Allow"] = response["Access-Control-Allow-Methods"] = METHODS
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = "86400"
        elif request.method not in ("GET", "HEAD"):
            response = problem(405, _("不能这样请求"), _("这个接口只能读。"))
            response["Allow"] = METHODS
        elif wait := limits.seconds_to_wait(request, "api"):
            response = crowded(wait)
        elif wrong := _wrong(request, view):
            response = problem(400, _("请求有误"), _("有参数不对。"), wrong)
        else:
            response = _read(request, view, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return answer


def _read(request: HttpRequest, view: View, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer of a GET; to HEAD without its body (RFC 9110, 9.3.2)."""
    asked, request.method = request.method, "GET"
    try:
        response = view(request, *args, **kwargs)
    finally:
        request.method = asked
    if asked == "HEAD":
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _wrong(request: HttpRequest, view: View) -> list[dict[str, str]]:
    """Parameters that this address does not have (a typing error would change the answer), or has once."""
    known = _parameters(request)
    if known is None:
        return []
    errors = [
        {"field": name[:100], "message": _("没有这个参数。")} for name in request.GET if name not in known
    ]
    errors += [
        {"field": name[:100], "message": _("这个参数只能写一次。")}
        for name, values in request.GET.lists()
        if name in known and len(values) > 1
    ]
    return errors


_known: dict[str, frozenset[str]] = {}


def _parameters(request: HttpRequest) -> frozenset[str] | None:
    """The query parameters of the operation at this address, by the served schema; None for no operation."""
    if not _known:
        for operations in api.get_openapi_schema(path_prefix="")["paths"].values():
            operation = operations["get"]
            names = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
            _known[operation["operationId"]] = frozenset(names)
    match = request.resolver_match
    return _known.get(match.url_name) if match else None


def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below /api/v1/."""
    return problem(404, _("没有找到"), _("没有这个地址。"))
