"""/notices/matrix/: who published what when, what is due, by organisation and month."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from workdays import clock

from cms.models import NoticePage, NoticeType, Obligation, Organisation
from cms.publishing.openness import loose_row, row_of
from cms.views.pages import _in_language
from cms.views.paging import page_of, query_without

PAGE = 12


@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """One row an organisation and type; `?year=`, `?sphere=`, `?organisation=` (with those below it)."""
    today = clock.today()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    year = min(max(year, 2000), today.year + 1)
    spheres = dict(NoticeType.Sphere.choices)
    sphere = request.GET.get("sphere", "")
    sphere = sphere if sphere in spheres else ""
    code = request.GET.get("organisation", "")[:40]
    seen = Organisation.objects.disclosed().source()
    codes = Organisation.objects.with_descendants([code]) if code else []
    bodies = {
        row.pk: row
        for row in (seen.filter(code__in=codes) if code else seen).only(
            "pk", "code", "name", "name_en", "order"
        )
    }
    rules = Obligation.objects.filter(organisation__in=bodies).filter(
        Q(ends_on=None) | Q(ends_on__year__gte=year), begins_on__year__lte=year
    )
    notices = NoticePage.objects.disclosed().exclude(notice_type=None).exclude(organisation=None)
    if sphere:
        rules, notices = rules.filter(notice_type__sphere=sphere), notices.filter(notice_type__sphere=sphere)
    keys = {(rule.organisation_id, rule.notice_type_id) for rule in rules.only("organisation", "notice_type")}
    # A period's notice may come out in the next year, or name a period and not be of its year.
    near = notices.filter(organisation__in=bodies).filter(
        Q(date__year__in=(year, year + 1)) | Q(period__startswith=str(year))
    )
    of_year = Q(date__year=year) | Q(period__startswith=str(year))
    keys |= set(near.filter(of_year).values_list("organisation_id", "notice_type_id"))
    types = NoticeType.objects.in_bulk()
    order = sorted(
        keys, key=lambda key: (bodies[key[0]].order, bodies[key[0]].code, types[key[1]].order, key[1])
    )
    page, exists = page_of(request, order, PAGE)
    context = {
        "page": page, "beyond": not exists, "query": query_without(request, "page"), "year": year,
        "rows": _rows(list(page), rules, near, bodies, types, year),
        "years": range(min(today.year, year) - 2, today.year + 1), "spheres": spheres, "sphere": sphere,
        "code": code, "body": next((row for row in bodies.values() if row.code == code), None),
        "months": [_("%(n)d 月") % {"n": month} for month in range(1, 13)], "today": today,
    }  # fmt: skip
    return render(request, "cms/notice_matrix.html", context, status=200 if exists else 404)


def _rows(
    keys: list[tuple[int, int]], rules: Any, notices: Any, bodies: dict, types: dict, year: int
) -> list[dict[str, Any]]:
    """The rows of one page, in four queries whatever their number."""
    wanted = {"organisation__in": {key[0] for key in keys}, "notice_type__in": {key[1] for key in keys}}
    by_key: dict[tuple[int, int], list[NoticePage]] = defaultdict(list)
    for notice in _in_language(notices.filter(**wanted)).select_related("locale"):
        by_key[notice.organisation_id, notice.notice_type_id].append(notice)
    rules_of: dict[tuple[int, int], list[Obligation]] = defaultdict(list)
    for rule in rules.filter(**wanted).prefetch_related("exemptions").order_by("begins_on"):
        rules_of[rule.organisation_id, rule.notice_type_id].append(rule)
    found = []
    for key in keys:
        mine = by_key[key]
        for rule in rules_of[key] or [None]:
            cells = row_of(rule, mine, year) if rule else loose_row(mine, year)
            found.append(
                {
                    "body": bodies[key[0]],
                    "type": types[key[1]],
                    "rule": rule,
                    "cells": list(enumerate(cells, 1)),
                }
            )
    return found
