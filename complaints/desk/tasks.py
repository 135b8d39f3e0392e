"""What the desk has to do without anybody's key."""

from __future__ import annotations

from celery import shared_task

from complaints.desk import finding


@shared_task
def forget_stale_indexes() -> int:
    """Unlink index files on this host that still hold a tip moved or destroyed a day ago; how many."""
    return len(finding.forget_stale())
