"""The page on which an administrator breaks the glass, and where all of it stands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from complaints import access
from complaints.desk import emergency
from complaints.desk.entry import DeskRequest, band, desk, onward, wrong_password
from complaints.desk.forms import EmergencyForm
from complaints.desk.services import Refused


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@desk("administer", unlocked=False)
def glass(request: DeskRequest) -> HttpResponse:
    """Begin with a reason and the password, or end before the hour is over."""
    offices = list(access.offices_for(request.user, "administer"))
    form = EmergencyForm(
        request.POST if request.method == "POST" else None,
        offices=[(str(office.pk), office.label) for office in offices],
    )
    status, refused = 200, ""
    if request.POST.get("end") == "yes":
        emergency.end(user=request.user)
        return onward("desk:emergency")
    if request.method == "POST":
        status = 422
        if form.is_valid() and (wrong := wrong_password(request, form.cleaned_data["password"])):
            form.add_error("password", wrong)
        elif form.is_valid():
            try:
                emergency.begin(
                    office=next(o for o in offices if str(o.pk) == form.cleaned_data["office"]),
                    user=request.user,
                    reason=form.cleaned_data["reason"],
                )
            except Refused as told:
                status, refused = 409, str(told)
            else:
                return onward("desk:queue")
    context = {
        **band(request, "members"),
        "form": form,
        "form_list": [form] if form.errors else [],
        "refused": refused,
        "mine": access.emergencies(access.offices_for(request.user, "administer")).filter(user=request.user),
        "rows": emergency.earlier(offices),
    }
    return render(request, "desk/emergency.html", context, status=status)
