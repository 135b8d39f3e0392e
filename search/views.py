"""/search/: everything that is published, by words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from search.query import MAX_LENGTH, MAX_TERMS
from search.services import facet_list

FACETS = ("kind", "category", "body")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """A page of hits with facets.

    404 beyond the last page, 503 while the engine is down, each with a sentence.
    """
    found = facet_list(request, facets=FACETS, fallback=False)
    context = {"found": found, "max_length": MAX_LENGTH, "max_terms": MAX_TERMS}
    return render(request, "search/search.html", context, status=found.status)
