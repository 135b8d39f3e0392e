"""The ledger: appending, checking everything, proofs; and the same files read by code that is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.table import Table, milliseconds, share
from tests.support.running import ROOT, Running

GO = shutil.which("go") or "/usr/local/go/bin/go"
CHECK = Path(__file__).parent / "ledgercheck"
PROOFS = 200
HEAD = """
import base64, json, random, resource, time
from pathlib import Path
from django.db import transaction
from ledger import checkpoints, notes, proofs, sequencer, services, tree, verify
from ledger.models import Checkpoint, Event, Page
def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
FILL = """
events, tag, cell, done = {events}, bytes(16), bytes(32), 0
said = {{"recorded": 0.0, "appended": 0.0, "made": []}}
while done < events:
    count = min(16 * sequencer.MOST, events - done)
    start = time.perf_counter()
    with transaction.atomic():
        Event.objects.bulk_create(
            [services.build(kind="message", actor="user:7", tag=tag, details={{}}, cell_hash=cell)
             for _ in range(count)], batch_size=500)
    said["recorded"] += time.perf_counter() - start
    start = time.perf_counter()
    sequencer.append_pending()
    said["appended"] += time.perf_counter() - start
    start = time.perf_counter()
    checkpoints.make()
    said["made"].append(time.perf_counter() - start)
    done += count
print(json.dumps(said))
"""
CHECK_ALL = """
before, result, start = megabytes(), verify.Result(), time.perf_counter()
faults = [str(fault) for fault in verify.verify(result)]
print(json.dumps({"verified": time.perf_counter() - start, "leaves": result.size, "faults": faults[:5],
    "pages": Page.objects.count(), "checkpoints": Checkpoint.objects.count(),
    "before": before, "peak": megabytes()}))
"""
PROVE = """
folder, size = Path({folder!r}), checkpoints.latest().size
times, between, lengths, paths = [], [], [], []
for number in range({proofs}):
    event = Event.objects.get(position=random.randrange(size))
    start = time.perf_counter()
    text = proofs.of(event)
    times.append(time.perf_counter() - start)
    lengths.append(len(text.encode()))
    (folder / f"{{number}}.tlog-proof").write_text(text, encoding="utf-8")
    if number < 20:
        lines = text.split("\\n")
        lines[3], lines[4] = lines[4], lines[3]
        (folder / f"bad-{{number}}.tlog-proof").write_text("\\n".join(lines), encoding="utf-8")
heads = list(Checkpoint.objects.order_by("size"))
for row in heads[:: max(1, len(heads) // 50)] + heads[-1:]:
    note = checkpoints.signed(row)
    (folder / f"{{row.size}}.checkpoint").write_text(note, encoding="utf-8")
    forged = note.replace(f"\\n{{row.size}}\\n", "\\n7\\n")
    (folder / f"bad-{{row.size}}.checkpoint").write_text(forged, encoding="utf-8")
    start = time.perf_counter()
    path = [base64.b64encode(x).decode() for x in tree.consistency_proof(row.size, size)]
    between.append(time.perf_counter() - start)
    paths.append({{"old": row.size, "new": size, "proof": path}})
(folder / "consistency.json").write_text(json.dumps(paths))
print(json.dumps({{"proofs": times, "consistency": between, "lengths": lengths, "key": notes.own_vkey()}}))
"""


def run(site: Running, *, events: int) -> list[Table]:
    """Records, appends and checks `events` events on the site's own database, beside its own programs."""
    with tempfile.TemporaryDirectory(prefix="qingfeng-ledger-") as folder:
        said = inside(site, FILL.format(events=events))
        said |= inside(site, CHECK_ALL)
        said |= inside(site, PROVE.format(folder=folder, proofs=PROOFS))
        table = Table(
            "Ledger: what it costs",
            ["what", "figure"],
            {
                "events": events,
                "leaves": said["leaves"],
                "checkpoints": said["checkpoints"],
                "lists": said["pages"],
            },
        )
        table.rows += [
            ["record, events/s", f"{events / said['recorded']:,.0f}"],
            ["append, events/s", f"{events / said['appended']:,.0f}"],
            ["checkpoint, ms p50", milliseconds(share(said["made"], 0.5))],
            ["ledger_verify, s", f"{said['verified']:.1f}"],
            ["ledger_verify, leaves/s", f"{said['leaves'] / said['verified']:,.0f}"],
            ["its memory at start / at most, MB", f"{said['before']:.0f} / {said['peak']:.0f}"],
            ["faults", " ".join(said["faults"]) or "none"],
            ["proof file, bytes", f"{min(said['lengths'])} to {max(said['lengths'])}"],
            ["proof file, ms p50 / p95", both(said["proofs"])],
            ["consistency proof, ms p50 / p95", both(said["consistency"])],
        ]
        return [table, elsewhere(said["key"], folder), alone(said["key"], folder)]


def both(times: list[float]) -> str:
    """ "1.0 / 2.0"."""
    return f"{milliseconds(share(times, 0.5))} / {milliseconds(share(times, 0.95))}"


def inside(site: Running, code: str) -> dict:
    """Runs the code in a new process of the site; what it printed last."""
    done = subprocess.run(
        [site.python, "manage.py", "shell", "--no-imports", "-c", HEAD + code],
        cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.strip().rpartition("\n")[2]))


def elsewhere(key: str, folder: str) -> Table:
    """The same files read by golang.org/x/mod/sumdb/note and github.com/transparency-dev/merkle."""
    if not Path(GO).exists():
        return Table("Ledger read by Go: left out, there is no go here", [""])
    table = Table("Ledger read by Go", ["what", "number"], {"modules": modules()})
    done = subprocess.run(
        [GO, "run", ".", key, folder], cwd=CHECK, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    table.rows += [line.rpartition(" ")[::2] for line in done.stdout.strip().split("\n")]
    return table


def modules() -> str:
    """The versions, as go.mod has them."""
    lines = (CHECK / "go.mod").read_text().split("\n")
    return " ".join(line.strip().replace(" ", "@") for line in lines if line.startswith("\t"))


def alone(key: str, folder: str) -> Table:
    """The proofs once more with verify.py, each in a process of its own."""
    import sys
    import time

    checker = ROOT / "site" / "ledger" / "standalone" / "verify.py"
    newest = max(Path(folder).glob("[0-9]*.checkpoint"), key=lambda file: int(file.stem))
    times = []
    for file in sorted(Path(folder).glob("[0-9]*.tlog-proof"))[:20]:
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-I", checker, "--key", key, file, newest], check=True, capture_output=True
        )
        times.append(time.perf_counter() - start)
    table = Table("Ledger: proofs read by verify.py, a process each", ["what", "figure"])
    table.rows += [["proofs that hold", len(times)], ["ms p50 / p95, start of Python included", both(times)]]
    return table
