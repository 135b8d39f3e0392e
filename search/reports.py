"""The editors' page about the index of disclosures: whether what was published can be found yet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from wagtail.admin import messages
from wagtail.permission_policies.pages import PagePermissionPolicy

from search import indexing, tasks
from search.engines import EngineError

MINUTES_LATE = 5


def may_look(user: Any) -> bool:
    """Whoever writes or publishes pages."""
    return bool(PagePermissionPolicy().user_has_any_permission(user, {"add", "change", "publish"}))


def may_rebuild(user: Any) -> bool:
    """Whoever publishes pages."""
    return bool(PagePermissionPolicy().user_has_permission(user, "publish"))


def report(request: HttpRequest) -> HttpResponse:
    """GET: the state of the index. POST `rebuild`: have it built anew, for those who publish."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    if not may_look(request.user):
        raise PermissionDenied
    if request.method == "POST":
        if not may_rebuild(request.user):
            raise PermissionDenied
        indexing.ask_for_rebuild()
        messages.success(request, gettext("已安排重建索引。重建期间，搜索照常可用。"))
        return redirect("search_report")
    return render(request, "search_admin/index.html", _facts(request))


def _facts(request: HttpRequest) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "header_title": gettext("搜索索引"),
        "header_icon": "search",
        "engine": "Elasticsearch" if settings.ELASTICSEARCH_URL else "SQLite FTS5",
        "may_rebuild": may_rebuild(request.user),
        "mended": _mended(),
    }
    try:
        state = indexing.state()
    except EngineError as error:
        return facts | {"down": type(error).__name__}
    minutes = int(state.oldest.total_seconds() // 60) if state.oldest else 0
    return facts | {"state": state, "minutes": minutes, "late": minutes >= MINUTES_LATE}


def _mended() -> dict[str, Any] | None:
    """When the index was last compared with what is published, and how much had to be mended."""
    kept = cache.get(tasks.LAST)
    return {"at": dt.datetime.fromisoformat(kept["at"]), "count": kept["mended"]} if kept else None
