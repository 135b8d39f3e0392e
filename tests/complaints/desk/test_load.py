"""The load of the queue's bench: rows that the queue shows, that no index reads and no key opens."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

from django.db import connection

from complaints.intake.models import OPEN, Tip
from complaints.vault import members
from complaints.vault.models import Cell, Wrap
from tests.bench import rotation
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


def test_the_parts_of_the_rotation_run(desk: Any) -> None:
    """`bench rotation` in small: what it asks a site, before and after."""
    assert printed(rotation.JOB) is None
    exec(rotation.FILL.format(tips=2, region="lake"), {})
    where = printed(rotation.WHERE)
    assert (where["office"], where["tips"]) == ("lake", 2)
    assert ["handler", "handler", desk.users["handler"].pk] in where["people"]
    members.remove(
        office=desk.lake,
        user=desk.users["handler"],
        remover=desk.users["head"],
        remover_seed=desk.seeds["head"],
    )
    assert printed(rotation.JOB) == {"done": 0, "total": 2, "ended": False, "grants": 0}
    assert printed(rotation.AFTER.format(office="lake")) == {"epoch": 2, "older": 2, "faults": []}


def printed(code: str) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return json.loads(out.getvalue())
