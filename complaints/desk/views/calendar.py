"""The working-day calendar and the rules of deadlines, kept by the administrators of the highest office."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from ledger import services as ledger
from ledger.models import Event
from workdays import calendar, clock, rules
from workdays.models import Day, Rule

from complaints import access
from complaints.desk.calendar_forms import DayForm, RuleForm
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.services import actor


@require_http_methods(["GET", "HEAD", "POST"])
@desk("administer")
def keep(request: DeskRequest) -> HttpResponse:
    """Special days and rules, each with its source. POST says one day, or makes a new version of one rule.

    They hold for every office, so only who administers the highest one may change them; the others read.
    """
    may = access.offices_for(request.user, "administer").filter(parent=None).exists()
    sent = request.POST if request.method == "POST" else None
    part = request.POST.get("part", "") if sent is not None else ""
    day = DayForm(sent if part == "day" else None, auto_id="d-%s")
    rule = RuleForm(sent if part == "rule" else None, auto_id="r-%s", codes=_codes())
    status = 200
    if sent is not None:
        if may and part == "day" and day.is_valid():
            _say_day(request, day.cleaned_data)
            return onward("desk:calendar")
        if may and part == "rule" and rule.is_valid():
            try:
                _revise(request, rule.cleaned_data)
            except rules.BadRule as error:
                rule.add_error("value", str(error))
            else:
                return onward("desk:calendar")
        status = 422 if may else 409
    year = clock.today().year
    names = {True: _("上班"), False: _("放假")}
    context: dict[str, Any] = {
        **band(request, "members"),
        "may": may,
        "refused": status == 409,
        "day_form": day,
        "rule_form": rule,
        "form_list": [form for form in (day, rule) if form.errors],
        "rules": [(row, rules.name(row)) for row in Rule.objects.order_by("code", "-version")],
        "years": [
            (y, calendar.known(y), [(d, names[w], n, s) for d, w, n, s in calendar.special_days(y)])
            for y in (year - 1, year, year + 1)
        ],
        "moved": Event.objects.filter(kind="recomputed", date=clock.today()).count(),
    }
    return render(request, "desk/calendar.html", context, status=status)


def _codes() -> list[tuple[str, str]]:
    newest: dict[str, Rule] = {}
    for row in Rule.objects.filter(active=True).order_by("code", "version"):
        newest[row.code] = row
    return [
        (code, f"{rules.name(row)}（{row.value} {row.get_unit_display()}）") for code, row in newest.items()
    ]


def _say_day(request: DeskRequest, data: dict[str, Any]) -> None:
    """A row changes, and with it (outbox) every running deadline that it touches."""
    with transaction.atomic():
        if data["kind"] == "remove":
            for row in Day.objects.filter(date=data["date"]):
                row.delete()
        else:
            fields = {name: data[name] for name in ("kind", "name", "source")}
            Day.objects.update_or_create(date=data["date"], defaults=fields)
        _record(request, {"act": "calendar", "day": str(data["date"]), "kind": data["kind"]})
    messages.success(request, _("已保存。正在办的期限会马上重新计算，变了的每一件都写明原因。"))


def _revise(request: DeskRequest, data: dict[str, Any]) -> None:
    fields = {name: data[name] for name in ("code", "value", "unit", "source", "mark", "since")}
    with transaction.atomic():
        made = rules.revise(**fields)
        _record(request, {"act": "rule", "code": made.code, "version": made.version})
    messages.success(request, _("新版本已保存，从起始日起发生的事按它算；以前的期限照旧。"))


def _record(request: DeskRequest, details: dict[str, Any]) -> None:
    ledger.record(kind="account", actor=actor(request.user), at=clock.now(), details=details)
