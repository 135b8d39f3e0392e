"""kill -9 of the web server: no receipt that was handed out is lost, and nothing is handed in twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

import pytest

from tests.support import journeys
from tests.support.client import Client
from tests.support.running import Running


@contextmanager
def nobody_can_write(site: Running) -> Iterator[None]:
    """Holds the lock that a submission needs, as a slow neighbour would."""
    database = site.environment.get("DATABASE_URL")
    if database:
        import psycopg

        with psycopg.connect(database) as link:
            link.execute("LOCK TABLE intake_tip IN EXCLUSIVE MODE")
            yield
            link.rollback()
        return
    import sqlite3

    link: Any = sqlite3.connect(site.var / "db.sqlite3", isolation_level=None)
    link.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        link.execute("ROLLBACK")
        link.close()


@contextmanager
def asking(site: Running) -> Iterator[Callable[[], int]]:
    """A fast question to the database, from outside: how many tips are committed."""
    database = site.environment.get("DATABASE_URL")
    if database:
        import psycopg

        link: Any = psycopg.connect(database, autocommit=True)
    else:
        import sqlite3

        link = sqlite3.connect(f"file:{site.var / 'db.sqlite3'}?mode=ro", uri=True, isolation_level=None)
    try:
        yield lambda: link.execute("SELECT count(*) FROM intake_tip").fetchone()[0]
    finally:
        link.close()


def tips(site: Running) -> int:
    """How many tips are committed."""
    with asking(site) as count:
        return count()


def send_in_background(client: Client) -> threading.Thread:
    """Hands the report in; the answer may never come."""

    def send() -> None:
        try:
            journeys.send(client, {})
        except (OSError, HTTPException, journeys.Stuck, ValueError):
            client.status = 0

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def handed_in_again(site: Running, client: Client) -> str:
    """What a person does when the answer did not come: goes back and presses the button once more."""
    site.wait(site.answers, 60, "the web server")
    client.get("/report/check/")
    if "/sent" not in client.path:
        journeys.send(client, {})
    return journeys.receipt(client)


def test_killed_before_the_commit(site: Running) -> None:
    client = journeys.to_the_end(Client(site.url), "未提交即断电，押金不退已两次反映未果。" * 3)
    before = tips(site)
    with nobody_can_write(site):
        thread = send_in_background(client)
        time.sleep(1.5)  # it waits for the lock now
        site.kill_web()
        thread.join(30)
    assert client.status != 200
    assert tips(site) == before, "nothing was committed"
    receipt = handed_in_again(site, client)
    assert tips(site) == before + 1
    assert journeys.opens(site.url, receipt)


def test_killed_after_the_commit(site: Running) -> None:
    """The tip is there, its answer never arrived: pressing again gives the receipt of the same tip."""
    client = journeys.to_the_end(Client(site.url), "已提交未答复，窗口额外收费两次反映未果。" * 3)
    before = tips(site)
    thread = send_in_background(client)
    with asking(site) as count:
        end = time.monotonic() + 30
        while count() == before:
            assert time.monotonic() < end
    site.kill_web()
    thread.join(30)
    receipt = handed_in_again(site, client)
    assert tips(site) == before + 1
    assert journeys.opens(site.url, receipt)


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2])
def test_killed_while_eight_submit(site: Running, delay: float) -> None:
    """Wherever each of them stands: one tip for each, each receipt opens its own."""
    clients = [
        journeys.to_the_end(Client(site.url), f"第{n}位同时提交者反映押金不退，已两次反映未果。" * 3)
        for n in range(8)
    ]
    before = tips(site)
    threads = [send_in_background(client) for client in clients]
    time.sleep(delay)
    site.kill_web()
    for thread in threads:
        thread.join(60)
    receipts = [handed_in_again(site, client) for client in clients]
    assert len(set(receipts)) == 8
    assert tips(site) == before + 8
    assert all(journeys.opens(site.url, receipt) for receipt in receipts)


def test_killed_while_an_index_catches_up(site: Running, tmp_path: Any) -> None:
    """The index of tips is half written: afterwards every tip is found, and each once."""
    words = [f"暗号{n:03d}号仓库" for n in range(150)]
    csv = tmp_path / "messages.csv"
    csv.write_text("title,detail\n" + "".join(f"反映{w},{w}的押金不退已两次反映未果\n" for w in words))
    done = site.manage("import_messages", str(csv))
    assert done.returncode == 0, done.stderr
    desks = [journeys.log_in(site.url, account) for account in site.accounts("triage")]
    cut: list[str] = []
    for delay in (0.0, 0.05, 0.2):
        threads = [threading.Thread(target=search_and_forget, args=(desk, words[0], cut)) for desk in desks]
        for thread in threads:
            thread.start()
        until_an_index_grows(site)
        time.sleep(delay)
        site.kill_web()
        for thread in threads:
            thread.join(60)
        site.wait(site.answers, 60, "the web server")
    assert cut, "no search was under way when the server was killed"
    for word in (*words[::15], words[-1]):
        assert sum(len(complete(desk, word)) for desk in desks) == 1, word


def search_and_forget(desk: Client, words: str, cut: list[str]) -> None:
    """A search whose answer may never come: then its error's name is put into `cut`."""
    try:
        journeys.find(desk, words)
    except (OSError, HTTPException, ValueError, StopIteration) as error:
        cut.append(type(error).__name__)


def complete(desk: Client, words: str) -> list[str]:
    """The tips found, once the page no longer says that some are not yet read."""
    for _ in range(60):
        tips = journeys.find(desk, words)
        if "尚未读入" not in desk.text:
            return tips
        time.sleep(0.5)
    raise AssertionError("the index does not become complete")


def until_an_index_grows(site: Running) -> None:
    """Returns when an index of tips is being written."""

    def size() -> int:
        found = 0
        for file in (site.var / "find").glob("[0-9a-f]*-*-*.db*"):
            with suppress(FileNotFoundError):  # the journal of somebody who has just closed it
                found += file.stat().st_size
        return found

    start, end = size(), time.monotonic() + 10
    while size() == start and time.monotonic() < end:
        time.sleep(0.005)
