"""The address at which a calendar program reads deadlines; made anew or dropped at will."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from complaints import access
from complaints.desk import calendars
from complaints.desk.entry import DeskRequest, band, desk
from complaints.desk.models import Feed


@require_http_methods(["GET", "HEAD", "POST"])
@desk("queue", unlocked=False)
def feed(request: DeskRequest) -> HttpResponse:
    """Whether there is an address; a new one is shown once."""
    address = ""
    if request.method == "POST" and request.POST.get("drop"):
        calendars.drop(request.user)
    elif request.method == "POST":
        secret = calendars.make(request.user)
        address = request.build_absolute_uri(reverse("calendar:ics", kwargs={"secret": secret}))
    has = Feed.objects.filter(user=request.user).exists()
    return render(request, "desk/feed.html", {**band(request), "address": address, "has": has})


@require_safe
def ics(request: HttpRequest, secret: str) -> HttpResponse:
    """Numbers and days, for whoever has the address; 404 for every other."""
    user = calendars.owner(secret)
    if user is None or not access.offices_for(user, "queue").exists():
        raise Http404
    response = HttpResponse(calendars.of(user), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    return response


ics.desk_action = "queue"  # type: ignore[attr-defined]  # asked above, of the address's owner
