"""The public ledger: what it is, how long it is, what its latest head is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ledger import tree

from cms.models import PublishedVersion
from cms.publishing.visibility import mark_disclosed


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The latest head of the tree, and the latest publications that stand in it."""
    head = tree.head()
    latest = mark_disclosed(PublishedVersion.objects.visible().order_by("-sequence")[:20])
    return render(request, "cms/ledger.html", {"head": head, "root": head.root.hex(), "latest": latest})
