"""How many tips there are, in which state, how old and how late: charts, their tables, and a CSV."""

from __future__ import annotations

import csv

from accounts import unlock
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from workdays import clock

from complaints import access
from complaints.desk import audit, figures, figures_items, figures_periods
from complaints.desk.entry import DeskRequest, band, desk
from complaints.desk.stats_forms import PeriodsForm
from complaints.intake.models import Tip


@require_safe
@desk("queue", unlocked=False)
def stats(request: DeskRequest) -> HttpResponse:
    """Counts over clear columns, each table one query; by source item only where the session is unlocked."""
    today = clock.today()
    tips = access.tips_for(request.user)
    found = figures.tables(request.user, tips, today=today)
    offices = next(table for table in found if table.key == "office")
    form = _periods(request.GET)
    compared = _compared(tips, form)
    items = _items(request, taken=False)
    if items and items.table.rows:
        found.append(items.table)
    shown = band(request, "stats")
    context = {
        **shown,
        "tables": [table for table in (*compared, *found) if table.rows],
        "periods": form,
        "compared": form.address() if compared else "",
        "total": dict(zip(("n", "open", "overdue"), offices.sums(), strict=True)),
        "today": today,
        "items": items,
        "may_search": shown["can_search"],
    }
    return render(request, "desk/stats.html", context)


@require_safe
@desk("queue", unlocked=False)
def table(request: DeskRequest) -> HttpResponse:
    """The same numbers as CSV (UTF-8 with BOM, which spreadsheets need for Chinese)."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stats.csv"'
    tips = access.tips_for(request.user)
    found = [*_compared(tips, _periods(request.GET)), *figures.tables(request.user, tips)]
    if (items := _items(request, taken=True)) is not None:
        found.append(items.table)
    figures.write_csv(found, csv.writer(response).writerow)
    return response


def _items(request: DeskRequest, *, taken: bool) -> figures_items.ByItem | None:
    """The numbers by source item, told to the auditors; None where locked, or where one may not search."""
    seed = unlock.unlocked(request)
    if seed is None or not access.offices_for(request.user, "search").exists():
        return None
    audit.record_counted(request.user, taken=taken)
    return figures_items.by_item(request.user, seed, today=clock.today())


def _periods(asked: QueryDict) -> PeriodsForm:
    """Empty until somebody asks for two periods."""
    return PeriodsForm(asked if any(name in asked for name in PeriodsForm.base_fields) else None)


def _compared(tips: QuerySet[Tip], form: PeriodsForm) -> list[figures.Table]:
    """The two periods that the address names; nothing where it names none, or a wrong one."""
    if not form.is_valid():
        return []
    return figures_periods.tables(tips, *form.periods())
