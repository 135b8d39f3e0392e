"""The auditor's pages: who did what when, as a list and as CSV, and the alarms. No key, no content."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from workdays import clock

from complaints.desk import audit, audit_alarms
from complaints.desk.audit_forms import AuditForm
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.models import Alarm
from complaints.desk.services import Refused

ALARMS = 50


@require_safe
@desk("audit", unlocked=False)
def log(request: DeskRequest) -> HttpResponse:
    """Events by person, case number, kind and days; a hundred a page."""
    form, asked = _asked(request)
    lines, after = audit.page(request.user, asked, after=request.GET.get("after", ""))
    kept = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        **band(request, "audit"),
        "form": form,
        "form_list": [form] if form.errors else [],
        "lines": lines,
        "asked": asked,
        "kept": urlencode(kept),
        "more": urlencode({**kept, "after": after}) if after else "",
        "open_alarms": audit.alarms(request.user).count(),
    }
    return render(request, "desk/audit.html", context, status=422 if form.errors else 200)


@require_safe
@desk("audit", unlocked=False)
def table(request: DeskRequest) -> HttpResponseBase:
    """The same as CSV, streamed (UTF-8 with BOM, which spreadsheets need for Chinese)."""
    _form, asked = _asked(request)
    head = [_("时间"), _("人员"), _("登录名"), _("事项"), _("编号"), _("账本位置"), _("记录号")]
    response = StreamingHttpResponse(
        audit.table(request.user, asked, head), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


@require_safe
@desk("audit", unlocked=False)
def alarms(request: DeskRequest) -> HttpResponse:
    """What unusual reading raised; `?seen=1`: what was answered."""
    return _alarms(request)


@require_POST
@desk("audit", unlocked=False)
def answer(request: DeskRequest, pk: Any) -> HttpResponse:
    """What an auditor found out about one alarm. 404 for another office's."""
    alarm = Alarm.objects.filter(pk=pk, office__in=audit.offices(request.user)).first()
    if alarm is None:
        raise Http404
    try:
        audit.answer(alarm=alarm, user=request.user, finding=request.POST.get("finding", ""))
    except Refused as refused:
        return _alarms(request, str(refused), status=409)
    return onward("desk:alarms")


def _alarms(request: DeskRequest, refused: str = "", *, status: int = 200) -> HttpResponse:
    seen = request.GET.get("seen") == "1"
    rows, after = audit.alarm_page(request.user, seen=seen, after=request.GET.get("after", ""), size=ALARMS)
    kept = {"seen": "1"} if seen else {}
    context = {
        **band(request, "audit"),
        "rows": [(row, audit_alarms.RULES[row.rule].words) for row in rows],
        "more": urlencode({**kept, "after": after}) if after else "",
        "rules": [(Alarm.Rule(rule).label, row.words) for rule, row in audit_alarms.RULES.items()],
        "findings": Alarm.Finding.choices,
        "seen": seen,
        "refused": refused,
    }
    return render(request, "desk/alarms.html", context, status=status)


def _asked(request: DeskRequest) -> tuple[AuditForm, audit.Asked]:
    """The filters of the address; what is wrong in them is said and left out."""
    form = AuditForm(request.GET or None, people=list(audit.people(request.user)))
    data = form.cleaned_data if form.is_bound and (form.is_valid() or form.errors) else {}
    today = clock.today()
    last = data.get("last") or today
    first = data.get("first") or min(last, today) - dt.timedelta(days=audit.DAYS)
    person = data.get("person") or ""
    return form, audit.Asked(
        first=first,
        last=last,
        person=int(person) if person else None,
        number=(data.get("number") or "").strip(),
        group=data.get("group") or "",
    )
