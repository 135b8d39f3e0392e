"""An optional virus scanner that speaks clamd's INSTREAM (clamd(8)): the file goes there in pieces.

It sees the file in clear: it belongs on the same host (a Unix socket, or loopback). Not set: nothing is
scanned, and nothing is said about it. Set and silent: the file waits.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

CONNECT_S, ANSWER_S = 3.0, 60.0
ANSWER_MOST = 4096
FOUND = re.compile(r"^stream: (.{1,200}) FOUND$")


class Down(Exception):
    """The scanner is set, but did not answer: nobody knows what the file is."""


@dataclass(frozen=True)
class Verdict:
    """What the scanner said: `found` is the name of what is in the file, or "" where it found nothing."""

    found: str


def wanted() -> bool:
    """Whether a scanner is set."""
    return bool(settings.CLAMD_URL)


def scan(blocks: Iterable[bytes]) -> Verdict:
    """Asks the scanner about a file. Raises Down where it is away, refuses, or says what it never says."""
    try:
        with _connected() as line:
            line.sendall(b"zINSTREAM\0")
            try:
                for block in blocks:
                    if block:
                        line.sendall(len(block).to_bytes(4, "big") + block)
                line.sendall(bytes(4))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it stops reading where a file is larger than it takes, and says so
            return _verdict(_answer(line))
    except OSError:
        raise Down from None


def _connected() -> socket.socket:
    address = urlsplit(settings.CLAMD_URL)
    if address.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(CONNECT_S)
        try:
            line.connect(address.path)
        except OSError:
            line.close()
            raise
    else:
        line = socket.create_connection((address.hostname or "", address.port or 3310), timeout=CONNECT_S)
    line.settimeout(ANSWER_S)
    return line


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < ANSWER_MOST:
        if not (part := line.recv(ANSWER_MOST)):
            break
        said += part
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _verdict(said: str) -> Verdict:
    if said == "stream: OK":
        return Verdict("")
    if found := FOUND.match(said):
        return Verdict(found[1])
    raise Down
