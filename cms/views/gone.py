"""What an address answers that no longer shows anything: moved, withdrawn, or never there."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import translate_url
from django.utils.translation import get_language

from cms.models import Address


def moved_or_gone(request: HttpRequest) -> HttpResponse:
    """301 for a moved address, 410 with the reason for a withdrawn one; raises Http404 for any other.

    What was never translated had an address in each language and a row for its own only: that row speaks.
    """
    address = Address.objects.filter(path=request.path).first()
    if address is None:
        address = Address.objects.filter(path=translate_url(request.path, settings.LANGUAGE_CODE)).first()
    if address and address.status == Address.Status.MOVED:
        return HttpResponsePermanentRedirect(translate_url(address.moved_to, get_language() or ""))
    if address and address.status == Address.Status.GONE:
        return render(request, "cms/gone.html", {"address": address}, status=410)
    raise Http404
