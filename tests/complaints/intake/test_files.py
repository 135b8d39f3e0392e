"""Uploads: sealed as they arrive, checked by content, gone without a trace where they are refused."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from complaints.intake import drafts, filetypes, uploads
from complaints.intake.browser import DRAFT_COOKIE, Handle
from complaints.intake.models import Tip
from complaints.vault.files import open_blob, open_file
from complaints.vault.models import SealedFile

from . import planted

PNG = planted.picture("PNG")
ZIP = b"PK\x03\x04" + bytes(22) + (19).to_bytes(2, "little") + b"\0\0" + b"[Content_Types].xml" + bytes(50)


def blobs(settings: Any) -> list[Path]:
    return [p for p in Path(settings.STORAGES["sealed"]["OPTIONS"]["location"]).rglob("*") if p.is_file()]


def at_files(site: Any, **kwargs: Any) -> Any:
    reporter = site.reporter(**kwargs)
    reporter.answer_until("office")
    return reporter


def test_it_works(site: Any, settings: Any) -> None:
    reporter = at_files(site)
    content = "证据内容".encode() * 50_000
    answer = reporter.send(
        "files", attachments=[SimpleUploadedFile("证据.txt", content), SimpleUploadedFile("a.png", PNG)]
    )
    assert answer.status_code == 303
    assert SealedFile.objects.filter(tip=None).count() == 2
    reporter.send("identity")
    reporter.send("check")
    tip = Tip.objects.get()
    assert tip.files == 2
    assert SealedFile.objects.filter(tip=tip.uuid, draft=None).count() == 2
    assert all("证据".encode() not in blob.read_bytes() for blob in blobs(settings))
    page = reporter.come_back(site_receipt(reporter))
    assert "证据.txt" in page.content.decode()
    row = next(f for f in files_of(site, tip) if f["name"] == "证据.txt")
    assert row["strip"] is True
    assert b"".join(open_file(uploads.UUID(row["uuid"]), bytes.fromhex(row["key"]), row["size"])) == content
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    got = reporter.client.get(f"/report/return/files/{row['uuid']}/")
    assert b"".join(got.streaming_content) == content
    assert got["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got["Content-Security-Policy"]
    assert site.reporter().client.get(f"/report/return/files/{row['uuid']}/").status_code == 303


def site_receipt(reporter: Any) -> str:
    from .conftest import RECEIPT

    return RECEIPT.search(reporter.get("sent").content.decode())[0]  # type: ignore[index]


def files_of(site: Any, tip: Tip) -> list[dict[str, Any]]:
    import json

    from complaints.vault import tips

    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    return [json.loads(cell.text) for cell in tips.read_cells(keys, tip.uuid, ["file"])]


def test_without_a_file_it_goes_on(site: Any) -> None:
    assert at_files(site).send("files").status_code == 303


def test_upload_stays_and_remove_removes(site: Any, settings: Any) -> None:
    reporter = at_files(site)
    answer = reporter.send("files", button="upload", attachments=SimpleUploadedFile("a.txt", b"one"))
    assert answer["Location"].endswith("/files/")
    assert "a.txt" in reporter.get("files").content.decode()
    uuid = str(SealedFile.objects.get().uuid)
    reporter.client.post(reporter.url("files"), {"remove": uuid})
    assert not SealedFile.objects.exists()
    assert not blobs(settings)
    assert "a.txt" not in reporter.get("files").content.decode()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.txt", b"", "空"),
        ("run.exe", b"MZ\x90\0" + bytes(100), "不能交"),
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", "不能交"),
        ("pic.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不能交"),
        ("a.jpg", ZIP, "不能交"),
        ("macro.docm", ZIP, "不能交"),
        ("run.bat", b"echo hello", "不能交"),
        ("noise.txt", b"a\0b", "不能交"),
        ("late.txt", b"a" * 70_000 + b"\0", "不能交"),
    ],
)
def test_refused_files_leave_nothing(site: Any, settings: Any, name: str, content: bytes, words: str) -> None:
    reporter = at_files(site)
    answer = reporter.send("files", attachments=SimpleUploadedFile(name, content))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert name in page
    assert 'href="#attachments"' in page
    assert not blobs(settings)
    assert not SealedFile.objects.exists()


def test_too_large_and_too_many(site: Any, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_MAX_FILES = 200_000, 2
    reporter = at_files(site)
    answer = reporter.send("files", attachments=SimpleUploadedFile("big.txt", b"a" * 200_001))
    assert answer.status_code == 422
    assert not blobs(settings)
    files = [SimpleUploadedFile(f"{n}.txt", b"a") for n in range(3)]
    answer = reporter.send("files", attachments=files)
    assert answer.status_code == 422
    assert "一共最多 2 个" in answer.content.decode()
    assert len(blobs(settings)) == 2


def test_a_refused_request_leaves_no_blob(site: Any, settings: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("office")
    rev = reporter.rev("files")
    reporter.client.handler.enforce_csrf_checks = True
    answer = reporter.send("files", rev=rev, attachments=SimpleUploadedFile("a.txt", b"one"))
    assert answer.status_code == 403
    assert not blobs(settings)


def test_files_sent_to_other_pages_go_nowhere(site: Any, settings: Any) -> None:
    reporter = at_files(site)
    for key in ("what", "who"):
        answer = reporter.send(key, attachments=SimpleUploadedFile("a.txt", b"x" * 3_000_000))
        assert answer.status_code == 303
    reporter.client.post("/report/nonsense/", {"attachments": SimpleUploadedFile("a.txt", b"x")})
    assert not blobs(settings)


@pytest.mark.parametrize(
    ("head", "name", "mime"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(20), "a.jpg", "image/jpeg"),
        (PNG, "renamed.exe", "image/png"),
        (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
        (ZIP, "a.docx", filetypes.IN_ZIP["docx"]),
        (b"\0\0\0\x18ftypmp42" + bytes(20), "a.mp4", "video/mp4"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "a.heic", "image/heic"),
        ("中文".encode("gb18030"), "a.txt", "text/plain"),
        ("中文".encode()[:-1], "a.csv", "text/plain"),
        (b"#!AMR\n" + bytes(5), "a.amr", "audio/amr"),
        (b"\xff\xfb\x90\0", "a.mp3", "audio/mpeg"),
    ],
)
def test_kinds_by_content(head: bytes, name: str, mime: str) -> None:
    kind = filetypes.kind_of(head, name)
    assert kind is not None
    assert kind.mime == mime


def test_a_copy_is_named_as_its_content_says() -> None:
    assert filetypes.download_name("a.exe", None, "image/png") == "a.exe.png"
    assert filetypes.download_name("a.JPG", None, "image/jpeg") == "a.JPG"


def test_a_body_that_ends_inside_a_file(site: Any, settings: Any) -> None:
    reporter = at_files(site)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.txt"\r\n\r\n'
        + b"a" * 100_000
    )
    answer = reporter.client.post(reporter.url("files"), body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code in (400, 422)
    assert not blobs(settings)
    assert not SealedFile.objects.exists()


def draft_files(reporter: Any) -> list[dict[str, Any]]:
    """The files of the reporter's draft, as their cookie opens it."""
    request = RequestFactory().get("/report/")
    request.COOKIES[DRAFT_COOKIE] = reporter.client.cookies[DRAFT_COOKIE].value
    return drafts.read(Handle.of(request, DRAFT_COOKIE)).content.files


def test_hidden_data_is_taken_out_of_the_original_too(site: Any, settings: Any) -> None:
    """As the reporter wished: what is kept is the clean file, and nothing of the other."""
    reporter = at_files(site)
    photo = SimpleUploadedFile("夜市.jpg", planted.picture("JPEG"))
    assert reporter.send("files", attachments=photo, strip="1").status_code == 303
    (row,) = SealedFile.objects.all()
    (file,) = draft_files(reporter)
    assert (file["uuid"], file["strip"], file["unclean"]) == (str(row.uuid), True, "")
    kept = b"".join(open_blob(row.name, row.uuid, bytes.fromhex(file["key"]), file["size"]))
    assert kept[:2] == b"\xff\xd8"
    assert planted.CANARY not in kept
    assert len(blobs(settings)) == 1


def test_that_it_cannot_is_said_before_anything_is_sent(site: Any, settings: Any) -> None:
    reporter = at_files(site)
    old = SimpleUploadedFile("帐.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(900))
    answer = reporter.send("files", attachments=old, strip="1")
    assert answer.status_code == 422
    assert "没能去掉：这种格式在这里没有办法去掉隐藏的信息" in answer.content.decode()
    assert len(blobs(settings)) == 1  # it is kept: one may go on with it, or take it out
    assert reporter.send("files", strip="1").status_code == 303
    assert draft_files(reporter)[0]["unclean"] == "kind"


def test_a_site_may_take_fewer_kinds(site: Any, settings: Any) -> None:
    settings.UPLOAD_TYPES = ["image/*", "application/pdf"]
    reporter = at_files(site)
    answer = reporter.send("files", attachments=SimpleUploadedFile("a.txt", b"abc"))
    assert answer.status_code == 422
    assert not blobs(settings)


def test_all_files_of_a_report_together(site: Any, settings: Any) -> None:
    """Those of the draft and those that come later count; one that was refused does not."""
    settings.UPLOAD_TIP_BYTES = 2_000
    reporter = at_files(site)
    files = [SimpleUploadedFile(f"{n}.txt", b"a" * size) for n, size in enumerate((1_200, 1_200, 700))]
    answer = reporter.send("files", attachments=files)
    assert answer.status_code == 422
    assert "合起来不超过" in answer.content.decode()
    assert len(blobs(settings)) == 2  # the first and the third
    assert reporter.send("files", attachments=SimpleUploadedFile("x.txt", b"a" * 200)).status_code == 422
    for key in ("files", "identity", "check"):
        assert reporter.send(key).status_code == 303
    reporter.come_back(site_receipt(reporter).replace(" ", ""))
    sent = [
        reporter.client.post(
            "/report/return/view/", {"attachments": SimpleUploadedFile("y.txt", b"a" * size)}
        )
        for size in (300, 20)
    ]
    assert [answer.status_code for answer in sent] == [422, 303]
    assert len(blobs(settings)) == 3


def test_all_files_of_the_site(site: Any, settings: Any) -> None:
    settings.UPLOAD_SITE_BYTES = 3_000
    at_files(site).send("files", attachments=SimpleUploadedFile("a.txt", b"a" * 2_000))
    reporter = at_files(site)
    answer = reporter.send("files", attachments=SimpleUploadedFile("b.txt", b"a" * 2_000))
    assert answer.status_code == 422
    assert "存不下更多文件" in answer.content.decode()
    assert len(blobs(settings)) == 1
    assert reporter.send("files").status_code == 303  # the report itself goes on


def test_the_disk_is_never_filled(site: Any, settings: Any) -> None:
    settings.UPLOAD_FREE_BYTES = 2**62
    reporter = at_files(site)
    answer = reporter.send("files", attachments=SimpleUploadedFile("a.txt", b"a"))
    assert "存不下更多文件" in answer.content.decode()
    assert not blobs(settings)


@pytest.mark.parametrize("ending", ["doc", "xls", "ppt", "wps", "msg"])
def test_old_formats_are_said_to_keep_what_they_hide(site: Any, ending: str) -> None:
    """Before anything is sent: on the page of files, at the file, and once more where all is checked."""
    reporter = at_files(site)
    assert ending in reporter.get("files").content.decode()
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000)
    answer = reporter.send("files", attachments=SimpleUploadedFile(f"旧.{ending}", ole))
    assert answer.status_code == 422
    assert "隐藏的信息没能去掉" in answer.content.decode()
    for key in ("files", "identity"):
        assert reporter.send(key).status_code == 303
    assert "隐藏的信息没能去掉" in reporter.get("check").content.decode()


@pytest.mark.parametrize("path", ["files", "what", "return/view", "return"])
def test_a_body_larger_than_anything_taken_is_not_read(site: Any, path: str) -> None:
    """Refused by what it says of itself: on a page of files and on any other, with and without a draft."""
    reporter = at_files(site)
    receipt = site.reporter().report()

    class Body(io.BytesIO):
        """Two gigabytes of which nobody should want a byte."""

        def read(self, *_size: Any) -> bytes:
            raise AssertionError("it is read")

    answers = []
    reporter.come_back(receipt)
    for client in (reporter.client, site.reporter().client):
        request = {"CONTENT_LENGTH": 2**31, "CONTENT_TYPE": "multipart/form-data; boundary=x"}
        answer = client.generic("POST", f"/report/{path}/", **request | {"wsgi.input": Body()})
        answers.append((answer.status_code, "一次交得太多" in answer.content.decode()))
    assert answers == [(413, True)] * 2
    assert reporter.send("files").status_code == 303, "the draft is as it was"
