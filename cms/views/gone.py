"""What an address answers that no longer shows anything: moved, withdrawn, or never there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render

from cms.models import Address


def moved_or_gone(request: HttpRequest) -> HttpResponse:
    """301 for a moved address, 410 with the reason for a withdrawn one; raises Http404 for any other."""
    address = Address.objects.filter(path=request.path).first()
    if address and address.status == Address.Status.MOVED:
        return HttpResponsePermanentRedirect(address.moved_to)
    if address and address.status == Address.Status.GONE:
        return render(request, "cms/gone.html", {"address": address}, status=410)
    raise Http404
