"""/healthz says that this process answers; /readyz says how each part is, without a word about content."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from ledger import checkpoints
from outbox import services as outbox
from outbox.models import Heartbeat
from workdays import clock

from config.celery import app as celery

# A heartbeat comes every ten seconds; three missed ones are worth a word.
SILENT = timedelta(seconds=45)
LATE = timedelta(minutes=5)
Part = dict[str, Any]


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok": the process lives. Asks nothing of any other part."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The state of each part as JSON.

    503 only where no citizen could be served (database, migrations); any other fault delays work, loses
    nothing, and is listed under `degraded` with 200.
    """
    parts = {name: _ask(check) for name, check in CHECKS.items()}
    bad = [name for name, part in parts.items() if not part["ok"]]
    down = any(name in bad for name in VITAL)
    status = "down" if down else "degraded" if bad else "ok"
    answer = JsonResponse({"status": status, "degraded": bad, "parts": parts}, status=503 if down else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _ask(check: Callable[[], Part]) -> Part:
    """The answer of one check; an exception is a "no" with its class, never its text."""
    try:
        return {"ok": True} | check()
    except Exception as error:  # noqa: BLE001  (a sick part must not make the doctor fall ill)
        return {"ok": False, "error": type(error).__name__}


def database() -> Part:
    """Answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"kind": connection.vendor}


@cache
def _migrated() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise MigrationsMissing
    return True


class MigrationsMissing(Exception):
    """The database is older than the code. Raised, so that only the good answer is cached."""


def migrations() -> Part:
    """All applied. Asked until it is so: a process never sees them undone."""
    return {"ok": _migrated()}


def search() -> Part:
    """The index of the disclosures answers, is whole, and what was published lately is in it."""
    from search import indexing

    state = indexing.state()
    return {
        "ok": state.whole and (state.oldest is None or state.oldest < LATE),
        "kind": "elasticsearch" if settings.ELASTICSEARCH_URL else "fts5",
        "documents": state.documents,
        "pending": state.pending,
        "lag_seconds": int(state.oldest.total_seconds()) if state.oldest else 0,
        "whole": state.whole,
        "rebuilding": state.rebuilding,
    }


class Remembered:
    """A check that costs a connection: asked once in `seconds` by a process, however often it is called."""

    def __init__(self, check: Callable[[], Part], seconds: float) -> None:
        self.check, self.seconds = check, seconds
        self.lock = threading.Lock()
        self.known: tuple[float, Part] | None = None

    def __call__(self) -> Part:
        """The answer, good or bad, of at most `seconds` ago."""
        with self.lock:
            if self.known is None or time.monotonic() - self.known[0] >= self.seconds:
                self.known = (time.monotonic(), _ask(self.check))
            return self.known[1]


def broker() -> Part:
    """Takes a connection within a second."""
    with celery.connection_for_write(connect_timeout=1) as link:
        link.ensure_connection(max_retries=0, timeout=1)
        return {"kind": str(link.transport_cls).rsplit(":")[0].rsplit(".")[-1]}


def alive(name: str) -> Callable[[], Part]:
    """A check that `name` has said within SILENT that it lives."""

    def check() -> Part:
        beat = Heartbeat.objects.filter(pk=name).first()
        if beat is None:
            return {"ok": False, "seconds": None}
        age = clock.now() - beat.at
        return {"ok": age < SILENT, "seconds": int(age.total_seconds())}

    return check


def later() -> Part:
    """How much waits in the outbox, and the age in seconds of what has waited longest after it was due."""
    depth, oldest = outbox.waiting()
    return {
        "ok": oldest is None or oldest < LATE,
        "depth": depth,
        "oldest_seconds": int(oldest.total_seconds()) if oldest else 0,
    }


VITAL = ("database", "migrations")


def signed() -> Part:
    """The newest checkpoint of the ledger, which is late where a refusal or a changed key stops signing."""
    newest = checkpoints.latest()
    if newest is None:
        return {"size": 0, "seconds": None}
    age = clock.now() - newest.created_at
    return {
        "ok": age < 2 * checkpoints.period() + LATE,
        "size": newest.size,
        "seconds": int(age.total_seconds()),
    }


CHECKS: dict[str, Callable[[], Part]] = {
    "database": database,
    "migrations": migrations,
    "search": search,
    "broker": Remembered(broker, 10),
    "worker": alive("worker"),
    "vault_worker": alive("vault-worker"),
    "beat": alive("beat"),
    "outbox": later,
    "ledger": signed,
}
