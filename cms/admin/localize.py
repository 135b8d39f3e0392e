"""Translations of a record are within reach of whoever the record is within reach of (cms.publishing.scope).

wagtail-localize's views ask for permissions on a type, not for the record; its addresses are asked here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from wagtail_localize.models import Translation, TranslationSource

from cms.publishing import scope

GetResponse = Callable[[HttpRequest], HttpResponse]


def scoped_translations(get_response: GetResponse) -> GetResponse:
    """Middleware: 404 for a translation of another organisation's record."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    def process_view(request: HttpRequest, _view: Any, _args: Any, named: dict[str, Any]) -> None:
        match = request.resolver_match
        if match is None or "wagtail_localize" not in match.namespaces or not request.user.is_authenticated:
            return
        record = translated(named)
        if record is not None and not scope.within(request.user, record):
            raise Http404

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def translated(named: dict[str, Any]) -> Any:
    """The record that an address of wagtail-localize is about, or None."""
    if key := named.get("translation_source_id"):
        source = TranslationSource.objects.filter(pk=key).first()
    elif key := named.get("translation_id"):
        row = Translation.objects.filter(pk=key).select_related("source").first()
        source = row.source if row else None
    elif {"app_label", "model_name", "pk"} <= named.keys():
        try:
            model = apps.get_model(named["app_label"], named["model_name"])
        except LookupError:
            return None
        return model._default_manager.filter(pk=unquote(str(named["pk"]))).first()
    else:
        return None
    return source.get_source_instance() if source else None
