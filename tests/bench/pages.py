"""Public pages over HTTP: requests a second and how long each waits."""

from __future__ import annotations

import concurrent.futures
import http.client
import time
import urllib.parse
from functools import partial

from tests.bench.table import Table, milliseconds, share
from tests.support.client import Client
from tests.support.running import Running

CLIENTS = 8
PATHS = (
    "/",
    "/power/",
    "/benchmarks/",
    "/cases/",
    "/library/",
    "/search/?q=许可",
    "/data/",
    "/ledger/",
    "/report/",
    "/en/",
    "/api/v1/power-items",
    "/healthz",
)


def run(site: Running, *, seconds: float) -> Table:
    """Each address for `seconds` by CLIENTS connections that are kept open."""
    table = Table(
        "Public pages over HTTP",
        ["address", "status", "kB", "requests/s", "p50 ms", "p95 ms", "errors"],
        {"web": "gunicorn 2 × 8", "connections": CLIENTS, "seconds": seconds},
    )
    for path in [*PATHS, *one_item(site)]:
        quoted = urllib.parse.quote(path, safe="/?=&")
        first = Client(site.url).get(quoted)
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            results = list(pool.map(partial(visitor, site.port, quoted, start + seconds), range(CLIENTS)))
        spent = time.monotonic() - start
        times = [each for times, _ in results for each in times]
        table.rows.append(
            [
                path,
                first.status,
                f"{len(first.body) / 1024:.0f}",
                f"{len(times) / spent:.0f}",
                milliseconds(share(times, 0.5)),
                milliseconds(share(times, 0.95)),
                sum(errors for _, errors in results),
            ]
        )
    return table


def one_item(site: Running) -> list[str]:
    """The page of one power item."""
    links = Client(site.url).get("/power/").page.links
    paths = [urllib.parse.unquote(urllib.parse.urlsplit(link).path) for link in links]
    return [path for path in paths if path.startswith("/power/") and path != "/power/"][:1]


def visitor(port: int, path: str, end: float, number: int) -> tuple[list[float], int]:
    """Seconds of each answer, and how many were not one."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    times, errors = [], 0
    while time.monotonic() < end:
        start = time.monotonic()
        try:
            link.request("GET", path)
            answer = link.getresponse()
            answer.read()
            errors += answer.status >= 400
            times.append(time.monotonic() - start)
        except (OSError, http.client.HTTPException):
            errors += 1
            link.close()
    link.close()
    return times, errors
