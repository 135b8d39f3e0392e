"""Hostile files and hostile names, sent as a reporter sends them: each answered, and the report goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.intake import filetypes
from complaints.intake.models import Tip
from complaints.vault.models import SealedFile
from tests.complaints.intake import hostile, planted
from tests.complaints.intake.test_files import at_files, files_of, site_receipt

ENDINGS = {mime: ending for ending, mime in filetypes.IN_ZIP.items()} | {
    "application/zip": "zip",
    "application/rtf": "rtf",
    "application/pdf": "pdf",
}
pytestmark = pytest.mark.once  # the tier changes nothing of it
FILES = hostile.DOCUMENTS | hostile.FILES
EDGE = "edgeofapart"
END = f"--{EDGE}--\r\n".encode()
NAMES = [
    "长" * 300 + ".png",
    "a" * 300,
    "../../../etc/passwd",
    "..\\..\\windows\\system32\\a.png",
    "a\0.php\0.png",
    "照\u202egpj.exe",
    "\ufffd\ufdd0半个字.png",
    '"><img src=x onerror=alert(1)>.png',
    "a\r\nContent-Type: text/html\r\n.png",
    " ",
    "CON.png",
    "{{ 7|add:7 }}.png",
]


@pytest.mark.parametrize("strip", [None, "1"], ids=["kept as it is", "cleaned too"])
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_answered(site: Any, name: str, strip: str | None) -> None:
    mime, data = FILES[name]
    ending = ENDINGS.get(mime, mime.partition("/")[2])
    reporter = at_files(site)
    sent = SimpleUploadedFile(f"证据.{ending}", data)
    answer = reporter.send("files", attachments=sent, strip=strip)
    assert answer.status_code in (303, 422)
    if answer.status_code == 422:
        assert 'href="#attachments"' in answer.content.decode()
    if not SealedFile.objects.exists():  # refused as it came in: a sentence, and nothing is kept
        return
    for key in ("files", "identity", "check"):
        assert reporter.send(key, **({"strip": strip} if key == "files" else {})).status_code == 303
    (kept,) = files_of(site, Tip.objects.get())
    if not strip:
        reporter.come_back(site_receipt(reporter))
        got = reporter.client.get(f"/report/return/files/{kept['uuid']}/")
        assert b"".join(got.streaming_content) == data


def body_of(parts: dict[str, bytes]) -> bytes:
    """A body written by hand: the test client would take paths and controls out of names."""
    head = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
    return b"".join(head.format(EDGE, name).encode() + data + b"\r\n" for name, data in parts.items()) + END


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_harms_nobody(site: Any, name: str) -> None:
    reporter, picture = at_files(site), planted.picture("PNG")
    parts = {"rev": reporter.rev("files").encode(), "go": b"1", f'attachments"; filename="{name}': picture}
    answer = reporter.client.post(
        reporter.url("files"), body_of(parts), f"multipart/form-data; boundary={EDGE}"
    )
    assert answer.status_code == 303, answer.content.decode()
    assert reporter.send("identity").status_code == 303
    assert "<img src=x" not in reporter.get("check").content.decode()
    assert reporter.send("check").status_code == 303
    (kept,) = files_of(site, Tip.objects.get())
    assert 0 < len(kept["name"]) <= 200
    assert not set(kept["name"]) & set("\0\r\n\u202e")
    page = reporter.come_back(site_receipt(reporter)).content.decode()
    assert "<img src=x" not in page
    got = reporter.client.get(f"/report/return/files/{kept['uuid']}/")
    named = got["Content-Disposition"]
    assert named.startswith("attachment")
    assert not set("\r\n\0") & set(named)
    assert b"".join(got.streaming_content) == picture
