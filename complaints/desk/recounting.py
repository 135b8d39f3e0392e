"""A day of the calendar changes: every running deadline is counted again, by a worker, soon."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from outbox.registry import handler
from outbox.services import enqueue

from complaints.desk import deadlines

KIND = "desk.recompute"


def listen() -> None:
    """Called once, when the room is ready."""
    from workdays.models import Day

    for signal in (post_save, post_delete):
        signal.connect(_changed, sender=Day, dispatch_uid=f"desk.recompute.{id(signal)}")


def _changed(sender: Any, **_kwargs: Any) -> None:
    enqueue(kind=KIND, ref="calendar")


@handler(KIND)
def recompute(ref: str) -> None:
    """It may run twice: what is right already does not move."""
    deadlines.recompute(why=ref)
