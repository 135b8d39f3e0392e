"""Sealing every tip of an office anew after somebody was removed, as the site does it: an administrator
removes a member in a browser and logs out, the vault worker does the rest, is killed with -9 in the midst of
it, and goes on when a colleague unlocks. Afterwards no file of the site may hold a seed.

The tips are sealed by the real intake service; only their receipts' key derivation is left out (each has a
random look-up id and reporter), or filling would take longer than what is measured.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.table import Table
from tests.support import journeys
from tests.support.running import Running

WORKER = "vault@"
KILL_AT = 0.4  # of the tips
LONGEST = 1800.0  # seconds that the bench waits for the end
FILL = """
import os
from accounts.keys import KeySeed
from django.db import transaction
from complaints.intake import services
from complaints.intake.models import Category, Region
from complaints.vault.receipts import Master, new_receipt
category = Category.objects.filter(children=None, stop_message="").order_by("pk").first().code
region = Region.objects.filter(code={region!r}).first() or Region.objects.order_by("pk").first()
def one(number):
    services.submit_tip(
        receipt=new_receipt(), master=Master(os.urandom(32), KeySeed(os.urandom(32))), files=(),
        answers=services.Answers(subject=f"第{{number}}件", narrative="某单位违规收取押金不退。" * 8,
                                 category=category, region=region.code))
for first in range(0, {tips}, 100):
    with transaction.atomic():  # one commit for a hundred
        for number in range(first, min({tips}, first + 100)):
            one(number)
"""
WHERE = """
import json
from django.db.models import Count
from complaints.intake.models import Region, Tip
from complaints.vault.models import Membership, Office
office = Office.objects.annotate(n=Count("tips")).order_by("-n", "pk").first()
held = Membership.objects.filter(office=office, ended_at=None).select_related("user").order_by("pk")
print(json.dumps({"office": office.code, "tips": Tip.objects.filter(office=office).count(),
    "people": [(row.role, row.user.username, row.user_id) for row in held]}))
"""
JOB = """
import json
from complaints.vault.models import Job, WorkerGrant
job = Job.objects.filter(purpose="office").order_by("-created_at").first()
print(json.dumps({"done": job.done, "total": job.total, "ended": bool(job.finished_at),
    "grants": WorkerGrant.objects.count()} if job else None))
"""
SEED = """
import json
from accounts.models import User
from accounts.services import open_seed
from complaints.vault import offices
from complaints.vault.models import Office
asked = json.load(open({asked!r}))
user = User.objects.get(username=asked["username"])
own = open_seed(user=user, password=asked["password"])
print(offices.open_office_seed(user, own, Office.objects.get(code=asked["office"])).seed.hex())
"""
AFTER = """
import json
from complaints.intake.models import Tip
from complaints.vault import checking
from complaints.vault.models import Epoch, Office
office = Office.objects.get(code={office!r})
newest = Epoch.objects.filter(office=office, purpose="office").order_by("-number").first().number
print(json.dumps({{"older": Tip.objects.filter(office=office, epoch__lt=newest).count(), "epoch": newest,
    "faults": [str(fault) for fault in checking.check().faults][:5]}}))
"""


def run(site: Running, *, tips: int) -> Table:
    """Fills the busiest office, removes its handler, kills the worker once, waits for the end."""
    filled = time.monotonic()
    site.shell(FILL.format(tips=tips, region=""))
    filled = time.monotonic() - filled
    where = json.loads(site.shell(WHERE).splitlines()[-1])
    accounts = {a["username"]: a for a in json.loads((site.var / "demo-accounts.json").read_text())}
    people = [row for row in where["people"] if row[1] in accounts]
    head = next(accounts[name] for role, name, _pk in people if role == "administrator")
    gone = next(pk for role, _name, pk in people if role == "handler")
    other = next(accounts[name] for role, name, _pk in people if role == "triage")
    before = newest_seed(site, other, where["office"])
    begun = time.monotonic()
    pressed = remove(site, head, where["office"], gone)
    table = Table(
        "Rotation: every tip of an office sealed anew after a removal",
        ["what", "figure"],
        {"tips": where["tips"], "filled at": f"{tips / filled:.0f} tips/s", "database": database(site)},
    )
    table.rows.append(["removal, s until the page answers, logged out after it", f"{pressed:.1f}"])
    table.rows += through(site, other, begun, where["tips"])
    table.rows += after(site, other, where["office"], before)
    return table


def remove(site: Running, head: dict[str, str], office: str, pk: int) -> float:
    """The administrator removes a person, and logs out at once; the seconds that the removal's page took."""
    desk = journeys.log_in(site.url, head)
    desk.get(f"/desk/members/{office}/{pk}/remove/")
    form = next(form for form in desk.page.forms if "roles" in form.names())
    start = time.monotonic()
    desk.submit(form)
    took = time.monotonic() - start
    if desk.status != 200 or not desk.path.endswith("/members/"):
        raise RuntimeError(f"the removal answered {desk.status} {desk.path}")
    desk.get("/desk/members/")  # an unlocked session hands the waiting job its keys
    desk.submit(next(form for form in desk.page.forms if form.action.endswith("/logout/")))
    return took


def through(site: Running, other: dict[str, str], begun: float, tips: int) -> list[list[object]]:
    """Until the job is done, with one kill -9 on the way."""
    job = wait(site, lambda job: bool(job["ended"]) or job["done"] >= KILL_AT * tips, "the first part")
    before, at = time.monotonic() - begun, job["done"]
    rows: list[list[object]] = []
    if not job["ended"]:
        site.kill(WORKER)
        killed = time.monotonic()
        rows.append([f"done before kill -9 ({before:.0f} s, waiting for the worker included)", at])
        while not (now := state(site))["ended"] and now["done"] <= at + 200:
            journeys.log_in(site.url, other).get("/desk/")  # a colleague comes to work
            time.sleep(5)
        rows.append(
            [
                "s until it went on in another worker, by a colleague's session",
                f"{time.monotonic() - killed:.0f}",
            ]
        )
    start, from_ = time.monotonic(), state(site)["done"]
    job = wait(site, lambda job: bool(job["ended"]), "the end")
    spent = time.monotonic() - start
    if spent > 1 and job["done"] > from_:
        rows.append(["tips/s of the worker", f"{(job['done'] - from_) / spent:.0f}"])
    rows.append(["s in all", f"{time.monotonic() - begun:.0f}"])
    rows.append(["done / all, grants left", f"{job['done']} / {job['total']}, {job['grants']}"])
    return rows


def newest_seed(site: Running, account: dict[str, str], office: str) -> bytes:
    """The office's seed, opened with a member's password; it stays in this process."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
        json.dump(account | {"office": office}, asked)
        asked.flush()
        return bytes.fromhex(site.shell(SEED.format(asked=asked.name)).splitlines()[-1])


def after(site: Running, account: dict[str, str], office: str, before: bytes) -> list[list[object]]:
    """What is left under the old epoch, and which files of the site hold the old seed or the new one."""
    said = json.loads(site.shell(AFTER.format(office=office)).splitlines()[-1])
    seeds = (before, newest_seed(site, account, office))
    signs = [sign for seed in seeds for sign in (seed, seed.hex().encode())]
    files = [file for file in site.var.rglob("*") if file.is_file()]
    hits = [file.name for file in files if holds(file, signs)]
    return [
        ["epoch, tips under an older one", f"{said['epoch']}, {said['older']}"],
        [f"files that hold a seed of the office, of {len(files)}", " ".join(hits) or "none"],
        ["vault_check", " ".join(said["faults"]) or "no fault"],
    ]


def holds(file: Path, signs: list[bytes]) -> bool:
    """Whether any of the signs lies in the file, which may go away meanwhile."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return any(sign in content for sign in signs)


def state(site: Running) -> dict[str, int]:
    """How far the newest job of an office's seed is."""
    return dict(json.loads(site.shell(JOB).splitlines()[-1]))


def wait(site: Running, ready: Callable[[dict[str, int]], bool], what: str) -> dict[str, int]:
    """Polls, as a person looks: a process of its own each time, so not more often than every two seconds."""
    end = time.monotonic() + LONGEST
    while not ready(job := state(site)):
        if time.monotonic() > end:
            raise RuntimeError(f"waited {LONGEST:.0f} s for {what}: {job}")
        time.sleep(1)
    return job


def database(site: Running) -> str:
    """Which one."""
    return "PostgreSQL" if site.environment.get("DATABASE_URL") else "SQLite"
