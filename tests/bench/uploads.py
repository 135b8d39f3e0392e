"""Large files on their way in: how much memory the programs take that read, seal and clean them.

The memory is what the processes of a program hold of RAM, pages that several share counted once among them
(Pss of /proc/PID/smaps_rollup, proc(5)), looked at ten times a second.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench.table import Table
from tests.support import journeys
from tests.support.client import Client, filled
from tests.support.running import Running

PARTS = {"web": "config.gunicorn config", "uploads": "config.gunicorn_uploads"}
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
BLOCK = 1 << 20


def run(site: Running, *, megabytes: int = 200) -> Iterator[Table]:
    """One table: a small file, a large one as it is, one that is to be cleaned, four at once."""
    table = Table(
        "Uploads: memory of the programs that take them",
        ["files", "MB each", "to be cleaned", "seconds", "answers", *(f"{n} before, most MB" for n in PARTS)],
        {"web": "gunicorn 2 × 8", "uploads": "1 process, threads"},
    )
    for count, size, strip in (
        (1, 1, False),
        (1, megabytes, False),
        (1, megabytes, True),
        (4, megabytes // 4, False),
    ):
        table.rows.append(_row(site, count, size, strip))
    yield table


def _row(site: Running, count: int, megabytes: int, strip: bool) -> list[Any]:
    clients = [_at_files(site.url) for _ in range(count)]
    before, most, over = _memory(site), _memory(site), threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for name, size in _memory(site).items():
                most[name] = max(most[name], size)

    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda c=client: answers.append(_send(c, megabytes, strip)))  # type: ignore[misc]
        for client in clients
    ]
    watcher, start = threading.Thread(target=watch), time.monotonic()
    for thread in (watcher, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.monotonic() - start
    over.set()
    watcher.join()
    memory = [f"{before[name]:.0f}, {most[name]:.0f}" for name in PARTS]
    return [count, megabytes, "yes" if strip else "no", f"{spent:.1f}", " ".join(map(str, answers)), *memory]


def _at_files(base: str) -> Client:
    """A browser that stands before the page of files."""
    client = Client(base).get("/report/")
    for _ in range(journeys.STEPS):
        if "attachments" in client.form().names():
            return client
        journeys.send(client, journeys.ANSWERS | {"narrative": "附件很大的举报，已反映未果。" * 3})
    raise journeys.Stuck("there is no page of files")


def _send(client: Client, megabytes: int, strip: bool) -> int:
    """The status of the POST of one file, which is made while it is sent."""
    form, boundary = client.form("attachments"), uuid.uuid4().hex
    pairs = [(n, v) for n, v in filled(form, {}) if strip or n != "strip"] + [("upload", "1")]
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in pairs]
    head = "".join(parts) + (
        f'--{boundary}\r\nContent-Disposition: form-data; name="attachments"; filename="film.mp4"\r\n\r\n'
    )
    tail = f"\r\n--{boundary}--\r\n".encode()
    size = megabytes * BLOCK
    noise = os.urandom(BLOCK)

    def body() -> Iterator[bytes]:
        yield head.encode() + FILM
        left = size - len(FILM)
        while left:
            part = noise[: min(left, BLOCK)]
            left -= len(part)
            yield part
        yield tail

    link = http.client.HTTPConnection(client.base.removeprefix("http://"), timeout=300)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.jar)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head.encode()) + size + len(tail)),
        "Cookie": cookies,
        "Referer": client.url,
        "User-Agent": "test",
    }
    try:
        link.request("POST", client.path, body(), headers)
        return link.getresponse().status
    finally:
        link.close()


def _memory(site: Running) -> dict[str, float]:
    """MB of RAM that each program's processes hold together."""
    found = dict.fromkeys(PARTS, 0.0)
    for name, part in PARTS.items():
        for pid in site.processes(part):
            with suppress(OSError):
                held = Path(f"/proc/{pid}/smaps_rollup").read_text()
                found[name] += int(held.partition("\nPss:")[2].split()[0]) / 1024
    return found
