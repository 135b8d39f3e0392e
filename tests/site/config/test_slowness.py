"""What is a whole request, what has arrived, and who is too slow."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from config import slowness

pytestmark = pytest.mark.once
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def post(length: int, body: bytes, name: bytes = b"Content-Length") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\n%s: %d\r\n\r\n%s" % (name, length, body)


@pytest.mark.parametrize(
    ("seen", "count"),
    [
        (GET, 0),
        (GET + b"GET", 0),
        (GET[:-1], len(GET)),
        (b"", 1),
        (post(3, b"abc"), 0),
        (post(3, b"abc", b"CONTENT-LENGTH"), 0),
        (post(3, b"ab"), len(post(3, b"abc"))),
        (post(0, b""), 0),
        (post(10**9, b"ab"), None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", None),
        (b"x" * slowness.SEEN_MOST, None),
    ],
)
def test_missing(seen: bytes, count: int | None) -> None:
    assert slowness.missing(seen) == count


def test_nothing_is_read_away() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(GET)
        assert slowness.awaited(ours) == 0
        assert ours.recv(1000) == GET


def test_half_a_request_is_waited_for_and_an_end_is_not() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert slowness.awaited(ours) == 1
        theirs.sendall(GET[:10])
        assert slowness.awaited(ours) == 11
        ours.recv(1000)
        theirs.close()
        assert slowness.awaited(ours) == 0


def test_the_poll_sleeps_until_all_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _peer = listener.accept()
    with ours, theirs:
        whole = post(1000, b"a" * 1000)
        theirs.sendall(whole[:-1])
        while slowness.awaited(ours) != len(whole) or len(ours.recv(9999, socket.MSG_PEEK)) < len(whole) - 1:
            pass
        slowness.wake_at(ours, len(whole))
        assert select.select([ours], [], [], 0) == ([], [], [])
        theirs.sendall(whole[-1:])
        assert select.select([ours], [], [], 10) == ([ours], [], [])


@contextmanager
def door(folder: object) -> Iterator[tuple[slowness.Path, socket.socket]]:
    """Where the other program would listen, and its socket."""
    path = slowness.Path(str(folder)) / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path, listener


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_connection_is_given_away_and_taken(tmp_path: object) -> None:
    with door(tmp_path) as (path, listener), pair() as (ours, theirs):
        with ThreadPoolExecutor(1) as other:
            received = other.submit(lambda: slowness._received(listener.accept()[0]))
            assert slowness.hand_over(ours, path)
        taken = received.result()
        assert taken is not None
        ours.close()
        with taken:
            theirs.sendall(b"abc")
            assert taken.recv(10) == b"abc"
            taken.sendall(b"back")
            assert theirs.recv(10) == b"back"


def test_who_does_not_say_it_in_time_has_nothing(tmp_path: object) -> None:
    """It listens, and only later finds what it was sent: the connection is not its any more."""
    with door(tmp_path) as (path, listener), pair() as (ours, theirs):
        assert not slowness.hand_over(ours, path)
        assert slowness._received(listener.accept()[0]) is None
        theirs.sendall(b"abc")
        assert ours.recv(10) == b"abc"


def test_who_dies_before_it_says_so_has_nothing(tmp_path: object) -> None:
    with door(tmp_path) as (path, listener), pair() as (ours, _theirs), ThreadPoolExecutor(1) as other:
        given = other.submit(slowness.hand_over, ours, path)
        listener.accept()[0].close()
        assert not given.result()


def test_nobody_there_to_take_it(tmp_path: object) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not slowness.hand_over(ours, slowness.Path(str(tmp_path)) / "none")


def test_a_connection_without_its_message(tmp_path: object) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    assert slowness._received(ours) is None


def test_too_slow_is_ended() -> None:
    ours, theirs = socket.socketpair()
    with theirs, slowness.Paced(fileno=ours.detach()) as paced:
        theirs.sendall(b"a" * 2000)
        assert paced.recv(1000)
        paced.began -= slowness.FREE + 1
        with pytest.raises(ConnectionResetError):
            paced.recv(1000)


def test_a_long_name_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "/tmp/" + "x" * 120)
    assert slowness.path() is None
