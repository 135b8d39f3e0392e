"""What no browser sends: other codecs, NULs in addresses and cookies. An answer, never a fault of ours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from config.middleware import plain_text, utf_8_only
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory

from search.engines import disclosures

pytestmark = pytest.mark.django_db
CODECS = [
    "charset=hex",
    "charset=zlib",
    "charset=unicode_escape",
    'charset="utf-7"',
    "charset=idna",
    "charset=nothing",
    "charset*=utf-8''hex",
    "charset*=nothing''x",
    "charset*0=he; charset*1=x",
]
FORM = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n\\ud800+2AA-\r\n--x--\r\n'


def environ(method: str, path: str, kind: str, *, query: str = "", body: bytes = b"") -> dict[str, Any]:
    """What the web server hands on."""
    made: dict[str, Any] = dict(RequestFactory().get("/").environ)
    made |= {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "localhost"}
    made |= {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    return made


def status(*args: Any, **more: Any) -> int:
    """Of the answer of the application as the web server calls it."""
    from config.wsgi import application

    said: list[str] = []

    def start(line: str, headers: Any, error: Any = None) -> Any:
        said.append(line)

    list(application(environ(*args, **more), start))
    return int(said[0].split()[0])


@pytest.fixture(autouse=True)
def the_test_keeps_its_connection() -> Iterator[None]:
    """The application closes its connection when a request begins and ends; here it is the test's own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("path", ["/search/", "/report/return/", "/accounts/login/"])
def test_another_codec(wagtail_root: Any, cheap_kdf: None, path: str, codec: str) -> None:
    disclosures().mark_whole()  # as set-up leaves it
    assert status("GET", path, f"text/plain; {codec}", query="q=%5Cud800%2B2AA-") == 200
    assert status("POST", path, f"multipart/form-data; boundary=x; {codec}", body=FORM) < 500
    assert status("POST", path, f"application/x-www-form-urlencoded; {codec}", body=b"login=%ff") < 500


@pytest.mark.parametrize("codec", [*CODECS, "charset=UTF-8", ""])
def test_half_characters_never_arrive(codec: str) -> None:
    seen: list[str] = []

    def application(made: Any, start: Any) -> Any:
        seen.append(WSGIRequest(made).GET["q"])
        return []

    utf_8_only(application)(environ("GET", "/", f"text/plain; {codec}", query="q=%5Cud800%E6%B8%85"), print)
    assert seen == ["\\ud800清"]


def test_a_form_of_ours_is_read(rf: RequestFactory) -> None:
    seen: list[str] = []

    def application(made: Any, start: Any) -> Any:
        seen.append(WSGIRequest(made).POST["login"])
        return []

    for kind in ("multipart/form-data; boundary=x", "multipart/form-data; boundary=x; charset=UTF-8"):
        utf_8_only(application)(environ("POST", "/", kind, body=FORM), print)
    assert seen == ["\\ud800+2AA-"] * 2


@pytest.mark.parametrize("path", ["/power/%00/", "/%00/", "/media/%00", "/desk/tips/%00/", "/en/a%00/"])
def test_a_nul_in_an_address(client: Client, wagtail_root: Any, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert "<html" in answer.content.decode()


def test_a_nul_in_a_cookie_is_no_cookie(rf: RequestFactory) -> None:
    seen: dict[str, str] = {}

    def view(request: Any) -> HttpResponse:
        seen.update(request.COOKIES)
        return HttpResponse()

    plain_text(view)(rf.get("/", HTTP_COOKIE='sessionid="abcdefgh\\000"; good=1'))
    assert seen == {"good": "1"}
