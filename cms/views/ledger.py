"""The public ledger: its latest checkpoint, who signs it, how to check it, what cannot be found out."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ledger import checkpoints, keys, notes
from ledger.models import Checkpoint, Event, Witness

from cms.models import PublishedVersion
from cms.publishing.visibility import mark_disclosed
from cms.views.ledger_files import checker

SHOWN = 12


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The newest checkpoints with their witnesses, and the latest publications that stand in the tree."""
    newest = list(Checkpoint.objects.order_by("-size").prefetch_related("cosignatures__witness")[:SHOWN])
    context = {
        "newest": newest[0] if newest else None,
        "note": checkpoints.signed(newest[0]) if newest else "",
        "root": bytes(newest[0].root).hex() if newest else "",
        "checkpoints": newest,
        "next_at": checkpoints.next_at(),
        "minutes": settings.LEDGER_EVERY,
        "key": notes.own_vkey(),
        "changes": len(keys.changes()),
        "witnesses": Witness.objects.filter(active=True).exclude(vkey="").order_by("name"),
        "destroyed": Event.objects.filter(kind="destroyed").count(),
        "checker": checker()[1],
        "latest": mark_disclosed(PublishedVersion.objects.visible().order_by("-sequence")[:20]),
    }
    return render(request, "cms/ledger.html", context)
