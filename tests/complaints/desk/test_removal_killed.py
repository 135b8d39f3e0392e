"""kill -9 of a real vault worker in the midst of sealing tips anew: nothing lost, no key left on the disk."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from outbox.models import Heartbeat
from workdays import clock

from complaints.desk import largework, opening
from complaints.intake.models import Tip
from complaints.vault import checking, jobs, members, offices, root, worker
from complaints.vault.models import Cell, WorkerGrant, Wrap
from tests.support import services

WORKER = """
import time
from complaints.desk import largework
from complaints.vault import worker
from outbox.services import run_due
real, largework.BATCH = largework.batch, 1
def slow(*given):
    done = real(*given)
    print("BATCH", flush=True)
    time.sleep(60)
    return done
largework.batch = slow
worker.announce()
print("READY", flush=True)
while True:
    run_due(queue="vault")
    time.sleep(0.1)
"""


@pytest.fixture
def child(real_desk, tmp_path):
    """A worker in a process and folder of its own, on the database of this test."""
    var = tmp_path / "worker"
    var.mkdir()
    environment = dict(os.environ) | {
        "VAR_DIR": str(var),
        "VAULT_ROOT": root.public().hex(),
        "SECRET_KEY": settings.SECRET_KEY,
        "VAULT_PEPPER": settings.VAULT_PEPPER.hex(),
        "WORKER_SECRET": settings.WORKER_SECRET.hex(),
        "LEDGER_KEY": settings.LEDGER_KEY.hex(),
        "ELASTICSEARCH_URL": "",
    }
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        (var / "db.sqlite3").symlink_to(name)
    else:
        environment["DATABASE_URL"] = f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{name}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", WORKER],
        cwd=services.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, var
    process.kill()
    process.wait(10)


def until(process, word):
    for line in process.stdout:
        if line.strip() == word:
            return
    pytest.fail(f"the worker ended before it said {word}")


def test_it_goes_on_with_the_next_session(real_desk, child):
    desk, (process, var) = real_desk, child
    made = [desk.tip(subject=f"第{number}件") for number in range(3)]
    until(process, "READY")
    (job,) = members.remove(
        office=desk.lake,
        user=desk.users["handler"],
        remover=desk.users["head"],
        remover_seed=desk.seeds["head"],
    )
    assert jobs.offer(desk.users["triage"], desk.seeds["triage"]) == 1
    until(process, "BATCH")
    process.kill()
    process.wait(10)
    job.refresh_from_db()
    assert (job.done, job.total, job.finished_at) == (1, 3, None)
    seeds = [
        offices.open_office_seed(desk.users["triage"], desk.seeds["triage"], desk.lake, epoch=number)
        for number in (1, 2)
    ]
    left = b"".join(path.read_bytes() for path in Path(var).rglob("*") if path.is_file())
    left += b"".join(bytes(row) for row in WorkerGrant.objects.values_list("sealed", flat=True))
    assert left
    for seed in seeds:
        assert seed.seed not in left
        assert seed.seed.hex().encode() not in left
    # A minute later: the dead worker is silent, another one runs, a colleague works at the desk.
    Heartbeat.objects.filter(name__startswith=worker.PREFIX).update(
        at=clock.now() - worker.SILENT - dt.timedelta(seconds=1)
    )
    worker.forget()
    worker.announce()
    assert jobs.offer(desk.users["triage"], desk.seeds["triage"]) == 1
    largework.run(str(job.pk))
    job.refresh_from_db()
    assert (job.done, bool(job.finished_at)) == (3, True)
    for tip in Tip.objects.filter(pk__in=[tip.pk for tip in made]):
        assert (tip.epoch, tip.talk_generation) == (2, 2)
        _keys, _seed, cells = opening.open_tip(user=desk.users["triage"], seed=desk.seeds["triage"], tip=tip)
        assert len(cells) == Cell.objects.filter(tip=tip.uuid).count()
        assert not any(cell.changed for cell in cells)
        assert Wrap.objects.filter(subject=tip.uuid, kind="talk").count() == 2
    assert not WorkerGrant.objects.exists()
    assert checking.check().faults == []
    worker.forget()
