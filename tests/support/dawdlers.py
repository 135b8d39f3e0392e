"""Many who send slowly, at once: uploads that never come to an end, and heads that do not either."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.support import journeys
from tests.support.client import Client

SIZE = 5_000_000  # what each says that it will send
PAUSE = 0.5
PIECE = 8192  # bytes after each pause: slow, but not so slow that the site ends it


@contextmanager
def dawdling(base: str, count: int, *, head_only: bool = False) -> Iterator[list[socket.socket]]:
    """`count` uploads to the page for files, each a piece every half second, until the block ends.

    `head_only`: requests that never finish their first lines. The sockets are given to look at.
    """
    client = journeys.to_the_end(Client(base), "慢慢交材料的人").get("/report/files/")
    token = next(f.value for f in client.form("attachments").fields if f.name == "csrfmiddlewaretoken")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.jar)
    address = urlsplit(base)
    lines = [
        "POST /report/files/ HTTP/1.1",
        f"Host: {address.netloc}",
        f"Cookie: {cookies}",
        f"Referer: {base}/report/files/",
        f"Content-Length: {SIZE}",
        "Content-Type: multipart/form-data; boundary=x",
    ]
    body = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
    body += '--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.txt"\r\n\r\n'
    first = "\r\n".join(lines) + ("\r\nX-Slow: " if head_only else "\r\n\r\n" + body)
    open_ones = [socket.create_connection((address.hostname, address.port), 10) for _ in range(count)]
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(PAUSE):
            for each in open_ones:
                try:
                    each.sendall(b"s" * (16 if head_only else PIECE))
                except OSError:
                    continue

    thread = threading.Thread(target=trickle, daemon=True)
    try:
        for each in open_ones:
            each.sendall(first.encode())
        thread.start()
        yield open_ones
    finally:
        over.set()
        thread.join()
        for each in open_ones:
            each.close()


def still_open(connection: socket.socket) -> bool:
    """Has the other side neither answered nor hung up?"""
    return select.select([connection], [], [], 0) == ([], [], [])
