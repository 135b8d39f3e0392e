"""/healthz and /readyz."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from config import health
from django.db import DatabaseError
from django.test import Client
from outbox import services
from outbox.models import Heartbeat
from workdays import clock

pytestmark = pytest.mark.django_db
ALL = {"database", "migrations", "search", "broker", "worker", "vault_worker", "beat", "outbox", "ledger"}


@pytest.fixture
def everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process has just said that it lives; the tables are there (these tests make them themselves)."""
    for name in ("worker", "vault-worker", "beat"):
        services.beat(name)
    monkeypatch.setitem(health.CHECKS, "migrations", lambda: {"ok": True})


def test_alive(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert client.post("/healthz").status_code == 405


def test_ready(client: Client, everybody: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    state = answer.json()
    assert state["status"] == "ok", state
    assert set(state["parts"]) == ALL
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["worker", "vault-worker", "beat"])
def test_a_silent_process_is_listed(client: Client, everybody: None, name: str) -> None:
    Heartbeat.objects.filter(pk=name).update(at=clock.now() - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["degraded"] == [name.replace("-", "_")]


def test_old_work_is_listed(client: Client, everybody: None) -> None:
    services.enqueue(kind="test.unknown", ref="1", due_at=clock.now() - timedelta(minutes=10))
    part = client.get("/readyz").json()["parts"]["outbox"]
    assert part["ok"] is False
    assert part["depth"] == 1
    assert part["oldest_seconds"] >= 600


@pytest.mark.parametrize(("part", "status"), [("database", 503), ("migrations", 503), ("search", 200)])
def test_only_what_stops_everything_is_503(
    client: Client, everybody: None, monkeypatch: pytest.MonkeyPatch, part: str, status: int
) -> None:
    def sick() -> Any:
        raise DatabaseError("postgres://user:secret@host")

    monkeypatch.setitem(health.CHECKS, part, sick)
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert answer.json()["parts"][part] == {"ok": False, "error": "DatabaseError"}
    assert "secret" not in answer.content.decode()


def test_a_late_checkpoint_is_said(client: Client, everybody: None) -> None:
    from ledger.models import Checkpoint

    row = Checkpoint.objects.create(size=64, root=bytes(32), note="", created_at=clock.now())
    assert client.get("/readyz").json()["parts"]["ledger"]["ok"]
    row.created_at -= timedelta(hours=3)
    row.save()
    answer = client.get("/readyz").json()
    assert answer["degraded"] == ["ledger"]
    assert answer["parts"]["ledger"]["size"] == 64
