"""How many tips there are, in which state, of which category, and how many are late."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from workdays import clock

from complaints import access
from complaints.desk.entry import DeskRequest, band, desk
from complaints.desk.transitions import OPEN_STATES
from complaints.intake.models import Category, State
from complaints.vault.models import Office


@require_safe
@desk("queue", unlocked=False)
def stats(request: DeskRequest) -> HttpResponse:
    """Counts over clear columns: by office and state, by category, and overdue. Five queries."""
    tips, today = access.tips_for(request.user), clock.today()
    is_open = Q(state__in=OPEN_STATES)
    tally = {
        "n": Count("pk"),
        "open": Count("pk", filter=is_open),
        "overdue": Count("pk", filter=Q(due_on__lt=today)),
    }
    by_office: dict[int, dict[str, int]] = {}
    for row in tips.values("office", of=F("state")).annotate(n=Count("pk")).order_by("office"):
        by_office.setdefault(row["office"], {})[row["of"]] = row["n"]
    offices = {office.pk: office.label for office in Office.objects.filter(pk__in=by_office)}
    labels = {category.pk: category.label for category in Category.objects.all()}
    by_category: list[Any] = list(tips.values("category").annotate(**tally))
    context = {
        **band(request, "stats"),
        "states": State.choices,
        "offices": [
            (
                offices[pk],
                [(label, counts.get(value, 0)) for value, label in State.choices],
                sum(counts.values()),
            )
            for pk, counts in by_office.items()
        ],
        "categories": [
            {**row, "name": labels[row["category"]]} for row in sorted(by_category, key=lambda row: -row["n"])
        ],
        "total": tips.aggregate(**tally),
        "today": today,
    }
    return render(request, "desk/stats.html", context)
