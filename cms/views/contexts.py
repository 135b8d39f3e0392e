"""What each public page shows of its record; views and previews share it. One function a kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.utils.translation import get_language

from cms.flow.chart_of import listed_steps
from cms.models import (
    Benchmark,
    CaseOutcomePage,
    Flowchart,
    Law,
    LegalBasis,
    Organisation,
    PowerItem,
    PublishedVersion,
)
from cms.models.power import InForce
from cms.publishing.calculator import answer
from cms.publishing.tier_picture import picture

NOT_IN_FORCE = (InForce.PENDING, InForce.CANCELLED, InForce.DELEGATED)


def power(item: PowerItem) -> dict[str, Any]:
    """The fact sheet: the item, its flowcharts and benchmarks, cases and versions."""
    source, language = item.source_record(), get_language() or ""
    charts = [c.for_reader(language) for c in _flowcharts().filter(power_item=source)] if source.pk else []
    benchmarks = (
        [b.for_reader(language) for b in Benchmark.objects.disclosed().source().filter(power_item=source)]
        if source.pk
        else []
    )
    return {
        "item": item,
        "untranslated": item.language != language,
        "charts": [{"chart": c, "steps": listed_steps(c)} for c in charts],
        "benchmarks": benchmarks,
        **_family(source),
        "cases": _cases(source) if source.pk else [],
        "versions": _versions(item),
        "marked": item.in_force in NOT_IN_FORCE,
    }


SUBS = 100


def _family(source: PowerItem) -> dict[str, Any]:
    """The main item and the public sub-items: linked, or of the same list by their main item's name."""
    if not source.pk or not source.organisation_id:
        return {"main": None, "subs": []}
    rows = PowerItem.objects.disclosed().source().filter(organisation=source.organisation_id)
    rows = rows.exclude(pk=source.pk).select_related("locale").order_by("code", "pk")
    main = None
    if source.parent_item_id or source.parent_name:
        named = Q(name=source.parent_name, parent_name="") if source.parent_name else Q(pk=None)
        main = rows.filter(Q(pk=source.parent_item_id) | named).first()
    below = Q(parent_item=source)
    if not source.parent_name:
        below |= Q(parent_name=source.name)
    return {"main": main, "subs": list(rows.filter(below)[:SUBS])}


def flow(chart: Flowchart) -> dict[str, Any]:
    return {
        "chart": chart,
        "steps": listed_steps(chart),
        "versions": list(reversed(PublishedVersion.objects.of(chart).visible())) if chart.pk else [],
        "item": _disclosed_item(chart.power_item),
        "untranslated": chart.language != get_language(),
    }


def benchmark(record: Benchmark, chosen: Sequence[str] = (), quantity: str = "") -> dict[str, Any]:
    """The benchmark with its picture, and what the chosen circumstances give (?c=1-0&n=3)."""
    tiers = list(record.tiers.all())
    return {
        "picture": picture(record, tiers),
        "answer": answer(tiers, chosen, quantity),
        "benchmark": record,
        "item": _disclosed_item(record.power_item),
        "untranslated": record.language != get_language(),
    }


def organisation(record: Organisation) -> dict[str, Any]:
    source, public = record.source_record(), Organisation.objects.disclosed().source()
    items = PowerItem.objects.disclosed().source().in_force()
    return {
        "organisation": record,
        "items": items.filter(organisation=source).count() if record.pk else 0,
        "children": public.filter(parent=source) if record.pk else [],
        "before": public.filter(successor=source) if record.pk else [],
        "aliases": [alias.name for alias in source.aliases.all()],
        "untranslated": record.language != get_language(),
    }


def law(record: Law, page: str = "1") -> dict[str, Any]:
    """A law: its versions, the articles in force (or last in force), and the items that rest on it."""
    current = record.current
    cited = citations(record) if record.pk else LegalBasis.objects.none()
    return {
        "law": record,
        "versions": sorted(record.versions.all(), key=lambda version: version.since, reverse=True),
        "current": current,
        "articles": current.articles() if current else [],
        "cited": Paginator(cited, CITED).get_page(page),
        "untranslated": record.language != get_language(),
    }


CITED = 100


def citations(record: Law) -> Any:
    """The legal bases of disclosed items that cite a law: by link, or unlinked by one of its names."""
    items = PowerItem.objects.disclosed().source().in_force()
    source = record.source_record()
    rows = LegalBasis.objects.filter(item__in=items.values("pk")).filter(
        Q(law_version__law=source) | Q(law_version=None, law_name__in=source.names)
    )
    return rows.select_related("item", "law_version").order_by("item__code", "sort_order", "pk")


def _flowcharts() -> Any:
    parts = ("steps", "transitions", "risk_points")
    return Flowchart.objects.disclosed().source().prefetch_related(*(Prefetch(p) for p in parts))


def _disclosed_item(item: PowerItem | None) -> PowerItem | None:
    """The item that a chart or benchmark belongs to, where it may be seen itself."""
    return PowerItem.objects.disclosed().filter(pk=item.pk).first() if item else None


def _cases(item: PowerItem) -> list[CaseOutcomePage]:
    return list(CaseOutcomePage.objects.disclosed().filter(power_items=item).order_by("-decided_on")[:10])


def _versions(item: PowerItem) -> list[PublishedVersion]:
    return list(reversed(PublishedVersion.objects.of(item).visible())) if item.pk else []
