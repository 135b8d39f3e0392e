"""Who belongs to an office, for its administrator."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from complaints import access
from complaints.desk.entry import DeskRequest, band, desk
from complaints.vault.models import Membership


@require_safe
@desk("administer", unlocked=False)
def members(request: DeskRequest) -> HttpResponse:
    """Live memberships of the offices that this person administers, without anything of their tips."""
    rows = (
        Membership.objects.filter(
            office__in=access.offices_for(request.user, "administer").order_by(), ended_at__isnull=True
        )
        .select_related("office", "user")
        .order_by("office", "role", "pk")
    )
    return render(request, "desk/members.html", {**band(request, "members"), "members": rows})
