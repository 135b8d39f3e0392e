"""What beat runs for the reporters: nothing outlives its time."""

from __future__ import annotations

from celery import shared_task

from complaints.intake import drafts, returning


@shared_task
def expire_drafts() -> None:
    """Deletes drafts, uploads and return sessions whose time is over, and blobs that nothing names."""
    while drafts.expire():
        pass
    returning.expire()
    drafts.sweep_blobs()
