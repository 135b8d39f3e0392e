"""Words to look for: POSTed, sealed, and answered with an address that does not hold them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from complaints.desk import audit, finding_similar, finding_triage, words
from complaints.desk.entry import DeskRequest, band, desk, onward
from complaints.desk.forms import FILTERS, SearchForm
from complaints.intake.text import clean_line
from search.engines.base import EngineError


@require_POST
@desk("search")
def search(request: DeskRequest) -> HttpResponse:
    """Keep the words; 303 to the queue that shows what they find. Nothing typed: a sentence at the field."""
    data = request.POST.copy()
    data["q"], data["item"] = clean_line(data.get("q", "")), clean_line(data.get("item", ""))
    form = SearchForm(data)
    if not form.is_valid():
        context = {**band(request, "queue"), "search_form": form, "form_list": [form]}
        return render(request, "desk/search_again.html", context, status=422)
    audit.record_search(request.user, form.cleaned_data["q"])
    text = words.pack(form.cleaned_data["q"], form.cleaned_data["item"])
    query = words.keep(request, user=request.user, seed=request.staff_seed, text=text)
    filters = {name: data[name] for name in FILTERS if data.get(name)}
    return onward(f"{reverse('desk:queue')}?{urlencode({**filters, 'words': str(query.uuid)})}")


@require_safe
@desk("search")
def suggestions(request: DeskRequest) -> HttpResponse:
    """How often what is suggested for triage was right, an office at a time."""
    offices, down = [], False
    try:
        for index in finding_similar.indexes(request.user, request.staff_seed):
            offices.append((index.office, finding_triage.records(index)))
    except EngineError:
        down = True
    context = {**band(request, "queue"), "offices": offices, "down": down, "least": finding_triage.LEAST}
    return render(request, "desk/suggestions.html", context)
