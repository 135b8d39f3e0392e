"""The outbox as seen by Celery. Arguments are row ids; results lie in the database."""

from __future__ import annotations

import time
from typing import Any

from celery import shared_task
from celery.signals import task_prerun

from outbox import registry, services

BUDGET = 20.0  # seconds of one sweep
BEAT = 10.0  # seconds between two heartbeats of a worker
NAMES = {registry.DEFAULT_QUEUE: "worker", registry.VAULT_QUEUE: "vault-worker"}

_said: dict[str, float] = {}


@task_prerun.connect(dispatch_uid="outbox.heartbeat")
def heartbeat(task: Any, **kwargs: Any) -> None:
    """Whatever a worker begins shows that it lives; a sweep comes every ten seconds if nothing else does."""
    name = NAMES.get((task.request.delivery_info or {}).get("routing_key", ""))
    if name and time.monotonic() - _said.get(name, -BEAT) >= BEAT:
        services.beat(name)
        _said[name] = time.monotonic()


@shared_task(name="outbox.tasks.deliver")
def deliver(pk: int) -> None:
    """Does one entry, as soon as it is committed, and with it what its kind does as cheaply at once."""
    services.deliver_with_others(pk)


@shared_task(name="outbox.tasks.sweep")
def sweep() -> None:
    """The worker's round: does what is due, forgets what was done long ago."""
    services.run_due(queue=registry.DEFAULT_QUEUE, budget=BUDGET)
    services.prune()


@shared_task(name="outbox.tasks.sweep_vault")
def sweep_vault() -> None:
    """The vault worker's round, in its own queue."""
    services.run_due(queue=registry.VAULT_QUEUE, budget=BUDGET)
