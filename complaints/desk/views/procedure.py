"""The procedure as it is: the table of transitions drawn, the rules with their sources, the calendar."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from workdays import calendar, clock, rules
from workdays.models import Rule

from complaints.desk import picture
from complaints.desk.entry import DeskRequest, band, desk


@require_safe
@desk("queue", unlocked=False)
def procedure(request: DeskRequest) -> HttpResponse:
    """States and steps, drawn and listed."""
    context = {**band(request, "procedure"), "svg": picture.svg(), "lines": picture.lines()}
    return render(request, "desk/procedure.html", context)


@require_safe
@desk("queue", unlocked=False)
def rules_and_days(request: DeskRequest) -> HttpResponse:
    """Every rule with its source and version, and the special days of this year and the next."""
    year = clock.today().year
    names = {True: _("上班"), False: _("放假")}
    days = [
        (y, calendar.known(y), [(d, names[w], n, s) for d, w, n, s in calendar.special_days(y)])
        for y in (year, year + 1)
    ]
    rows = [(row, rules.name(row)) for row in Rule.objects.order_by("code", "-version")]
    context = {**band(request, "procedure"), "rules": rows, "years": days}
    return render(request, "desk/rules.html", context)
