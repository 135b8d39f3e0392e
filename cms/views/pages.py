"""Pages of the tree at fixed addresses: cases, library, notices, the standing pages, the map."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from wagtail.models import Locale

from cms.models import ArticlePage, CaseOutcomePage, NoticePage, SectionPage
from cms.publishing.clock import within_limit
from cms.views.gone import moved_or_gone
from cms.views.paging import page_of, query_without


def _in_language(rows: Any) -> Any:
    """Rows in the reader's language, and those of the source language that have no translation yet."""
    active, source = Locale.get_active(), Locale.get_default()
    if active == source:
        return rows.filter(locale=source)
    done = rows.filter(locale=active)
    return rows.filter(locale=source).exclude(translation_key__in=done.values("translation_key")) | done


def _one(model: Any, **key: str) -> Any:
    """The disclosed page in the reader's language, else in the source language, else None."""
    rows = list(model.objects.disclosed().select_related("locale").filter(**key))
    rows.sort(key=lambda page: page.locale.language_code != get_language())
    return rows[0] if rows else None


def _list(request: HttpRequest, template: str, rows: Any, **more: Any) -> HttpResponse:
    page, exists = page_of(request, rows.select_related("locale"))
    context = {"page": page, "beyond": not exists, "query": query_without(request, "page"), **more}
    return render(request, template, context, status=200 if exists else 404)


def _sheet(request: HttpRequest, template: str, page: Any) -> HttpResponse:
    if page is None:
        return moved_or_gone(request)
    return render(request, template, page.get_context(request))


def intro(slug: str) -> SectionPage | None:
    """The section page that owns a list's intro."""
    return _one(SectionPage, slug=slug)


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Case outcomes, newest first, filtered by kind."""
    rows = _in_language(CaseOutcomePage.objects.disclosed()).order_by("-decided_on", "-pk")
    kinds = dict(CaseOutcomePage.Kind.choices)
    kind = request.GET.get("kind", "")
    if kind in kinds:
        rows = rows.filter(case_kind=kind)
    more = {"kinds": kinds, "kind": kind, "section": intro("cases"), "in_time": within_limit()}
    return _list(request, "cms/case_list.html", rows, **more)


@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """A case outcome by its number (2026-37)."""
    return _sheet(request, "cms/case.html", _one(CaseOutcomePage, number=number))


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Rules, education and culture, newest first, filtered by kind."""
    rows = _in_language(ArticlePage.objects.disclosed()).exclude(article_kind=ArticlePage.Kind.PAGE)
    kinds = {k: label for k, label in ArticlePage.Kind.choices if k != ArticlePage.Kind.PAGE}
    kind = request.GET.get("kind", "")
    if kind in kinds:
        rows = rows.filter(article_kind=kind)
    rows = rows.order_by("-date", "-pk")
    return _list(request, "cms/library.html", rows, kinds=kinds, kind=kind, section=intro("library"))


@require_safe
def library_article(request: HttpRequest, slug: str) -> HttpResponse:
    """An article of the library."""
    return _sheet(request, "cms/article.html", _one(ArticlePage, slug=slug))


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """Notices, newest first."""
    rows = _in_language(NoticePage.objects.disclosed()).order_by("-date", "-pk")
    return _list(request, "cms/notice_list.html", rows, section=intro("notices"))


@require_safe
def standing(request: HttpRequest, slug: str) -> HttpResponse:
    """About, privacy, accessibility: articles at addresses of their own."""
    page = _one(ArticlePage, slug=slug, article_kind=ArticlePage.Kind.PAGE)
    return _sheet(request, "cms/article.html", page)


@require_safe
def site_map(request: HttpRequest) -> HttpResponse:
    """Every section, for people."""
    return render(request, "cms/site_map.html")
