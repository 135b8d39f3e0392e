"""Reports handed in while everything is killed in turn: a program, and what its small test runs.

    python -m tests.faults.storm --tips 1000 --clients 16 --folder DIR [--embedded]

It sets up a site of its own with servers of its own under DIR (kept: a second run goes on with them), lets
`--clients` people hand in `--tips` reports, and kills web, worker, Redis, Elasticsearch and PostgreSQL with
SIGKILL while they do. People are patient: what fails they try again, with the cookie they have. Afterwards
every receipt must open its own tip, there must be as many tips as receipts, and nothing due may be left in
the outbox. Ends with 1 where any of that does not hold.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.faults.servers import Servers
from tests.faults.standing import standing
from tests.support import journeys
from tests.support.client import Client
from tests.support.running import Running

PATIENCE = 300.0  # seconds in which a person keeps trying
DOWN = 2.0  # seconds a server stays dead before somebody starts it again
NAMES_IN_TURN = ("redis", "elasticsearch", "postgres")
WITH_FILE = 20  # every so many-th report brings a file
PARTS = {"web": "gunicorn", "worker": "celery -q -A config worker", "beat": "celery -q -A config beat"}
TROUBLE = (OSError, HTTPException, journeys.Stuck, ValueError, StopIteration)
COUNT = "SELECT count(*) FROM intake_tip"
LEFT = """
SELECT kind, error, count(*) FROM outbox_entry WHERE done_at IS NULL AND due_at <= CURRENT_TIMESTAMP
GROUP BY kind, error
"""


@dataclass
class Told:
    """One person's report: its own words, the receipt, how often something had to be tried again."""

    word: str
    receipt: str = ""
    again: int = 0
    seconds: float = 0.0
    file: bytes = b""


@dataclass
class Killed:
    """What was killed when so many reports were in, and after how many seconds it served again."""

    name: str
    processes: int
    after: int
    back: float


@dataclass
class Storm:
    """What came of it."""

    told: list[Told] = field(default_factory=list)
    killed: list[Killed] = field(default_factory=list)
    tips: int = 0  # that are new in the database
    wrong: list[str] = field(default_factory=list)  # each a sentence
    seconds: float = 0.0


def storm(
    site: Running,
    *,
    tips: int,
    clients: int,
    kills: Sequence[str],
    servers: Servers | None = None,
    run: str = "",
) -> Storm:
    """Hands in, kills each of `kills` in its turn, and then looks whether anything was lost or doubled."""
    found, before = Storm(), ask(site, COUNT)[0][0]
    start = time.monotonic()
    with ThreadPoolExecutor(clients) as pool, _killing(site, servers, kills, found, tips):
        one = partial(person, site.url, run or f"{time.time_ns():x}")
        for done in as_completed([pool.submit(one, n) for n in range(tips)]):
            found.told.append(done.result())
    found.seconds = time.monotonic() - start
    found.tips = ask(site, COUNT)[0][0] - before
    _judge(site, found, tips, clients)
    return found


def person(base: str, run: str, n: int) -> Told:
    """Hands in one report, however often that must be tried."""
    told = Told(f"风暴{run}第{n}号仓库")
    told.file = (told.word * 400).encode() if n % WITH_FILE == 0 else b""
    client, start = Client(base, timeout=30), time.monotonic()
    while not told.receipt and time.monotonic() - start < PATIENCE:
        try:
            told.receipt = _attempt(client, told)
        except TROUBLE:
            told.again += 1
            time.sleep(0.5)
    told.seconds = time.monotonic() - start
    return told


def _attempt(client: Client, told: Told) -> str:
    """On from wherever this browser stands; a report already handed in shows its receipt again."""
    client.get("/report/check/")
    if client.status >= 400:
        raise journeys.Stuck(str(client.status))
    if "/sent" in client.path:
        return journeys.receipt(client)
    values = journeys.ANSWERS | {
        "subject": told.word,
        "narrative": f"{told.word}的押金不退，已反映未果。" * 4,
    }
    if not any("rev" in form.names() for form in client.page.forms):
        client.get("/report/")  # nothing is begun yet
    for _ in range(journeys.STEPS):
        form = client.form()
        if "/check" in client.path:
            return journeys.receipt(journeys.send(client, {}))
        if told.file and "attachments" in form.names() and told.word not in client.text:
            file = {"attachments": (f"{told.word}.txt", told.file)}
            client.submit(form, {}, files=file, button="upload")
            if client.status >= 400:
                raise journeys.Stuck(str(client.status))
        else:
            journeys.send(client, values)
    raise journeys.Stuck("the last question was not reached")


@contextmanager
def _killing(
    site: Running, servers: Servers | None, kills: Sequence[str], found: Storm, tips: int
) -> Iterator[None]:
    """Kills while the block runs: each when its share of the reports is in."""
    over = threading.Event()

    def work() -> None:
        for number, name in enumerate(kills, 1):
            while len(found.told) < tips * number // (len(kills) + 1):
                if over.wait(0.05):
                    return
            found.killed.append(_kill(site, servers, name, len(found.told)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _kill(site: Running, servers: Servers | None, name: str, after: int) -> Killed:
    start = time.monotonic()
    if name in PARTS:
        site.wait(lambda: bool(site.processes(PARTS[name])), 60, name)
        count = site.kill(PARTS[name])
        up: Callable[[], bool] = site.answers if name == "web" else lambda: bool(site.processes(PARTS[name]))
        site.wait(up, 120, name)
    else:
        assert servers is not None, f"{name} is nobody's to kill"
        count = servers.kill(name)
        time.sleep(DOWN)
        servers.start(name)
    return Killed(name, count, after, time.monotonic() - start)


def ask(site: Running, question: str) -> list[Any]:
    """The rows of a question to the site's database, from outside."""
    if database := site.environment.get("DATABASE_URL"):
        import psycopg

        with psycopg.connect(database) as link:
            return list(link.execute(question.encode()).fetchall())
    import sqlite3

    with closing(sqlite3.connect(f"file:{site.var / 'db.sqlite3'}?mode=ro", uri=True)) as file:
        return list(file.execute(question).fetchall())


# What must hold afterwards ------------------------------------------------------------------------------


def _judge(site: Running, found: Storm, tips: int, clients: int) -> None:
    receipts = [told.receipt for told in found.told if told.receipt]
    if len(receipts) != tips:
        found.wrong.append(f"{tips - len(receipts)} people got no receipt")
    if len(set(receipts)) != len(receipts):
        found.wrong.append("a receipt was given twice")
    if found.tips != tips:
        found.wrong.append(f"{found.tips} tips for {tips} reports")
    with ThreadPoolExecutor(clients) as pool:
        found.wrong += [wrong for wrong in pool.map(partial(_opens, site.url), found.told) if wrong]
    end = time.monotonic() + PATIENCE
    while left := ask(site, LEFT):
        if time.monotonic() > end:
            found.wrong.append(f"left in the outbox: {left}")
            return
        time.sleep(1)


def _opens(base: str, told: Told) -> str:
    """What is wrong with one receipt; "" where it opens its own tip with its file."""
    if not told.receipt:
        return ""
    client = journeys.come_back(base, told.receipt)
    if client.status != 200 or not client.path.endswith("/return/view/") or told.word not in client.text:
        return f"a receipt does not open its tip ({client.status} {client.path})"
    if told.file:
        links = [link for link in client.page.links if "/return/files/" in link]
        if len(links) != 1 or client.get(links[0]).body != told.file:
            return f"a file is missing or doubled ({len(links)})"
    return ""


# The program --------------------------------------------------------------------------------------------


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tips", type=int, default=1000, help="0: set up only")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2, help="how often each is killed")
    parser.add_argument("--folder", type=Path, required=True, help="where the site and its servers keep all")
    parser.add_argument("--embedded", action="store_true", help="SQLite, no servers: web and worker alone")
    asked = parser.parse_args()
    try:
        with standing(asked.folder, embedded=asked.embedded) as (site, servers):
            if not asked.tips:
                return 0
            victims = ["web", "worker", *(NAMES_IN_TURN if servers else ())]
            kills = victims * asked.rounds
            found = storm(site, tips=asked.tips, clients=asked.clients, kills=kills, servers=servers)
    except subprocess.CalledProcessError as error:
        _say(f"a server did not start: {error}")
        return 1
    _report(found, asked.clients)
    return 1 if found.wrong else 0


def _report(found: Storm, clients: int) -> None:
    seconds = sorted(told.seconds for told in found.told)
    _say("| killed with SIGKILL | processes | when so many were in | served again after |\n|---|---|---|---|")
    for kill in found.killed:
        _say(f"| {kill.name} | {kill.processes} | {kill.after} | {kill.back:.1f} s |")
    again = sum(told.again for told in found.told)
    _say(f"\n{len(found.told)} reports by {clients} clients in {found.seconds:.0f} s; {found.tips} new tips.")
    _say(f"Tried again {again} times, by {sum(told.again > 0 for told in found.told)} people.")
    half, longest = seconds[len(seconds) // 2], seconds[-1]
    _say(f"From first page to receipt: half within {half:.1f} s, longest {longest:.1f} s.")
    good = "Every receipt opens its tip, none is there twice, nothing due is left in the outbox."
    _say("\n".join(found.wrong) or good)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
