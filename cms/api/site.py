"""The API object: ETags, problem+json, and an OpenAPI 3.1 document at /api/v1/schema/."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from cms.api.schemas import Problem


class Gone(Exception):
    """The record was withdrawn."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def problem(status: int, title: str, detail: str, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    """A response by RFC 9457."""
    body = Problem(title=title, status=status, detail=detail, errors=errors or []).model_dump()
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )
    response["Access-Control-Allow-Origin"] = "*"
    return response


class OpenData(NinjaAPI):
    """Read-only, for anyone: every answer may be cached, compared by ETag and read by other sites."""

    def create_response(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().create_response(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        response["Cache-Control"] = "public, max-age=60"
        set_response_etag(response)
        return get_conditional_response(request, etag=response["ETag"], response=response) or response


api = OpenData(
    title="清风 Qingfeng",
    version="1",
    description="Published power items, read-only. 已公布的权责事项，只读。",
    urls_namespace="api",
    openapi_url="/schema/",
    docs_url=None,
)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": str(e["loc"][-1]), "message": str(e["msg"])} for e in error.errors]
    return problem(400, _("请求有误"), _("有参数不对。"), errors)


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, _("没有找到"), _("没有这条记录，或者它还没有公布。"))


@api.exception_handler(Gone)
def withdrawn(request: HttpRequest, error: Gone) -> HttpResponse:
    return problem(410, _("已经撤下"), error.reason or _("这条记录已经撤下。"))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, _("请求有误"), str(error))
