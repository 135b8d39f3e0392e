"""Four eyes: nobody lets out what they wrote. Administrators of the whole site may, for emergencies."""

from __future__ import annotations

from typing import Any

from wagtail.models import WorkflowState

# What saving and approving change by themselves, and when it is to be public: the approver's decision.
NOT_WRITING = frozenset((
    "latest_revision", "latest_revision_created_at", "live_revision", "live", "has_unpublished_changes",
    "draft_title", "first_published_at", "last_published_at", "go_live_at", "expire_at", "expired", "locked",
    "locked_at", "locked_by", "owner", "url_path", "path", "depth", "numchild", "wagtail_admin_comments",
))  # fmt: skip


def hands(record: Any) -> set[int]:
    """Ids of the users who wrote what is waiting, or submitted it.

    A revision that only repeats the one before it has no writer of its own: Wagtail saves one on every
    publication, so whoever publishes another's draft unchanged does not become one who wrote it.
    """
    public = record.live_revision if record.live else None
    waiting = record.revisions.order_by("pk")
    if public is not None:
        waiting = waiting.filter(pk__gt=public.pk)
    found: set[int] = set()
    before = _text(public.content) if public is not None else None
    for user, content in waiting.values_list("user_id", "content").iterator():
        if (text := _text(content)) != before and user is not None:
            found.add(user)
        before = text
    state = record.current_workflow_state
    if state is not None and state.status == WorkflowState.STATUS_IN_PROGRESS and state.requested_by_id:
        found.add(state.requested_by_id)
    return found


def is_own(user: Any, record: Any) -> bool:
    """Whether what is waiting is this person's own work, so that another one has to let it out."""
    return not user.is_superuser and user.pk in hands(record)


def _text(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in NOT_WRITING}
