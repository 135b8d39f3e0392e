"""How many tips there are, in which state, how old and how late: charts, their tables, and a CSV."""

from __future__ import annotations

import csv

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from workdays import clock

from complaints.desk import figures
from complaints.desk.entry import DeskRequest, band, desk


@require_safe
@desk("queue", unlocked=False)
def stats(request: DeskRequest) -> HttpResponse:
    """Counts over clear columns, each table one query."""
    today = clock.today()
    found = figures.tables(request.user, today=today)
    offices = next(table for table in found if table.key == "office")
    context = {
        **band(request, "stats"),
        "tables": [table for table in found if table.rows],
        "total": dict(zip(("n", "open", "overdue"), offices.sums(), strict=True)),
        "today": today,
    }
    return render(request, "desk/stats.html", context)


@require_safe
@desk("queue", unlocked=False)
def table(request: DeskRequest) -> HttpResponse:
    """The same numbers as CSV (UTF-8 with BOM, which spreadsheets need for Chinese)."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stats.csv"'
    figures.write_csv(figures.tables(request.user), csv.writer(response).writerow)
    return response
