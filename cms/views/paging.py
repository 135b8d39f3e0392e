"""Pages of a list, and what a page beyond the last says."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PAGE_SIZE = 20


def page_of(request: HttpRequest, rows: Any, size: int = PAGE_SIZE) -> tuple[Page, bool]:
    """The page that `?page=` asks for, and whether it exists; the last page stands in for one beyond it."""
    pages = Paginator(rows, size)
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
    exists = 1 <= number <= pages.num_pages
    return pages.page(number if exists else (pages.num_pages if number > 1 else 1)), exists


def query_without(request: HttpRequest, *names: str) -> str:
    """The address's query without some parameters, ready to be followed by `&name=`."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
