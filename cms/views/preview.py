"""The draft that an editor previews goes through the same context as the public page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from cms.views import contexts


def preview_context(request: HttpRequest, record: Any) -> dict[str, Any]:
    """The context of the record's public template; `record` may be unsaved. Access: Wagtail's preview."""
    builder = getattr(contexts, record.kind)
    return {"request": request, "preview": True, **builder(record)}
