"""The content of an object as it is published: fields and child rows, without the admin's bookkeeping."""

from __future__ import annotations

import hashlib
import json
from typing import Any

BOOKKEEPING = frozenset(
    [
        "live",
        "has_unpublished_changes",
        "latest_revision",
        "live_revision",
        "locked",
        "locked_at",
        "locked_by",
        "expired",
        "first_published_at",
        "last_published_at",
        "go_live_at",
        "expire_at",
        "latest_revision_created_at",
        "draft_title",
        "path",
        "depth",
        "numchild",
        "url_path",
        "alias_of",
        "content_type",
        "owner",
        "batch",
        "workflow_states",
        "_revisions",
        "warnings_confirmed",
        "masking_confirmed",
        "show_in_menus",
        "comments",
        "wagtail_admin_comments",
        "index_entries",
    ]
)


def snapshot(obj) -> dict[str, Any]:
    """JSON-ready fields of `obj` and its child rows."""
    return published(obj.serializable_data())


def published(data: dict[str, Any]) -> dict[str, Any]:
    """The part of `serializable_data()` that is published, JSON-ready."""
    return {key: value for key, value in json.loads(_json(data)).items() if key not in BOOKKEEPING}


def digest(content: dict[str, Any]) -> str:
    """SHA-256 in hex over canonical JSON (keys sorted, UTF-8, no blanks)."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _json(data: dict[str, Any]) -> str:
    from django.core.serializers.json import DjangoJSONEncoder

    return json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
