"""The desk with many tips: pages of the queue, search by words, and the encrypted index alone."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

from tests.bench.search import DATA, messages, questions
from tests.bench.table import Table, milliseconds, share
from tests.support import journeys
from tests.support.client import Client
from tests.support.running import ROOT, Running

TIMES = 40
SEALED_MOST, REAL = 20_000, 50
LOAD = """
from complaints.vault.models import Membership, Office
from django.db import connection
from tests.bench.load import load, multiply
office = Office.objects.get(name={office!r})
people = list(Membership.objects.filter(office=office, role="handler").values_list("user", flat=True))
done = multiply({first}, {first} + {tips}) if {first} >= 100_000 else 0
print(done + load({tips} - done, office=office.pk, people=people, first={first} + done))
if connection.vendor == "postgresql":  # now, and not by itself while the pages are measured
    connection.cursor().execute("VACUUM (ANALYZE)")
"""
# The same pages once more in one process, with each query counted.
QUERIES = """
import json
from accounts import services, unlock
from accounts.models import User
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
asked = json.load(open({asked!r}))
settings.ALLOWED_HOSTS = ["*"]
user = User.objects.get(username=asked["username"])
client, request = Client(), RequestFactory().get("/desk/")
client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
request.user, request.session = user, client.session
record_authentication(request, user, method="mfa", type="totp")
unlock.unlock(request, services.open_seed(user=user, password=asked["password"]))
client.cookies[unlock.COOKIE] = request._desk_cookie
request.session.save()
found = []
for path in asked["paths"]:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    found.append(len(queries))
print(json.dumps(found))
"""
SIZES = (10_000, 100_000, 1_000_000)
PAGES = (
    ("first page", "/desk/"),
    ("next page", ""),  # the address stands on the first
    ("newest first", "/desk/?sort=new"),
    ("by priority", "/desk/?sort=priority"),
    ("by age", "/desk/?sort=age"),
    ("last content first", "/desk/?sort=activity"),
    ("overdue", "/desk/?due=overdue"),
    ("mine", "/desk/?assignee=me"),
    ("one state", "/desk/?state=submitted"),
    ("one category", "/desk/?category={category}"),
    ("closed, newest first", "/desk/?state=closed&sort=new"),
    ("on hold", "/desk/?hold=yes"),
    ("urgent", "/desk/?priority=any"),
    ("unread answers", "/desk/?answer=unread"),
)
PROCESSES = 2  # that submit at once: as many as a small server has cores
ENGINE = """
import json, sys, time
from accounts.models import User
from accounts.services import open_seed
from complaints.desk.finding import SealedOffice
from complaints.vault import offices
from complaints.vault.models import Office
from search.query import parse
asked = json.load(open({asked!r}))
user = User.objects.get(username=asked["username"])
seed = open_seed(user=user, password=asked["password"])
office = Office.objects.get(name=asked["office"])
sealed = SealedOffice(office, offices.open_office_seed(user, seed, office), user=user, user_seed=seed)
start = time.perf_counter()
while (progress := sealed.catch_up(60)).pending:
    pass
took = time.perf_counter() - start
times = {{}}
for name, sort in (("best first", "relevance"), ("newest first", "date")):
    times[name] = []
    for query in asked["queries"]:
        start = time.perf_counter()
        sealed.engine.search(parse(query), sort=sort)
        times[name].append(time.perf_counter() - start)
size = sum(file.stat().st_size for file in sealed.path.parent.glob(sealed.path.name + "*"))
print(json.dumps({{"tips": sealed.engine.count(), "built": took, "bytes": size, "times": times}}))
"""


def run(site: Running, *, tips: int) -> Table | list[Table]:
    """Fills the queue through the real intake service, then measures as a triage officer.

    Above SEALED_MOST tips, rows with random ciphertext are loaded beside REAL real ones: the pages alone.
    """
    if tips > SEALED_MOST:
        return many(site, tips)
    if not DATA.exists():
        return Table("Desk: left out, ../shared/data is not there", [""])
    filling = fill(site, tips)
    account = busiest(site)
    engine = engine_alone(site, account)
    pages = Table(
        "Desk: pages over HTTP, one officer",
        ["page", "p50 ms", "p95 ms"],
        {"tips of the office": engine["tips"], "times": TIMES, "filled at": f"{tips / filling:.1f} tips/s"},
    )
    desk = journeys.log_in(site.url, account)
    for name, act in acts(desk):
        times = [timed(act) for _ in range(TIMES)]
        pages.rows.append([name, milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95))])
    alone = Table(
        "Desk: the encrypted index alone",
        ["query", "p50 ms", "p95 ms"],
        {
            "tips": engine["tips"],
            "built in s": f"{engine['built']:.1f}",
            "kB a tip": f"{engine['bytes'] / max(engine['tips'], 1) / 1024:.2f}",
        },
    )
    for name, times in engine["times"].items():
        alone.rows.append([name, milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95))])
    return [pages, alone]


def many(site: Running, tips: int) -> list[Table]:
    """The queue's pages, and the statistics, at each of SIZES up to `tips`."""
    if DATA.exists():
        fill(site, REAL)
    account = busiest(site)
    found, have = [], 0
    first: dict[str, float] = {}
    for size in [size for size in SIZES if size < tips] + [tips]:
        start = time.monotonic()
        site.shell(LOAD.format(tips=size - have, office=account["office"], first=have))
        took, have = time.monotonic() - start, size
        found.append(_pages(site, account, size, took, first))
    return found


def _pages(site: Running, account: dict[str, str], tips: int, took: float, first: dict[str, float]) -> Table:
    """One size. `first`: the p95 of each page at the first size, filled there."""
    table = Table(
        "Desk: the queue's pages over HTTP, rows with random ciphertext",
        ["page", "p50 ms", "p95 ms", "p95 : first size", "kB", "queries"],
        {"tips loaded": tips, "real tips": REAL, "times": TIMES, "loaded in s": f"{took:.0f}"},
    )
    desk = journeys.log_in(site.url, account)
    desk.get("/desk/")
    further = next((link for link in desk.page.links if "after=" in link), "/desk/")
    pages = [(name, path or urljoin("/desk/", further)) for name, path in PAGES]
    pages = [(name, path.format(category=_category(site))) for name, path in pages]
    pages.append(("statistics", "/desk/stats/"))
    counted = queries(site, account, [path for _name, path in pages])
    for (name, path), n in zip(pages, counted, strict=True):
        desk.get(path)
        times = [timed(lambda path=path: desk.get(path)) for _ in range(TIMES)]  # type: ignore[misc]
        p50, p95 = share(times, 0.5), share(times, 0.95)
        ratio = f"{p95 / first.setdefault(name, p95):.2f}"
        size = f"{len(desk.body) / 1000:.0f}"
        table.rows.append([name, milliseconds(p50), milliseconds(p95), ratio, size, n])
    return table


def _category(site: Running) -> str:
    """The code of a category that loaded tips have."""
    lines = "from complaints.intake.models import Category\nprint(Category.objects.order_by('pk')[0].code)"
    return site.shell(lines).splitlines()[-1]


def queries(site: Running, account: dict[str, str], paths: list[str]) -> list[int]:
    """How many questions to the database each page asks, in a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
        json.dump(account | {"paths": paths}, asked)
        asked.flush()
        return list(json.loads(site.shell(QUERIES.format(asked=asked.name)).splitlines()[-1]))


def fill(site: Running, tips: int) -> float:
    """Submits `tips` reports by PROCESSES importers at once; the seconds it took."""
    rows = list(itertools.islice(itertools.cycle(messages()), tips))
    with tempfile.TemporaryDirectory() as folder:
        commands = []
        for part in range(PROCESSES):
            file = Path(folder) / f"{part}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.writer(out)
                writer.writerow(["title", "detail"])
                writer.writerows((row["title"], row["detail"]) for row in rows[part::PROCESSES])
            commands.append(["manage.py", "import_messages", str(file)])
        start = time.monotonic()
        running = [
            subprocess.Popen(
                [site.python, *command], cwd=ROOT, env=site.environment, stdout=subprocess.DEVNULL
            )
            for command in commands
        ]
        if any(process.wait() for process in running):
            raise RuntimeError("import_messages failed")
        return time.monotonic() - start


def busiest(site: Running) -> dict[str, str]:
    """The triage officer of the office that got the messages."""
    name = site.shell(
        "from django.db.models import Count\n"
        "from complaints.vault.models import Office\n"
        "print(Office.objects.annotate(n=Count('tips')).order_by('-n')[0].name)"
    ).splitlines()[-1]
    return next(account for account in site.accounts("triage") if account["office"] == name)


def engine_alone(site: Running, account: dict[str, str]) -> dict:  # type: ignore[type-arg]
    """Builds the index and asks it, in one process, without HTTP."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
        json.dump(account | {"queries": questions()}, asked)
        asked.flush()
        return dict(json.loads(site.shell(ENGINE.format(asked=asked.name)).splitlines()[-1]))


def acts(desk: Client) -> list[tuple[str, Callable[[], object]]]:
    """What an officer does all day."""
    words = itertools.cycle(questions())
    desk.get("/desk/")
    further = next((link for link in desk.page.links if "after=" in link), "/desk/")
    return [
        ("queue, first page", lambda: desk.get("/desk/")),
        ("queue, next page", lambda: desk.get(further)),
        ("queue, one state", lambda: desk.get("/desk/?state=submitted")),
        ("search by words, with its redirect", lambda: journeys.find(desk, next(words))),
    ]


def timed(act: Callable[[], object]) -> float:
    """Seconds of one act."""
    start = time.monotonic()
    act()
    return time.monotonic() - start
