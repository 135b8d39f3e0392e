"""What the API answers. Every record passes `disclosed()`."""

from __future__ import annotations

from typing import Annotated, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from ninja import Path, Query
from ninja.errors import ValidationError

from cms.api import cursors, shapes
from cms.api.schemas import PowerItemDetail, PowerItemPage, Problem, Root
from cms.api.site import Gone, api, problem
from cms.data.rows import disclosed_items, english_names, with_everything
from cms.models import Category, Level, Organisation
from cms.models.power import InForce
from cms.publishing.addresses import answer_for

PROBLEMS = {400: Problem, 404: Problem, 410: Problem}
NO_NUL = r"^[^\x00]*$"  # PostgreSQL refuses it
Code = Annotated[str, Query(max_length=64, pattern=NO_NUL)]


@api.get("", response=Root, by_alias=True, summary="What this API offers", operation_id="root")
def root(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": "清风 Qingfeng",
        "version": "1",
        "schema": settings.SITE_URL + reverse("api:openapi-json"),
        "power_items": settings.SITE_URL + reverse("api:power_items"),
        "documentation": settings.SITE_URL + "/data/",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
    }


@api.get(
    "power-items",
    response={200: PowerItemPage, 400: Problem},
    url_name="power_items",
    operation_id="power_items",
    summary="Power items, by code",
)
def power_items(
    request: HttpRequest,
    category: Code = "",
    organisation: Annotated[
        str, Query(max_length=64, pattern=NO_NUL, description="Code; includes those below it.")
    ] = "",
    level: Code = "",
    in_force: Annotated[
        str, Query(max_length=20, description="current (default), all, or one state.")
    ] = "current",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=500)] = "",
) -> dict[str, Any]:
    """Items in force unless `in_force` asks otherwise, ordered by code."""
    given = {"category": category, "organisation": organisation, "level": level, "in_force": in_force}
    rows = disclosed_items()
    if in_force != "all":
        known(in_force in InForce.values, "in_force")
        rows = rows.filter(in_force=in_force)
    if category:
        known(Category.objects.filter(code=category).exists(), "category")
        rows = rows.filter(category__code=category)
    if level:
        known(Level.objects.filter(code=level).exists(), "level")
        rows = rows.filter(levels__code=level)
    if organisation:
        known(Organisation.objects.disclosed().source().filter(code=organisation).exists(), "organisation")
        rows = rows.filter(organisation__code__in=Organisation.objects.with_descendants([organisation]))
    if cursor:
        try:
            rows = rows.filter(code__gt=cursors.read(cursor, given))
        except cursors.CursorRefused as error:
            raise invalid("cursor") from error
    items = list(rows[: limit + 1])
    following, items = len(items) > limit, items[:limit]
    names = english_names(items)
    after = None
    if following:
        query = {k: v for k, v in given.items() if v} | {
            "limit": limit,
            "cursor": cursors.make(items[-1].code, given),
        }
        after = f"{settings.SITE_URL}{reverse('api:power_items')}?{urlencode(query)}"
    return {
        "items": [shapes.summary(i, names.get(i.translation_key), api_url(i.code)) for i in items],
        "next": after,
    }


@api.get(
    "power-items/{code}",
    response={200: PowerItemDetail, **PROBLEMS},
    url_name="power_item",
    operation_id="power_item",
    summary="One power item",
)
def power_item(request: HttpRequest, code: Annotated[str, Path(max_length=64)]) -> Any:
    """The whole record; a code that was replaced leads to the new one, a withdrawn record answers 410."""
    item = with_everything(disclosed_items()).filter(code=code).first()
    if item is not None:
        name = english_names([item]).get(item.translation_key)
        return shapes.detail(item, name, api_url(code))
    row = answer_for(f"/power/{code}/")
    if row is None:
        raise Http404
    if row.status == row.Status.MOVED:
        moved = row.moved_to.strip("/").rpartition("/")[2]
        return HttpResponseRedirect(api_url(moved), status=301)
    raise Gone(row.reason)


def api_url(code: str) -> str:
    return reverse("api:power_item", args=[code])


def known(exists: bool, field: str) -> None:
    """Refuse a filter value that names nothing: an empty list would look like an answer."""
    if not exists:
        raise invalid(field)


def invalid(field: str) -> ValidationError:
    return ValidationError([{"loc": ("query", field), "msg": _("没有这个值。"), "type": "value_error"}])


def not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below /api/v1/."""
    return problem(404, _("没有找到"), _("没有这个地址。"))
