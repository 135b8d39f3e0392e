"""Registers: lists, fact sheets, history. Anyone may enter; only what is disclosed is shown."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cms.models import Benchmark, Flowchart, Law, Organisation, PowerItem, PublishedVersion
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
    total = PowerItem.objects.disclosed().source().in_force().count()
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
def flow(request: HttpRequest, slug: str) -> HttpResponse:
    """A flowchart by itself."""
    record = _find(Flowchart, get_language() or "", slug=slug)
    return _sheet(request, "cms/flow.html", record, contexts.flow)


@require_safe
def benchmark_list(request: HttpRequest) -> HttpResponse:
    """All benchmarks, newest first."""
    rows = Benchmark.objects.disclosed().source().order_by("-first_published_at", "slug")
    page, exists = page_of(request, rows)
    context = {"page": page, "beyond": not exists, "query": query_without(request, "page")}
    return render(request, "cms/benchmark_list.html", context, status=200 if exists else 404)


@require_safe
def benchmark(request: HttpRequest, slug: str) -> HttpResponse:
    """A benchmark with its tiers."""
    record = _find(Benchmark, get_language() or "", slug=slug)
    return _sheet(request, "cms/benchmark.html", record, contexts.benchmark)


@require_safe
def organisation(request: HttpRequest, code: str) -> HttpResponse:
    """An organisation: what it does, what it owns, who is below it."""
    record = _find(Organisation, get_language() or "", code=code)
    return _sheet(request, "cms/organisation.html", record, contexts.organisation)


@require_safe
def law(request: HttpRequest, slug: str) -> HttpResponse:
    """A law: its versions and the items that rest on it."""
    record = _find(Law, get_language() or "", slug=slug)
    return _sheet(request, "cms/law.html", record, contexts.law)
