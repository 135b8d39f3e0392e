"""Attachments: handed out whole, as downloads, under names that harm nobody."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from complaints.desk.views.files import safe_name
from complaints.intake.uploads import Arrival
from complaints.vault.models import SealedFile


def handed(name: str, data: bytes) -> Any:
    arrival = Arrival(name)
    for start in range(0, len(data), 65_536):
        arrival.take(data[start : start + 65_536])
    return arrival.end()


def test_it_works(desk: Any) -> None:
    data = "罚单记录\n".encode() * 20_000  # several blocks
    tip = desk.tip(files=[handed("罚单 记录.txt", data)])
    client = desk.client("handler")
    row = SealedFile.objects.get(tip=tip.uuid)
    url = f"/desk/tips/{tip.number}/files/{row.pk}/"
    assert url in client.get(f"/desk/tips/{tip.number}/").text
    answer = client.get(url)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == data
    assert answer["Content-Length"] == str(len(data))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Type"] == "application/octet-stream"
    assert "no-store" in answer["Cache-Control"]
    assert "附件 1" in client.get("/desk/").text


def test_who_may_not(desk: Any) -> None:
    tip, other = desk.tip(files=[handed("a.txt", b"abc def ghi")]), desk.tip()
    pk = SealedFile.objects.get(tip=tip.uuid).pk
    url = f"/desk/tips/{tip.number}/files/{pk}/"
    assert desk.client("outsider").get(url).status_code == 404
    assert desk.client("auditor").get(url).status_code in (303, 403)
    assert desk.client("handler", unlocked=False).get(url).status_code == 303
    client = desk.client("handler")
    assert client.get(f"/desk/tips/{other.number}/files/{pk}/").status_code == 404
    assert client.get(f"/desk/tips/{tip.number}/files/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
def test_a_broken_file_is_a_sentence(desk: Any, damage: str) -> None:
    tip = desk.tip(files=[handed("a.txt", b"abc def ghi" * 100)])
    row = SealedFile.objects.get(tip=tip.uuid)
    path = Path(settings.STORAGES["sealed"]["OPTIONS"]["location"]) / row.name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[:60] + b"x" + data[61:] if damage == "changed" else data[:50])
    page = desk.client("handler").get(f"/desk/tips/{tip.number}/files/{row.pk}/")
    assert page.status_code == 500
    assert "这份材料打不开" in page.text


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("证据.txt", "证据.txt"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\r\nSet-Cookie: x.txt", "a__Set-Cookie_ x.txt"),
        ("照\u202egpj.exe", "照_gpj.exe"),
        ("...", "file"),
        ("", "file"),
        ('"><b>.html', "___b_.html"),
    ],
)
def test_safe_names(given: str, safe: str) -> None:
    assert safe_name(given) == safe
    assert len(safe_name(given * 60)) <= 120
