"""What is published, in numbers, with the chart and the table of the same data."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cms import figures
from cms.models import Benchmark, CaseOutcomePage, Category, Flowchart, Organisation, PowerItem


@require_safe
def stats(request: HttpRequest) -> HttpResponse:
    """Published items by category and by organisation; and numbers of reports that an editor has released."""
    items = PowerItem.objects.disclosed().source().in_force()
    counts = dict(items.order_by().values_list("category").annotate(n=Count("pk")))
    by_category = [(c, counts[c.pk]) for c in Category.objects.all() if c.pk in counts]
    top = max(counts.values(), default=1)
    owners = dict(items.order_by().values_list("organisation").annotate(n=Count("pk")))
    bodies = Organisation.objects.disclosed().source().in_bulk(list(owners))
    context = {
        "bars": [(c, n, round(n / top * 100, 1)) for c, n in by_category],
        "bodies": sorted(((bodies[k], n) for k, n in owners.items() if k in bodies), key=lambda r: -r[1]),
        "numbers": numbers(),
        "periods": figures.released(get_language() or ""),
    }
    return render(request, "cms/stats.html", context)


def numbers() -> dict[str, int]:
    """How many of each register are public now; items: those in force."""
    return {
        "items": PowerItem.objects.disclosed().source().in_force().count(),
        "flowcharts": Flowchart.objects.disclosed().source().count(),
        "benchmarks": Benchmark.objects.disclosed().source().count(),
        "cases": CaseOutcomePage.objects.disclosed().filter(locale__language_code="zh-hans").count(),
    }
