"""Four eyes: nobody lets out what they wrote. Administrators of the whole site may, for emergencies."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from wagtail.models import WorkflowState


def hands(record: Any) -> set[int]:
    """Ids of the users who wrote what is waiting, or submitted it: all revisions after the public one."""
    waiting = record.revisions.exclude(user=None)
    if record.live and record.live_revision_id:
        waiting = waiting.filter(Q(pk__gt=record.live_revision_id))
    found = set(waiting.order_by().values_list("user_id", flat=True).distinct())
    state = record.current_workflow_state
    if state is not None and state.status == WorkflowState.STATUS_IN_PROGRESS and state.requested_by_id:
        found.add(state.requested_by_id)
    return found


def is_own(user: Any, record: Any) -> bool:
    """Whether what is waiting is this person's own work, so that another one has to let it out."""
    return not user.is_superuser and user.pk in hands(record)
