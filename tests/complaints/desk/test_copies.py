"""The cleaned copy at the desk: made once, sealed, shown; the original stays as it came."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from ledger.models import Event
from PIL import Image

from complaints.desk import scanning
from complaints.intake import uploads
from complaints.vault import files as blobs
from complaints.vault.models import Cell, SealedFile
from tests.complaints.intake import planted

EICAR = b"not really a virus"


def attached(desk: Any, name: str, data: bytes) -> tuple[Any, str]:
    file = uploads.seal_file(name=name, content=ContentFile(data).chunks())
    tip = desk.tip(files=[file])
    return tip, f"/desk/tips/{tip.number}/files/{file.uuid}/"


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_picture_from_first_look_to_download(desk: Any) -> None:
    data = planted.picture("JPEG", (320, 200))
    tip, url = attached(desk, "../夜市\u202e.jpg", data)
    client = desk.client("handler")
    assert "还没有查看件" in client.get(url + "look/").text
    assert client.get(url + "copy/").status_code == 404
    made = client.post(url + "look/")
    assert (made.status_code, made["Location"]) == (303, url + "look/")
    page = client.get(url + "look/")
    assert hashlib.sha256(data).hexdigest() in page.text
    assert url + "pages/1/" in page.text
    shown = client.get(url + "pages/1/")
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in shown["Cache-Control"]
    copy = body(shown)
    assert Image.open(io.BytesIO(copy)).size == (320, 200)
    assert planted.CANARY not in copy
    assert url + "pages/0/" in client.get(f"/desk/tips/{tip.number}/").text
    assert body(client.get(url + "pages/0/"))[:2] == b"\xff\xd8"
    assert client.get(url + "pages/2/").status_code == 404
    down = client.get(url + "copy/")
    assert down["Content-Disposition"].startswith("attachment")
    assert "/" not in down["Content-Disposition"].partition("filename")[2]
    assert body(down) == copy
    assert body(client.get(url)) == data  # the original, byte for byte


def test_it_is_made_once_and_recorded(desk: Any) -> None:
    tip, url = attached(desk, "a.jpg", planted.picture("JPEG"))
    client = desk.client("handler")
    for _again in range(2):
        assert client.post(url + "look/").status_code == 303
    (event,) = Event.objects.filter(kind="copied", tag=bytes(tip.tag))
    (cell,) = Cell.objects.filter(tip=tip.uuid, label="file-meta")
    assert bytes(event.cell_hash) == bytes(cell.hash)
    row = SealedFile.objects.get(cell=cell.uuid)
    sealed = blobs.store().open(row.name).read()
    assert sealed[:4] == b"qf1F"  # the copy is never in clear
    assert b"\xff\xd8\xff" not in sealed[:200]
    assert client.get(f"/desk/tips/{tip.number}/files/{row.pk}/").status_code == 404  # no attachment


def test_two_at_once_keep_one(desk: Any) -> None:
    from complaints.desk import copies

    tip, _url = attached(desk, "a.jpg", planted.picture("JPEG"))
    users, seeds = desk.users, desk.seeds
    pk = SealedFile.objects.get(tip=tip.uuid).pk
    one, other = (
        copies.attachment(user=users["handler"], seed=seeds["handler"], tip=tip, pk=pk) for _ in range(2)
    )
    first = copies.make(user=users["handler"], file=one)
    second = copies.make(user=users["handler"], file=other)
    assert first == second
    assert SealedFile.objects.filter(tip=tip.uuid).count() == 2
    folder = blobs.store().listdir("")[0]
    assert sum(len(blobs.store().listdir(name)[1]) for name in folder) == 2


def test_pages_and_words(desk: Any) -> None:
    _tip, url = attached(desk, "a.pdf", planted.pdf())
    client = desk.client("handler")
    client.post(url + "look/")
    assert url + "pages/1/" in client.get(url + "look/").text
    assert client.get(url + "pages/1/")["Content-Type"] == "image/jpeg"
    _tip, url = attached(desk, "a.docx", planted.ooxml("docx"))
    client.post(url + "look/")
    assert "押金 200 元" in client.get(url + "look/").text


def test_why_there_is_none_is_said(desk: Any) -> None:
    _tip, url = attached(desk, "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    client = desk.client("handler")
    client.post(url + "look/")
    page = client.get(url + "look/").text
    assert "这种格式在这里没有办法去掉隐藏的信息" in page
    assert client.get(url).status_code == 200


def test_who_may_not(desk: Any) -> None:
    _tip, url = attached(desk, "a.jpg", planted.picture("JPEG"))
    for end in ("look/", "copy/", "pages/0/"):
        assert desk.client("outsider").get(url + end).status_code == 404
        assert desk.client("auditor").get(url + end).status_code in (303, 403)


@pytest.fixture
def clamd(settings: Any) -> Iterator[Any]:
    """A server that speaks INSTREAM: it finds EICAR, and keeps what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    settings.CLAMD_URL = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    seen: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                line, _peer = server.accept()
            except OSError:
                return
            with line, line.makefile("rb") as given:
                assert given.read(10) == b"zINSTREAM\0"
                data = b""
                while size := int.from_bytes(given.read(4), "big"):
                    data += given.read(size)
                seen.append(data)
                line.sendall(b"stream: Eicar-Test FOUND\0" if EICAR in data else b"stream: OK\0")

    threading.Thread(target=serve, daemon=True).start()
    yield seen
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_the_scanner_sees_the_whole_file(desk: Any, clamd: list[bytes]) -> None:
    data = planted.picture("JPEG", (300, 300)) + bytes(200_000)
    _tip, url = attached(desk, "a.jpg", data)
    client = desk.client("handler")
    assert client.get(url)["Location"] == url + "look/"  # the original waits, too
    client.post(url + "look/")
    assert clamd == [data]
    assert "查看件" in client.get(url + "look/").text
    assert body(client.get(url)) == data


def test_the_scanner_finds_something(desk: Any, clamd: list[bytes]) -> None:
    tip, url = attached(desk, "a.jpg", planted.picture("JPEG") + EICAR)
    client = desk.client("handler")
    client.post(url + "look/")
    assert "Eicar-Test" in client.get(url + "look/").text
    assert "发现病毒" in client.get(f"/desk/tips/{tip.number}/").text
    assert client.get(url + "copy/").status_code == 404


def test_the_scanner_is_down(desk: Any, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.CLAMD_URL = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
    tip, url = attached(desk, "a.jpg", planted.picture("JPEG"))
    client = desk.client("handler")
    answer = client.post(url + "look/")
    assert answer.status_code == 503
    assert "这份材料先等着" in answer.text
    assert client.get(url).status_code == 303
    assert not Cell.objects.filter(tip=tip.uuid, label="file-meta").exists()


@pytest.mark.parametrize("said", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"x" * 5000])
def test_strange_answers_are_no_verdict(settings: Any, said: bytes) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    settings.CLAMD_URL = f"tcp://127.0.0.1:{server.getsockname()[1]}"

    def serve() -> None:
        line, _peer = server.accept()
        with line:
            line.recv(100)
            line.sendall(said)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with pytest.raises(scanning.Down):
        scanning.scan([b"abc"])
    thread.join()
    server.close()
