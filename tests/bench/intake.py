"""Intake over HTTP, without JavaScript, with as many citizens at once as the tables say.

What is measured: handing in (the last POST of prepared drafts), beginning (the POST that makes draft
and receipt, beside the bare key derivation that it cannot do without), whole paths, and looking a receipt up
in a full database. Client and server share the machine. Afterwards every receipt is opened: one that does not
is lost.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.bench.table import Table, milliseconds, share
from tests.support import journeys
from tests.support.client import Client
from tests.support.dawdlers import dawdling
from tests.support.running import Running

CLIENTS = (1, 4, 16, 64)
DRAFTS = 160  # prepared for each row of the first table
TIMES = 100  # receipts looked up
NARRATIVE = "第{n}人第{i}次反映：某单位违规收取押金不退，金额{n}{i}元，已两次反映未果。" * 4
KDF = """
import concurrent.futures, os, time
from complaints.vault import receipts
def once(_):
    receipts.derive(receipts.new_receipt())
once(0)
for threads in range(1, os.cpu_count() + 1):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        start = time.monotonic()
        list(pool.map(once, range(200)))
        print(200 / (time.monotonic() - start))
"""
LOAD = """
from complaints.vault.models import Office
from tests.bench.load import load
load({tips}, office=Office.objects.order_by("pk").first().pk, people=[])
"""


@dataclass
class Result:
    """What one citizen got: receipts, seconds of each step that is measured, failures by class."""

    receipts: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(
    site: Running, *, seconds: float, tips: int = 100_000, clients: Sequence[int] = CLIENTS
) -> Iterator[Table]:
    """The tables, each as soon as it is there."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    facts: dict[str, object] = {"web": "gunicorn 2 × 8", "limits": "off", "load before": load}
    yield handing_in(site, clients, facts)
    yield beginning(site, clients, seconds, facts)
    yield whole(site, clients, seconds, facts)
    yield beside_slow_uploads(site, facts)
    yield looking_up(site, tips, facts)


def handing_in(site: Running, clients: Sequence[int], facts: dict[str, object]) -> Table:
    """Final POSTs a second: all drafts are ready before the clock starts."""
    table = Table(
        "Intake: final POSTs of prepared drafts",
        ["clients", "reports", "reports/s", "p50 ms", "p95 ms", "errors", "lost"],
        {"drafts a row": DRAFTS, **facts},
    )
    for count in clients:
        ready = prepared(site.url, DRAFTS)
        shares = [ready[n::count] for n in range(count)]
        start = time.monotonic()
        results = at_once(count, lambda n, shares=shares: _send_all(shares[n]))
        spent = time.monotonic() - start
        times = [each for result in results for each in result.seconds]
        errors = [error for result in results for error in result.errors]
        receipts = [_receipt_of(client) for client in ready if client.status == 303]
        lost = _lost(site, [number for number in receipts if number]) + receipts.count("")
        table.rows.append(
            [count, len(times), f"{len(times) / spent:.1f}", *_quantiles(times), _counted(errors), lost]
        )
    return table


def prepared(base: str, count: int) -> list[Client]:
    """Browsers that stand before the last button."""

    def one(n: int) -> Client:
        client = journeys.to_the_end(Client(base), NARRATIVE.format(n=n, i=0))
        client.timeout = 120
        return client

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def _send_all(clients: Sequence[Client]) -> Result:
    result = Result()
    for client in clients:
        client.follow = False
        try:
            _timed(result, lambda client=client: client.submit(client.form()))
            if client.status != 303:
                result.seconds.pop()
                result.errors.append(str(client.status))
        except OSError as error:
            result.errors.append(type(error).__name__)
    return result


def _receipt_of(client: Client) -> str:
    """The receipt that the page after sending shows; "" where it shows none."""
    client.follow = True
    try:
        return journeys.receipt(client.get("/report/sent/"))
    except (journeys.Stuck, OSError):
        return ""


def beginning(site: Running, clients: Sequence[int], seconds: float, facts: dict[str, object]) -> Table:
    """Drafts begun a second, beside what the key derivation alone can do on as many cores as there are
    clients: one who waits for each answer keeps one of them busy.
    """
    bare = [float(line) for line in site.shell(KDF).split()]
    table = Table(
        "Intake: drafts begun",
        ["clients", "drafts", "drafts/s", "of the bare KDF", "p50 ms", "p95 ms", "errors"],
        {"bare KDF/s": " / ".join(f"{each:.1f}" for each in bare), "seconds": seconds, **facts},
    )
    for count in clients:
        limit = bare[min(count, len(bare)) - 1]
        end = time.monotonic() + seconds
        start = time.monotonic()
        results = at_once(count, lambda _n, end=end: _begin_until(site.url, end))
        spent = time.monotonic() - start
        times = [each for result in results for each in result.seconds]
        errors = [error for result in results for error in result.errors]
        rate = len(times) / spent
        table.rows.append(
            [
                count,
                len(times),
                f"{rate:.1f}",
                f"{100 * rate / limit:.0f} %",
                *_quantiles(times),
                _counted(errors),
            ]
        )
    return table


def _begin_until(base: str, end: float) -> Result:
    """One browser after another presses the button of the first page; only that POST is timed."""
    result = Result()
    client = Client(base).get("/report/")
    form = client.form()
    client.follow = False
    while time.monotonic() < end:
        try:
            _timed(result, lambda: client.submit(form))
            if client.status != 303:
                result.seconds.pop()
                result.errors.append(str(client.status))
            client.jar.clear(domain="127.0.0.1", path="/", name="qf_draft")
        except (OSError, KeyError, ValueError) as error:
            result.errors.append(type(error).__name__)
    return result


def whole(site: Running, clients: Sequence[int], seconds: float, facts: dict[str, object]) -> Table:
    """Whole reports, from the first page to the receipt; p50 and p95 are of the last POST among them."""
    table = Table(
        "Intake: whole paths",
        ["clients", "reports", "reports/s", "send p50 ms", "send p95 ms", "errors", "lost"],
        {"seconds": seconds, **facts},
    )
    for count in clients:
        end = time.monotonic() + seconds
        table.rows.append([count, *measured(site, count, partial(citizen, site.url, end))])
    return table


def citizen(base: str, end: float, n: int) -> Result:
    """Hands in one report after another until `end`."""
    result, i = Result(), 0
    while time.monotonic() < end:
        i += 1
        try:
            client = journeys.to_the_end(Client(base), NARRATIVE.format(n=n, i=i))
            _timed(result, lambda client=client: journeys.send(client, {}))
            result.receipts.append(journeys.receipt(client))
        except (journeys.Stuck, OSError, StopIteration, ValueError) as error:
            result.errors.append(type(error).__name__)
    return result


def beside_slow_uploads(site: Running, facts: dict[str, object]) -> Table:
    """One whole report after another while others dawdle; the longest wait is what counts."""
    table = Table(
        "Intake: a text-only report while others send slowly",
        ["dawdling", "what is slow", "reports", "p50 s", "longest s", "errors"],
        facts,
    )
    for count, what in ((0, "nothing"), (64, "uploads"), (64, "heads of requests")):
        result = Result()
        with dawdling(site.url, count, head_only=what != "uploads"):
            for n in range(5):
                try:
                    _timed(result, lambda n=n: journeys.report(site.url, NARRATIVE.format(n=n, i="慢")))
                except (journeys.Stuck, OSError) as error:
                    result.errors.append(type(error).__name__)
        times = [f"{share(result.seconds, part):.2f}" for part in (0.5, 1.0)]
        table.rows.append([count, what, len(result.seconds), *times, _counted(result.errors)])
    return table


def looking_up(site: Running, tips: int, facts: dict[str, object]) -> Table:
    """The POST of a receipt, known and unknown, one after another and four at once."""
    known = [journeys.report(site.url, NARRATIVE.format(n=n, i="收")) for n in range(5)]
    site.shell(LOAD.format(tips=tips))
    unknown = json.loads(
        site.shell(
            "import json\nfrom complaints.vault import receipts\n"
            "print(json.dumps([receipts.new_receipt() for _ in range(5)]))"
        )
    )
    table = Table(
        "Intake: looking up a receipt (the POST alone)",
        ["receipt", "clients", "times", "p50 ms", "p95 ms", "errors"],
        {"tips stored": f"{tips:,} in bulk, by rows that no key opens", **facts},
    )
    for name, numbers, status in (("known", known, 303), ("unknown", unknown, 422)):
        for count in (1, 4):
            results = at_once(count, lambda n, o=numbers, s=status: _look_up(site.url, o[n], TIMES, s))
            times = [each for result in results for each in result.seconds]
            errors = [error for result in results for error in result.errors]
            table.rows.append([name, count, len(times), *_quantiles(times), _counted(errors)])
    return table


def _look_up(base: str, number: str, times: int, status: int) -> Result:
    result = Result()
    client = Client(base).get("/report/return/")
    form = client.form("receipt")
    client.follow = False
    for _ in range(times):
        _timed(result, lambda: client.submit(form, {"receipt": number}))
        if client.status != status:
            result.errors.append(str(client.status))
    return result


# What the tables share ----------------------------------------------------------------------------------


def at_once(count: int, work: Callable[[int], Result]) -> list[Result]:
    """`work(n)` in as many threads, which begin together."""
    gate = threading.Barrier(count)

    def one(n: int) -> Result:
        gate.wait()
        return work(n)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def measured(site: Running, count: int, work: Callable[[int], Result]) -> list[object]:
    """reports, a second, p50, p95, errors, lost."""
    start = time.monotonic()
    results = at_once(count, work)
    spent = time.monotonic() - start
    receipts = [number for result in results for number in result.receipts]
    times = [each for result in results for each in result.seconds]
    errors = [error for result in results for error in result.errors]
    rate = f"{len(receipts) / spent:.1f}"
    return [len(receipts), rate, *_quantiles(times), _counted(errors), _lost(site, receipts)]


def _lost(site: Running, receipts: Sequence[str]) -> int:
    """Receipts that were given twice, or open nothing."""
    return len(receipts) - len(set(receipts)) + sum(not journeys.opens(site.url, r) for r in set(receipts))


def _timed(result: Result, act: Callable[[], object]) -> None:
    start = time.monotonic()
    act()
    result.seconds.append(time.monotonic() - start)


def _quantiles(times: Sequence[float]) -> list[str]:
    return [milliseconds(share(times, 0.5)), milliseconds(share(times, 0.95))]


def _counted(errors: Sequence[str]) -> str:
    return f"{len(errors)} {' '.join(sorted(set(errors)))}".strip()
