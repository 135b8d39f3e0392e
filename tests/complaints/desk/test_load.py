"""The load of the queue's bench: rows that the queue shows, that no index reads and no key opens."""

from __future__ import annotations

from typing import Any

from django.db import connection

from complaints.intake.models import OPEN, Tip
from complaints.vault.models import Cell, Wrap
from tests.bench.load import load, multiply


def test_it_fills_the_queue(desk: Any) -> None:
    real = desk.tip("真的一件")
    handler = desk.users["handler"].pk
    assert load(300, office=desk.lake.pk, people=[handler]) == 300
    assert Tip.objects.count() == 301
    assert 30 < Tip.objects.filter(OPEN).count() < 120
    assert Cell.objects.filter(label="subject").count() == 301
    assert Wrap.objects.filter(kind="talk").count() == 302
    client = desk.client("triage")
    page = client.get("/desk/?state=all&sort=new")
    assert page.text.count("（标题打不开）") == 49
    found = client.get(client.post("/desk/search/", {"q": "真的"})["Location"])
    assert real.number in found.text
    assert "尚未读入" not in found.text


def test_it_multiplies_what_is_there(desk: Any) -> None:
    """Inside PostgreSQL; SQLite's bench has few enough to write each."""
    desk.tip("真的一件")
    load(20, office=desk.lake.pk, people=[])
    if connection.vendor != "postgresql":
        assert multiply(20, 100) == 0
        return
    assert multiply(20, 100) == 80
    assert (Tip.objects.count(), Cell.objects.filter(label="subject").count()) == (101, 101)
    assert Wrap.objects.filter(kind="talk", office=desk.lake).count() == 101
    assert desk.client("triage").get("/desk/?state=all").text.count("（标题打不开）") >= 49
