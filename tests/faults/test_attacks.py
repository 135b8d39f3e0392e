"""What strangers send to the real site over a bare socket: no 500 is the answer, and nothing of anybody's."""

from __future__ import annotations

import re
import socket

import pytest

from tests.support import journeys
from tests.support.client import Client
from tests.support.running import Running

pytestmark = pytest.mark.once
HEAD = b"Host: 127.0.0.1:%d\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
PARTS = b"Content-Type: multipart/form-data; boundary=x\r\n"
# name: (request line and headers of its own, body); the usual headers come between.
REQUESTS: dict[str, tuple[bytes, bytes]] = {
    "two ways to say how long": (
        b"POST /report/ HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
    ),
    "two lengths": (b"POST /report/ HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n", b"hello"),
    "a negative length": (b"POST /report/ HTTP/1.1\r\nContent-Length: -5\r\n", b""),
    "a length in words": (b"POST /report/ HTTP/1.1\r\nContent-Length: abc\r\n", b""),
    "a length with a plus": (b"POST /report/ HTTP/1.1\r\nContent-Length: +5\r\n", b"hello"),
    "chunks that are none": (b"POST /report/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", b"ZZ\r\nhello\r\n"),
    "a blank before the colon": (b"POST /report/ HTTP/1.1\r\nTransfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "2 GB, as it says": (
        b"POST /report/files/ HTTP/1.1\r\nContent-Length: 2147483648\r\n" + PARTS,
        b"--x\r\n",
    ),
    "no token": (b"POST /report/ HTTP/1.1\r\nContent-Length: 4\r\n" + FORM, b"go=1"),
    "an empty boundary": (
        b"POST /report/files/ HTTP/1.1\r\nContent-Length: 4\r\n"
        b"Content-Type: multipart/form-data; boundary=\r\n",
        b"----",
    ),
    "JSON": (
        b"POST /report/return/ HTTP/1.1\r\nContent-Length: 2\r\nContent-Type: application/json\r\n",
        b"{}",
    ),
    "UTF-7": (
        b"POST /report/return/ HTTP/1.1\r\nContent-Length: 9\r\n"
        b"Content-Type: application/x-www-form-urlencoded; charset=utf-7\r\n",
        b"receipt=1",
    ),
    "cookies that are none": (
        b"GET /report/what/ HTTP/1.1\r\nCookie: qf_draft=" + b"A" * 64 + b"; sessionid=../../x\r\n",
        b"",
    ),
    "bytes in a cookie": (b"GET /report/what/ HTTP/1.1\r\nCookie: qf_return=\xff\xfe\r\n", b""),
    "NUL in an address": (b"GET /report/%00 HTTP/1.1\r\n", b""),
    "NUL as it is": (b"GET /rep\0ort/ HTTP/1.1\r\n", b""),
    "up from what is static": (b"GET /static/../../etc/passwd HTTP/1.1\r\n", b""),
    "the same, written otherwise": (b"GET /static/%2e%2e/%2e%2e/db.sqlite3 HTTP/1.1\r\n", b""),
    "up from media": (b"GET /media/../db.sqlite3 HTTP/1.1\r\n", b""),
    "a long header": (b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n", b""),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(500)), b""),
    "a long address": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n", b""),
    "TRACE": (b"TRACE / HTTP/1.1\r\n", b""),
    "PUT": (b"PUT /report/what/ HTTP/1.1\r\nContent-Length: 1\r\n", b"x"),
    "HTTP/2": (b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", b""),
    "a proxy's greeting": (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n", b""),
    "SQL for a step": (b"GET /report/q-%27%20or%201=1--/ HTTP/1.1\r\n", b""),
    "a strange item": (b"GET /report/?about=power:" + b"%F0%9F%92%A9" * 200 + b"&step=%00 HTTP/1.1\r\n", b""),
}


def sent(site: Running, request: bytes, body: bytes, *, head: bytes | None = None) -> bytes:
    """The whole answer; b"" where the connection was closed without one."""
    usual = HEAD % site.port if head is None else head
    line, _, own = request.partition(b"\r\n")
    answer = b""
    with socket.create_connection(("127.0.0.1", site.port), 20) as link:
        try:
            link.sendall(line + b"\r\n" + usual + own + b"\r\n" + body)
            link.shutdown(socket.SHUT_WR)
            while part := link.recv(65_536):
                answer += part
        except ConnectionError:
            pass
    return answer


@pytest.mark.parametrize("name", REQUESTS)
def test_it_is_answered(site: Running, name: str) -> None:
    answer = sent(site, *REQUESTS[name])
    assert not answer or re.match(rb"HTTP/1\.[01] [234]\d\d", answer), answer[:200]
    assert b"root:x:" not in answer
    assert b"SQLite format" not in answer
    assert b"Traceback" not in answer


def test_a_host_of_somebody_elses(site: Running) -> None:
    """Refused as it is; put in by other headers, it comes into no page, nor into one that is kept."""
    assert b" 400 " in sent(site, b"GET / HTTP/1.1\r\n", b"", head=b"Host: evil.example\r\n\r\n")[:20]
    others = b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Original-URL: /admin/\r\n"
    for path in (b"/power/", b"/accounts/login/", b"/report/return/"):
        for more in (others, b""):  # the second one would be given what was kept of the first
            assert b"evil.example" not in sent(site, b"GET " + path + b" HTTP/1.1\r\n" + more, b"")


def test_a_cookie_of_another_session_and_one_used_again(site: Running) -> None:
    receipt = journeys.report(site.url, "窗口多收钱，已反映未果。" * 3)
    client = journeys.come_back(site.url, receipt)
    stolen = next(cookie for cookie in client.jar if cookie.name == "qf_return")
    client.submit(next(form for form in client.page.forms if form.action.endswith("/close/")))
    again = Client(site.url)
    again.jar.set_cookie(stolen)
    assert not again.get("/report/return/view/").path.endswith("/view/"), "the session is over"
    # The token of one browser's form does not go with another browser's cookies.
    one, two = Client(site.url).get("/report/"), Client(site.url).get("/report/")
    assert two.submit(one.form()).status == 403


def test_steps_in_any_order(site: Running) -> None:
    for path in ("check", "identity", "files", "office", "sent"):
        client = Client(site.url).get("/report/")
        client.submit(client.form())
        form = client.form()
        form.action = f"/report/{path}/"
        assert client.submit(form, {"rev": "99999999"}).status < 500, path
    client = Client(site.url).get("/report/return/")
    form = client.form("receipt")
    form.action = "/report/check/"
    assert client.submit(form).status < 500
