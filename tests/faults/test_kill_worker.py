"""kill -9 of the worker, and services that are down: work waits, nothing is lost, no citizen is refused."""

from __future__ import annotations

import signal
import time

from tests.faults.storm import ask
from tests.support import journeys
from tests.support.client import Client
from tests.support.running import Running

WORKER = "worker -n worker@"
AGAIN = """
from outbox import services
from search.documents import sources
from search.engines import disclosures
ids = [document.id for source in sources() for document in source.iterate()]
disclosures().clear()
for id in ids:
    services.enqueue(kind="search.index", ref=id)
print(len(ids))
"""

CLAIMED = "SELECT count(*) FROM outbox_entry WHERE done_at IS NULL AND claimed_until IS NOT NULL"


def documents(site: Running) -> int:
    """How many disclosures the index holds."""
    return int(site.ready()["parts"]["search"]["documents"])


def emptied(site: Running) -> None:
    """Waits until nothing that is due is left in the outbox."""
    site.wait(lambda: site.ready()["parts"]["outbox"]["depth"] == 0, 150, "an empty outbox")


def test_killed_while_it_indexes_disclosures(site: Running) -> None:
    emptied(site)
    before = documents(site)
    assert before > 40
    site.wait(lambda: site.processes(WORKER) != [], 60, "the worker")
    site.kill(WORKER, signal.SIGSTOP)  # until there is enough to do: it does many at once
    expected = int(site.shell(AGAIN).splitlines()[-1])
    assert expected == before
    site.kill(WORKER, signal.SIGCONT)
    end = time.monotonic() + 40
    while not ask(site, CLAIMED)[0][0]:
        assert time.monotonic() < end, "nobody began"
        time.sleep(0.002)
    site.kill(WORKER)
    assert documents(site) < expected, "it was done before it could be killed"
    kills = 1
    while kills < 3 and documents(site) < expected and time.monotonic() < end:
        if site.processes(WORKER):  # the supervisor has started it again: it is killed again
            site.kill(WORKER)
            kills += 1
        time.sleep(2)
    emptied(site)
    assert documents(site) == expected


def test_services_are_down_one_after_the_other(site: Running) -> None:
    """The citizen gets a receipt, /readyz names the part, and what was due happens when it is back."""
    usual = {name: site.environment.get(name, "") for name in ("CELERY_BROKER_URL", "ELASTICSEARCH_URL")}
    try:
        site.stop()
        site.start(CELERY_BROKER_URL="redis://127.0.0.1:1/0")
        first = reported_without(site, "broker")
        site.stop()
        site.start(**usual | {"ELASTICSEARCH_URL": "http://127.0.0.1:1"})
        site.wait(lambda: "broker" not in site.ready()["degraded"], 60, "the broker to be back")
        second = reported_without(site, "search")
    finally:
        site.stop()
        site.start(**usual)
    emptied(site)
    site.wait(lambda: "search" not in site.ready()["degraded"], 60, "search to be back")
    assert all(journeys.opens(site.url, receipt) for receipt in (first, second))


def reported_without(site: Running, part: str) -> str:
    """The receipt of a report while `part` is down: /readyz says so, and pages answer."""
    receipt = journeys.report(site.url, f"服务中断（{part}）时也要能举报，已两次反映未果。" * 3)
    assert journeys.opens(site.url, receipt)
    state = site.ready()
    assert state["status"] == "degraded"
    assert part in state["degraded"]
    for path in ("/", "/power/", "/search/?q=%E8%AE%B8%E5%8F%AF"):
        assert Client(site.url).get(path).status in (200, 503), path
    return receipt


def test_the_worker_is_gone_for_a_while(site: Running) -> None:
    """Its jobs are rows: whoever comes next does them."""
    site.wait(lambda: site.processes(WORKER) != [], 30, "the worker")
    site.kill(WORKER)
    receipt = journeys.report(site.url, "工作进程停止时提交的举报，已两次反映未果。" * 3)
    assert journeys.opens(site.url, receipt)
    emptied(site)


def test_nothing_outlives_the_supervisor(site: Running) -> None:
    site.wait(lambda: len(site.processes("config")) >= 4, 60, "every program")
    site.kill("supervisord")
    site.wait(lambda: site.processes("") == [], 40, "the end of every process")
    assert site.process is not None
    site.process.wait(10)
    site.start()
    assert site.answers()
