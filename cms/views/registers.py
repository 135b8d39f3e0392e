"""Registers: lists, fact sheets, history. Anyone may enter; only what is disclosed is shown."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cms.models import Benchmark, Law, LawKind, LawVersion, Organisation, PowerItem, PublishedVersion
from cms.publishing import kept
from cms.views import contexts
from cms.views.gone import moved_or_gone
from cms.views.paging import page_of, query_without
from search.services import facet_list


def _find(model: Any, language: str, **key: str) -> Any:
    """The disclosed record at an address, in the reader's language where there is one; else None."""
    record = model.objects.disclosed().source().filter(**key).first()
    return record.for_reader(language) if record else None


def _sheet(request: HttpRequest, template: str, record: Any, context: Any) -> HttpResponse:
    if record is None:
        return moved_or_gone(request)
    return render(request, template, context(record))


@require_safe
def power_list(request: HttpRequest) -> HttpResponse:
    """All power items, by words and facets. The counts come from the one facet service."""
    found = facet_list(request, kinds=["power"])
    total = kept.number("power-in-force", PowerItem.objects.disclosed().source().in_force().count)
    return render(request, "cms/power_list.html", {"found": found, "total": total}, status=found.status)


@require_safe
def power(request: HttpRequest, code: str) -> HttpResponse:
    """A power item's fact sheet; `?print=1` opens every folded part."""
    record = _find(PowerItem, get_language() or "", code=code)
    if record is None:
        return moved_or_gone(request)
    context = contexts.power(record)
    context["open"] = request.GET.get("print") == "1"
    return render(request, "cms/power.html", context)


@require_safe
def power_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A version as it was published, with what changed since the one before."""
    record = _find(PowerItem, get_language() or "", code=code)
    if record is None:
        return moved_or_gone(request)
    versions = PublishedVersion.objects.of(record).visible().filter(action="published")
    version = versions.filter(number=number).first()
    if version is None:
        raise Http404
    before = versions.filter(number=number - 1).first()
    context = {"item": record, "version": version, "before": before, "changes": _changes(before, version)}
    return render(request, "cms/version.html", context)


def _changes(before: PublishedVersion | None, version: PublishedVersion) -> list[Any]:
    from cms.publishing.difference import differences

    return differences(before, version)


@require_safe
def benchmark_list(request: HttpRequest) -> HttpResponse:
    """All benchmarks, newest first."""
    rows = Benchmark.objects.disclosed().source().select_related("locale")
    rows = rows.order_by("-first_published_at", "slug")
    page, exists = page_of(request, rows)
    context = {"page": page, "beyond": not exists, "query": query_without(request, "page")}
    return render(request, "cms/benchmark_list.html", context, status=200 if exists else 404)


@require_safe
def benchmark(request: HttpRequest, slug: str) -> HttpResponse:
    """A benchmark with its tiers; `?c=` and `?n=` are the circumstances a reader chose."""
    record = _find(Benchmark, get_language() or "", slug=slug)
    chosen, quantity = request.GET.getlist("c")[:100], request.GET.get("n", "")[:20]

    def context(found: Any) -> dict[str, Any]:
        return contexts.benchmark(found, chosen, quantity)

    return _sheet(request, "cms/benchmark.html", record, context)


@require_safe
def organisation(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation: what it does, what it owns, who is below it."""
    record = _find(Organisation, get_language() or "", code=code)
    return _sheet(request, "cms/organisation.html", record, contexts.organisation)


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    """All organisations as a tree, each with the number of its items in force."""
    items = PowerItem.objects.disclosed().source().in_force().order_by()
    counts = dict(items.values_list("organisation__code").annotate(n=Count("pk")))
    return render(request, "cms/organisation_list.html", {
        "tops": Organisation.objects.all().tree(counts), "whole": sum(counts.values()),
    })  # fmt: skip


@require_safe
def law_list(request: HttpRequest) -> HttpResponse:
    """The law register; `?q=` finds names, short names and document numbers, `?rank=` one rank."""
    rows = Law.objects.disclosed().source().prefetch_related("versions").order_by("name", "pk")
    words, rank = request.GET.get("q", "").strip()[:100], request.GET.get("rank", "")
    if words:
        named = Q(name__icontains=words) | Q(short_names__icontains=words)
        numbered = LawVersion.objects.filter(document_no__icontains=words).values("law")
        rows = rows.filter(named | Q(pk__in=numbered))
    if rank in LawKind.values:
        rows = rows.filter(rank=rank)
    page, exists = page_of(request, rows)
    context = {
        "page": page, "beyond": not exists, "query": query_without(request, "page"), "q": words, "rank": rank,
        "ranks": LawKind.choices,
    }  # fmt: skip
    return render(request, "cms/law_list.html", context, status=200 if exists else 404)


@require_safe
def law(request: HttpRequest, slug: str) -> HttpResponse:
    """A law: its versions, its articles and the items that rest on it (`?page=`, a hundred each)."""
    record = _find(Law, get_language() or "", slug=slug)
    page = request.GET.get("page", "1")[:8]
    return _sheet(request, "cms/law.html", record, lambda found: contexts.law(found, page))
