"""Whole reports over HTTP: at 1, 4 and 16 citizens at once, how many a second, and is any lost."""

from __future__ import annotations

import concurrent.futures
import time
from dataclasses import dataclass, field
from functools import partial

from tests.bench.table import Table, milliseconds, share
from tests.support import journeys
from tests.support.client import Client
from tests.support.running import Running

CLIENTS = (1, 4, 16)
NARRATIVE = "第{n}人第{i}次反映：某单位违规收取押金不退，金额{n}{i}元，已两次反映未果。" * 4


@dataclass
class Result:
    """What one citizen got: receipts, seconds of the last step, failures by class."""

    receipts: list[str] = field(default_factory=list)
    sending: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(site: Running, *, seconds: float) -> Table:
    """Each number of clients for `seconds`; afterwards every receipt is opened."""
    table = Table(
        "Intake: whole reports over HTTP, without JavaScript",
        ["clients", "reports", "reports/s", "send p50 ms", "send p95 ms", "errors", "lost"],
        {"web": "gunicorn 2 × 8", "seconds": seconds, "limits": "off"},
    )
    for clients in CLIENTS:
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            results = list(pool.map(partial(citizen, site.url, start + seconds), range(clients)))
        spent = time.monotonic() - start
        receipts = [number for result in results for number in result.receipts]
        sending = [each for result in results for each in result.sending]
        errors = [error for result in results for error in result.errors]
        lost = len(receipts) - len(set(receipts)) + sum(not journeys.opens(site.url, r) for r in receipts)
        table.rows.append(
            [
                clients,
                len(receipts),
                f"{len(receipts) / spent:.1f}",
                milliseconds(share(sending, 0.5)),
                milliseconds(share(sending, 0.95)),
                f"{len(errors)} {' '.join(sorted(set(errors)))}".strip(),
                lost,
            ]
        )
    return table


def citizen(base: str, end: float, n: int) -> Result:
    """Hands in one report after another until `end`."""
    result, i = Result(), 0
    while time.monotonic() < end:
        i += 1
        try:
            client = journeys.to_the_end(Client(base), NARRATIVE.format(n=n, i=i))
            start = time.monotonic()
            journeys.send(client, {})
            result.sending.append(time.monotonic() - start)
            result.receipts.append(journeys.receipt(client))
        except (journeys.Stuck, OSError, StopIteration, ValueError) as error:
            result.errors.append(type(error).__name__)
    return result
