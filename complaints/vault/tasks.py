"""The vault worker says that it lives, and which key it has in its memory."""

from __future__ import annotations

from typing import Any

from celery.signals import task_prerun
from outbox.registry import VAULT_QUEUE

from complaints.vault import worker


@task_prerun.connect(dispatch_uid="vault.worker")
def announce(task: Any, **kwargs: Any) -> None:
    """Whatever the vault worker begins, a round every ten seconds at least, renews its heartbeat."""
    if (task.request.delivery_info or {}).get("routing_key") == VAULT_QUEUE:
        worker.announce()
