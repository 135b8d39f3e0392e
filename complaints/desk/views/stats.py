"""How many tips there are, in which state, how old and how late: charts, their tables, and a CSV."""

from __future__ import annotations

import csv

from accounts import unlock
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from workdays import clock

from complaints import access
from complaints.desk import figures, figures_items
from complaints.desk.entry import DeskRequest, band, desk


@require_safe
@desk("queue", unlocked=False)
def stats(request: DeskRequest) -> HttpResponse:
    """Counts over clear columns, each table one query; by source item only where the session is unlocked."""
    today = clock.today()
    found = figures.tables(request.user, today=today)
    offices = next(table for table in found if table.key == "office")
    items = _items(request)
    if items and items.table.rows:
        found.append(items.table)
    context = {
        **band(request, "stats"),
        "tables": [table for table in found if table.rows],
        "total": dict(zip(("n", "open", "overdue"), offices.sums(), strict=True)),
        "today": today,
        "items": items,
        "may_search": items is not None or access.offices_for(request.user, "search").exists(),
    }
    return render(request, "desk/stats.html", context)


@require_safe
@desk("queue", unlocked=False)
def table(request: DeskRequest) -> HttpResponse:
    """The same numbers as CSV (UTF-8 with BOM, which spreadsheets need for Chinese)."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stats.csv"'
    found = figures.tables(request.user)
    if (items := _items(request)) is not None:
        found.append(items.table)
    figures.write_csv(found, csv.writer(response).writerow)
    return response


def _items(request: DeskRequest) -> figures_items.ByItem | None:
    """The numbers by source item; None where the session is locked or this person may not search."""
    seed = unlock.unlocked(request)
    if seed is None or not access.offices_for(request.user, "search").exists():
        return None
    return figures_items.by_item(request.user, seed, today=clock.today())
