"""What the API answers: lists and records, each made from the one description of its register."""

# No `from __future__ import annotations`: the functions are made in a loop, and ninja reads their types.

import inspect
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from ninja import Path, Query, Schema
from ninja.errors import ValidationError
from pydantic import create_model

from cms.api import changes, cursors
from cms.api.register_schemas import Changes, page_of
from cms.api.schemas import PowerItemPage, Problem, Root
from cms.api.site import Gone, api
from cms.data.kinds import Kind
from cms.data.registers import REGISTERS
from cms.publishing.addresses import answer_for

NO_NUL = r"^[^\x00]*$"  # PostgreSQL refuses it
REFUSED = {400: Problem, 405: Problem, 429: Problem}
PROBLEMS = {**REFUSED, 301: None, 404: Problem, 410: Problem}
Number = Annotated[int, Query(ge=1, le=200, description="How many, at most.")]
Cursor = Annotated[str, Query(max_length=500, pattern=NO_NUL, description="From `next` of the page before.")]
LARGEST = 2**63 - 1


@api.get(
    "", response={200: Root, **REFUSED}, by_alias=True, summary="What this API offers", operation_id="root"
)
def root(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": "清风 Qingfeng",
        "version": "1",
        "schema": settings.SITE_URL + reverse("api:openapi-json"),
        "catalogue": settings.SITE_URL + reverse("cms:data_catalogue"),
        "changes": settings.SITE_URL + reverse("api:changes"),
        **{kind.part: settings.SITE_URL + reverse(f"api:{kind.part}") for kind in REGISTERS},
        "documentation": settings.SITE_URL + "/data/",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
    }


@api.get(
    "changes",
    response={200: Changes, **REFUSED},
    url_name="changes",
    operation_id="changes",
    summary="What was published, changed and withdrawn, in order",
)
def list_changes(
    request: HttpRequest,
    after: Annotated[int, Query(ge=0, le=LARGEST, description="The last sequence you have.")] = 0,
    since: Annotated[
        datetime | None, Query(description="Or from a moment on (ISO 8601); without a zone it is the site's.")
    ] = None,
    limit: Number = 100,
) -> dict[str, Any]:
    """By a gap-free sequence: ask again with `after` = the last one you have, and nothing is missed."""
    try:
        return changes.page(after, since, limit)
    except (OverflowError, ValueError) as error:  # a moment that no database can compare
        raise invalid("since") from error


def offer(kind: Kind) -> None:
    """Adds the list of a register, and one record of it, to the API."""
    names = {given.name: given for given in kind.filters}
    defaults = {"in_force": "current"}
    fields: dict[str, Any] = {
        given.name: (
            Annotated[str, Query(max_length=given.most, pattern=NO_NUL, description=given.description)],
            defaults.get(given.name, ""),
        )
        for given in kind.filters
    }
    parameters = create_model(f"{kind.part}_filters", __base__=Schema, **fields)
    page = PowerItemPage if kind.part == "power_items" else page_of(kind.summary.__name__, kind.summary)

    def listed(
        request: HttpRequest, given: Query[parameters], limit: Number = 50, cursor: Cursor = ""
    ) -> dict[str, Any]:
        asked = given.model_dump()
        rows = kind.listed()
        for name, value in asked.items():
            found = names[name].apply(rows, value) if value else rows
            if found is None:
                raise invalid(name)
            rows = found
        if cursor:
            rows = rows.filter(**{f"{kind.order}__gt": _after(cursor, kind, asked)})
        found = list(rows[: limit + 1])
        more, found = len(found) > limit, found[:limit]
        return {
            "items": list(kind.told(found, briefly=True)),
            "next": _next(kind, found[-1], asked, limit) if more else None,
        }

    api.get(
        kind.name,
        response={200: page, **REFUSED},
        url_name=kind.part,
        operation_id=kind.part,
        summary=str(kind.name).replace("-", " ").capitalize(),
    )(listed)
    if kind.key:
        _offer_one(kind)


def _offer_one(kind: Kind) -> None:
    def one(request: HttpRequest, **given: str) -> Any:
        """The whole record; an address that moved leads to the new one, a withdrawn record answers 410."""
        (key,) = given.values()
        found = list(kind.rows().filter(**{kind.key: key})[:1])
        if found:
            return next(kind.told(found))
        row = answer_for(f"/{kind.route}/{key}/")
        if row is None:
            raise Http404
        if row.status == row.Status.MOVED:
            moved = row.moved_to.strip("/").rpartition("/")[2]
            return HttpResponseRedirect(reverse(f"api:{kind.part}_one", args=[moved]), status=301)
        raise Gone(row.reason)

    asked = Annotated[str, Path(max_length=100, pattern=NO_NUL)]
    one.__signature__ = inspect.Signature(  # the parameter is called as the register calls its key
        [
            inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest),
            inspect.Parameter(kind.key, inspect.Parameter.KEYWORD_ONLY, annotation=asked),
        ]
    )
    api.get(
        f"{kind.name}/{{{kind.key}}}",
        response={200: kind.schema, **PROBLEMS},
        url_name=f"{kind.part}_one",
        operation_id=f"{kind.part}_one",
        summary=f"One of {kind.name.replace('-', ' ')}",
    )(one)


def _after(cursor: str, kind: Kind, asked: dict[str, str]) -> str:
    try:
        return cursors.read(cursor, {"of": kind.name, **asked})
    except cursors.CursorRefused as error:
        raise invalid("cursor") from error


def _next(kind: Kind, last: Any, asked: dict[str, str], limit: int) -> str:
    cursor = cursors.make(str(getattr(last, kind.order)), {"of": kind.name, **asked})
    query = {name: value for name, value in asked.items() if value} | {"limit": limit, "cursor": cursor}
    return f"{settings.SITE_URL}{reverse(f'api:{kind.part}')}?{urlencode(query)}"


def invalid(field: str) -> ValidationError:
    """A filter value that names nothing is refused: an empty list would look like an answer."""
    return ValidationError([{"loc": ("query", field), "msg": _("没有这个值。"), "type": "value_error"}])


for _kind in REGISTERS:
    offer(_kind)
