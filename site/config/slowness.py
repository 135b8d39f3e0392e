"""Who sends slowly does not keep others waiting: the web program lets go of whatever has not yet arrived.

A thread of the web program reads a request only when all of it lies in the kernel's buffer; until then nobody
waits for it but the poll (SO_RCVLOWAT, socket(7)). What is not there after a second, or says that it is large
(an upload, a bad line, somebody who dawdles on purpose), is given as an open connection to a program of its
own, which has many threads and little else to do. Nothing of it was read before, so that program begins at
its first byte. It wants a minimum rate and ends what lasts too long.

The two are gunicorn's threaded worker with one step before (`Web`) and another way to get connections
(`Uploads`); connections go over a Unix socket under VAR_DIR that only the site's own user may open
(SCM_RIGHTS, unix(7)).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import time
from collections import deque
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    _DEFER,
    TConn,
    ThreadWorker,
)

GRACE = 1.0  # seconds for a request to be there as a whole
STARTING = 120.0  # seconds that the other program is given to start
WORD = 0.25  # seconds for it to say that it has a connection
HELD_MOST = 256  # connections a process keeps for it meanwhile
SEEN_MOST = 2**17  # bytes that are waited for; what says that it is larger is slow by nature
FREE, RATE = 30.0, 1024.0  # after so many seconds: bytes a second, on the average
SILENCE, DEADLINE = 60.0, 3600.0  # seconds without a byte; seconds for one connection
PATH_MOST = 100  # unix(7) holds 108 bytes
LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r", re.IGNORECASE)
CHUNKED = re.compile(rb"\ntransfer-encoding:", re.IGNORECASE)


def path() -> Path | None:
    """Where the program for slow requests listens; None where its name would be too long."""
    found = Path(os.environ.get("VAR_DIR") or "var").resolve() / "uploads.sock"
    return found if len(os.fsencode(found)) <= PATH_MOST else None


def missing(seen: bytes) -> int | None:
    """How many bytes of it are needed before it is worth another look; 0 for a whole request.

    None: it is larger than what is waited for.
    """
    head, end, _body = seen.partition(b"\r\n\r\n")
    if not end:
        return None if len(seen) >= SEEN_MOST else len(seen) + 1
    head += b"\r\n"
    if CHUNKED.search(head):
        return None
    length = LENGTH.search(head)
    size = len(head) + 2 + (int(length[1]) if length else 0)
    if size > SEEN_MOST:
        return None
    return 0 if len(seen) >= size else size


def awaited(connection: socket.socket) -> int | None:
    """`missing` of what lies there now. Reads nothing away."""
    try:
        seen = connection.recv(SEEN_MOST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return 1
    except OSError:
        return 0  # broken: who reads it finds out
    return missing(seen) if seen else 0


def wake_at(connection: socket.socket, count: int) -> None:
    """The poll speaks of this connection only once so many bytes are there."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def hand_over(connection: socket.socket, to: Path) -> bool:
    """Gives the open connection to the other program. False where that does not say that it has it.

    Without its word a connection would be lost that waits for a program which has just died. Who does not
    say it in time cannot say it any more: one of the two has the connection, never both.
    """
    try:
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(WORD)
            channel.connect(str(to))
            socket.send_fds(channel, [b"\1"], [connection.fileno()])
            with contextlib.suppress(TimeoutError):
                return channel.recv(1) == TAKEN
            channel.shutdown(socket.SHUT_RD)
            return channel.recv(1) == TAKEN
    except OSError:
        return False


TAKEN = b"\2"
HELD = object()  # handle() to finish_request(): nobody takes it yet


class Web(ThreadWorker):
    """Serves what has arrived, and lets go of the rest."""

    down_since: float | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.held: deque[Any] = deque()  # of the main loop alone; the oldest first

    def handle(self, conn: Any) -> Any:
        """In a thread: serve it, put it back to the poll, or give it away."""
        to = path()
        if to is None or _read_ahead(conn):
            return super().handle(conn)
        conn.began = getattr(conn, "began", None) or time.monotonic()
        count = awaited(conn.sock)
        late = time.monotonic() - conn.began > GRACE
        if count and not late:
            wake_at(conn.sock, count)
            return _DEFER
        if count != 0:
            if not self.held and self.gave(conn, to):
                return False
            if self.starting(to):
                return HELD
        wake_at(conn.sock, 1)
        conn.began = None
        return super().handle(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """In the main loop, after `handle`: what nobody takes yet is kept for a while."""
        if fs.cancelled() or fs.exception() or fs.result() is not HELD:
            super().finish_request(conn, fs)
        else:
            self.hold(conn)

    def hold(self, conn: Any) -> None:
        """Keeps it until the other program is there. It costs no thread; beyond HELD_MOST the oldest goes."""
        self.held.append(conn)
        if len(self.held) > HELD_MOST:
            self.nr_conns -= 1
            self.held.popleft().close()

    def release(self) -> None:
        """Gives away what was kept, and serves here what has arrived meanwhile or is not to be waited for."""
        to, down = path(), False
        for conn in [self.held.popleft() for _ in range(len(self.held))]:
            if to is None or awaited(conn.sock) == 0:
                self.enqueue_req(conn)
            elif not down and self.gave(conn, to):
                self.nr_conns -= 1
                conn.close()
            elif self.starting(to):
                down = True  # the others are not tried before the next round
                self.held.append(conn)
            else:
                self.enqueue_req(conn)

    def gave(self, conn: Any, to: Path) -> bool:
        """Whether the other program took it."""
        taken = given_away(conn, to)
        if taken:
            self.down_since = None
        return taken

    def starting(self, to: Path) -> bool:
        """Is there such a program on this site, only not at this moment? Then who is slow waits for it.

        To serve them here would let the few threads of this program fill with them while the other starts.
        One that stays away is not waited for: better a slow site than one that takes no files.
        """
        if not to.exists():
            return False
        self.down_since = self.down_since or time.monotonic()
        return time.monotonic() - self.down_since < STARTING

    def murder_pending(self) -> None:
        """In the main loop: those that have been put back for too long are given away."""
        now = time.monotonic()
        for conn in list(self.pending_conns):
            if now - (getattr(conn, "began", None) or now) <= GRACE:
                continue
            self.pending_conns.remove(conn)
            with contextlib.suppress(OSError, KeyError, ValueError):
                self.poller.unregister(conn.sock)
            self.hold(conn)
        super().murder_pending()
        self.release()


def given_away(conn: Any, to: Path) -> bool:
    """Was it taken? Then what is closed here is a socket that leads nowhere."""
    wake_at(conn.sock, 1)
    conn.sock.setblocking(True)
    if not hand_over(conn.sock, to):
        return False
    conn.sock.close()
    conn.sock = socket.socket()
    return True


def _read_ahead(conn: Any) -> bool:
    """Has its parser read bytes of this request already?"""
    return conn.parser is not None and bool(conn.parser.unreader.buf.getvalue())


class Uploads(ThreadWorker):
    """Serves the connections that the web program gives away, one request each."""

    def accept(self, listener: Any) -> None:
        """Takes one connection out of the one that came."""
        try:
            channel, _peer = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        connection = _received(channel)
        if connection is None:
            return
        try:
            conn = TConn(self.cfg, connection, connection.getpeername(), connection.getsockname())
        except OSError:  # it has gone meanwhile
            connection.close()
            return
        self.nr_conns += 1
        self.enqueue_req(conn)


def _received(channel: socket.socket) -> Paced | None:
    descriptors: list[int] = []
    with channel:
        try:
            channel.settimeout(1)
            _data, descriptors, _flags, _address = socket.recv_fds(channel, 1, 1)
            channel.sendall(TAKEN)
        except OSError:
            for each in descriptors:
                os.close(each)
            return None
    return Paced(fileno=descriptors[0]) if descriptors else None


class Paced(socket.socket):
    """A connection that must bring at least RATE bytes a second in the long run."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.began, self.taken = time.monotonic(), 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Raises ConnectionResetError for who is too slow: for everybody above, the browser has gone."""
        if self.gettimeout() is None:
            self.settimeout(SILENCE)
        data = super().recv(size, flags)
        self.taken += len(data)
        spent = time.monotonic() - self.began
        if spent > DEADLINE or (spent > FREE and self.taken < RATE * spent):
            raise ConnectionResetError(errno.ECONNRESET, "too slow")
        return data
