"""The scheduler of `celery beat`, which also says that it lives: `-S outbox.beat:Scheduler`."""

from __future__ import annotations

import time

from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from outbox import services

EVERY = 10.0  # seconds


class Scheduler(PersistentScheduler):
    """Celery's own, with a heartbeat row. A database that is away stops neither."""

    _said = 0.0

    def tick(self, *args: object, **kwargs: object) -> float:
        """Seconds until the next tick, at most EVERY."""
        if time.monotonic() - self._said > EVERY:
            close_old_connections()
            try:
                services.beat("beat")
                self._said = time.monotonic()
            except DatabaseError as error:
                self.logger.warning("no heartbeat: %s", type(error).__name__)
        wait: float = super().tick(*args, **kwargs)
        return min(wait, EVERY)
