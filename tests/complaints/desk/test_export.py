"""A case file that leaves: whole, hashed, sealed for the receiver, recorded; and its masked version."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pyrage
import pytest
from accounts.slots import Busy
from django.conf import settings
from ledger.models import Event

from complaints.desk import casefile, export, redaction, services
from complaints.desk.models import Alarm, Note, Redaction
from complaints.desk.services import Refused
from complaints.intake import services as intake
from complaints.intake import uploads
from complaints.vault import age
from complaints.vault.files import store
from complaints.vault.models import Cell, SealedFile
from tests.complaints.desk.conftest import PASSWORD
from tests.support import bytesearch

SECRET = "龘靐齉犇羴猋骉麤毳淼"
GIVEN = {"version": "full", "form": "zip", "seal": "none", "reason": "移送市监委", "password": PASSWORD}


@pytest.fixture
def scene(desk: Any) -> tuple[Any, Any]:
    """A named tip with two attachments, a message of each side and a note."""
    files = [
        uploads.seal_file(name="../../账本.txt", content=[SECRET.encode() * 9000]),
        uploads.seal_file(name="账本.txt", content=["第二份".encode() * 10]),
    ]
    tip = desk.tip(
        f"窗口 {SECRET}",
        f"#set page(width: 1pt) $x$ *甲* \\ #panic()\n窗口张三收了押金，电话 138-0000-1234。{SECRET}",
        files=files,
        identity=intake.Identity(name="李匿名", phone="13912345678"),
        respondents=[intake.Respondent(name="张三", unit="办事窗口", post="科员")],
    )
    desk.answer(tip, "张 三又来找过我。")
    services.add_note(
        text="核对过账本", **{k: v for k, v in desk.open("handler", tip).items() if k != "office_seed"}
    )
    tip.refresh_from_db()
    return desk, tip


def send(desk: Any, tip: Any, name: str = "handler", **given: Any) -> Any:
    return desk.client(name).post(f"/desk/tips/{tip.number}/export/", {**GIVEN, **given})


def body_of(response: Any) -> bytes:
    assert response.status_code == 200, response.content.decode()[:2000]
    body = b"".join(response.streaming_content)
    assert len(body) == int(response["Content-Length"]), "the announced size is what makes progress"
    return body


def test_a_zip_holds_everything_with_its_hashes(scene: Any) -> None:
    desk, tip = scene
    response = send(desk, tip)
    assert "no-store" in response["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(body_of(response)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert names[:4] == ["manifest.json", "SHA256SUMS", "case.pdf", "case.json"]
    assert all(not {"", ".", ".."} & set(name.split("/")) and "\\" not in name for name in names)
    manifest = json.loads(archive.read("manifest.json"))
    listed = {row["path"]: row for row in manifest["files"]}
    assert set(listed) == set(names) - {"manifest.json", "SHA256SUMS"}
    for path, row in listed.items():
        content = archive.read(path)
        assert (row["size"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert f"{row['sha256']}  {path}\n" in archive.read("SHA256SUMS").decode()
    assert sorted(archive.read(name) for name in names[4:]) == sorted(
        [SECRET.encode() * 9000, "第二份".encode() * 10]
    )
    told = json.loads(archive.read("case.json"))
    assert SECRET in told["narrative"]
    assert "核对过账本" in [note["text"] for note in told["notes"]]
    assert "李匿名" not in json.dumps(told, ensure_ascii=False), "who spoke is opened by two, never exported"
    # Recorded before the first byte: who, in which form; the reason and the manifest's hash in a note.
    event = Event.objects.get(kind="exported")
    assert (event.actor, event.details) == (
        f"user:{desk.users['handler'].pk}",
        {"form": "zip", "sealed": "none", "parts": 6},
    )
    case = casefile.read(tip, read_cells(desk, tip))
    last = case.notes[-1].text
    assert "移送市监委" in last
    assert hashlib.sha256(archive.read("manifest.json")).hexdigest() in last


def read_cells(desk: Any, tip: Any) -> Any:
    from complaints.desk import opening

    return opening.open_tip(user=desk.users["handler"], seed=desk.seeds["handler"], tip=tip)[2]


def test_the_pdf_is_words_and_never_markup(scene: Any) -> None:
    from pdfminer.high_level import extract_text

    desk, tip = scene
    text = extract_text(io.BytesIO(body_of(send(desk, tip, form="pdf"))))
    plain = "".join(text.split())
    assert tip.number in plain
    assert "#setpage(width:1pt)$x$*甲*\\#panic()" in plain
    assert "核对过账本" in plain
    assert "U+9F98" in plain, "a letter that the font lacks is named by its number"


def test_sealed_for_the_receiver_alone(scene: Any) -> None:
    desk, tip = scene
    for kind in ("key", "passphrase"):
        sealed_as(desk, tip, kind)
    assert set(Event.objects.filter(kind="exported").values_list("details__sealed", flat=True)) == {
        "key",
        "passphrase",
    }


def sealed_as(desk: Any, tip: Any, kind: str) -> None:
    identity, phrase = pyrage.x25519.Identity.generate(), "另纸告诉接收方的十四个字口令啊"
    sealed = body_of(send(desk, tip, seal=kind, recipient=str(identity.to_public()), passphrase=phrase))
    assert list(bytesearch.found_in(sealed, [SECRET])) == []
    plain = pyrage.decrypt(sealed, [identity]) if kind == "key" else pyrage.passphrase.decrypt(sealed, phrase)
    assert SECRET in json.loads(zipfile.ZipFile(io.BytesIO(plain)).read("case.json"))["narrative"]


def test_nothing_of_it_lies_on_a_disk(scene: Any, tmp_path: Path, monkeypatch: Any) -> None:
    import tempfile

    desk, tip = scene
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    response = send(desk, tip)
    blocks = iter(response.streaming_content)
    next(blocks), next(blocks), next(blocks)  # half way
    hits, size = bytesearch.search_files(tmp_path, [SECRET])
    assert hits == []
    assert size > 0
    b"".join(blocks)
    assert bytesearch.search_files(tmp_path, [SECRET])[0] == []
    assert not os.listdir(tmp_path / "tmp")
    assert Path(settings.VAR_DIR).exists()


BAD = (
    ({"password": "wrong"}, "password"), ({"password": ""}, "password"), ({"reason": " "}, "reason"),
    ({"seal": "key", "recipient": "age1x"}, "recipient"), ({"form": "exe"}, "form"),
    ({"seal": "passphrase", "passphrase": "short"}, "passphrase"), ({"seal": ""}, "seal"),
    ({"version": "00000000-0000-4000-8000-000000000000"}, "version"),
)  # fmt: skip


def test_without_password_reason_or_key_nothing_leaves(scene: Any) -> None:
    desk, tip = scene
    for given, field in BAD:
        page = send(desk, tip, **given)
        assert page.status_code == 422, given
        assert f'id="e-{field}_error"' in page.text, given
        assert PASSWORD not in page.text
    assert not Event.objects.filter(kind="exported").exists()
    assert Note.objects.count() == 1


def test_who_may_not_take_it(scene: Any) -> None:
    desk, tip = scene
    for name, status in (
        ("triage", 403),
        ("auditor", 403),
        ("custodian", 403),
        ("outsider", 404),
        ("head", 404),
    ):
        assert send(desk, tip, name).status_code == status
    assert not Event.objects.filter(kind="exported").exists()


def test_a_busy_host_asks_to_wait(scene: Any, monkeypatch: Any) -> None:
    desk, tip = scene

    def busy(*_a: Any, **_k: Any) -> Any:
        raise Busy

    monkeypatch.setattr(age, "to_passphrase", busy)
    page = send(desk, tip, seal="passphrase", passphrase="另纸告诉接收方的十四个字口令啊")
    assert page.status_code == 409
    assert not Event.objects.filter(kind="exported").exists()


def test_a_changed_attachment_ends_the_download_short(scene: Any) -> None:
    desk, tip = scene
    row = SealedFile.objects.filter(tip=tip.pk).order_by("-size")[0]
    path = Path(store().path(row.name))
    raw = bytearray(path.read_bytes())
    raw[-40] ^= 1
    path.write_bytes(bytes(raw))
    response = send(desk, tip)
    assert len(b"".join(response.streaming_content)) < int(response["Content-Length"])


def test_many_exports_in_a_day_raise_an_alarm(scene: Any) -> None:
    desk, tip = scene
    for _ in range(5):
        send(desk, tip, form="pdf")
    alarm = Alarm.objects.get(rule="exports")
    assert (alarm.user, alarm.count) == (desk.users["handler"], 5)


# Masked -------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "words", "masked"),
    [
        ("张三收钱", ["张三"], "■■■收钱"), ("张 \n三收钱", ["张三"], "■■■收钱"),
        ("ＡＢＣ公司", ["abc"], "■■■公司"), ("收了 4700 元，2026-11-22", [], None),
        ("电话138-0000-1234。", [], "电话■■■。"), ("证件11010119900307123X号", [], "证件■■■号"),
        ("写 a.b@c.cn 或 https://x.cn/y?z 看", [], "写 ■■■ 或 ■■■ 看"),
        ("甲张三乙", ["张三", "甲张三乙"], "■■■"), ("张三丰和三丰", ["张三", "三丰"], "■■■和■■■"),
        ("(135) 0000 1234", [], "(■■■"), ("没有", ["张三"], "没有"), ("", ["张三"], ""),
    ],
)  # fmt: skip
def test_what_is_masked(text: str, words: list[str], masked: str | None) -> None:
    made = redaction.make(casefile.CaseFile(narrative=text), redaction.Wish(words=tuple(words)))
    if masked is None:  # a day is eight digits with dashes: rather masked than told
        assert made.body["narrative"].startswith("收了 4700 元")
    else:
        assert made.body["narrative"] == masked
    assert made.missing == tuple(
        word for word in words if word not in ("张三", "三丰", "甲张三乙", "abc") or not made.count
    )


def test_a_masked_version_is_looked_at_kept_and_exported(scene: Any) -> None:
    desk, tip = scene
    before = {c.pk: bytes(c.sealed) for c in Cell.objects.filter(tip=tip.pk)}
    client = desk.client("handler")
    url, given = (
        f"/desk/tips/{tip.number}/redact/",
        {"words": f"张三\n{SECRET}\n没有的词", "numbers": "on", "messages": "on"},
    )
    look = client.post(url, {**given, "go": "look"})
    assert look.status_code == 200
    assert "没有的词" in look.text.split("没有找到")[1]
    assert not Redaction.objects.exists()
    kept = client.post(url, {**given, "go": "keep"})
    assert kept.status_code == 303
    page = client.get(kept["Location"])
    shown = page.text.split("<article")[1].split("</article>")[0]
    for hidden in (SECRET, "张三", "张 三", "138-0000", "科员"):
        assert hidden not in shown
    assert "收了押金" in shown
    row = Redaction.objects.get()
    assert {c.pk: bytes(c.sealed) for c in Cell.objects.filter(pk__in=before)} == before, "the original stays"
    assert bytes(Event.objects.get(kind="redacted").cell_hash) == bytes(row.cell.hash)
    archive = zipfile.ZipFile(io.BytesIO(body_of(send(desk, tip, version=str(row.pk)))))
    assert archive.namelist() == ["manifest.json", "SHA256SUMS", "case.pdf", "case.json"]
    told = archive.read("case.json").decode()
    assert not [word for word in (SECRET, "张三", "张 三", "核对过账本", "科员") if word in told]
    assert desk.client("outsider").get(kept["Location"]).status_code == 404
    assert desk.client("auditor").get(kept["Location"]).status_code == 403
    other = desk.tip()
    assert client.get(f"/desk/tips/{other.number}/redact/{row.pk}/").status_code == 404


def test_sentences_are_ticked_in_the_original(scene: Any) -> None:
    desk, _tip = scene
    tip = desk.tip("押金", "我是二楼的保洁员。他收了押金！还说：不许告诉别人；我是二楼的保洁员。")
    client, url = desk.client("handler"), f"/desk/tips/{tip.number}/redact/"
    boxes = re.findall(
        r'name="passage" value="([0-9a-f]{16})"[^>]*><label[^>]*>([^<]*)<', client.get(url).text
    )
    assert [text for _id, text in boxes] == [
        "押金",
        "我是二楼的保洁员。",
        "他收了押金！",
        "还说：不许告诉别人；",
    ]
    given = {"words": "告诉", "passage": [boxes[1][0], "0" * 16], "go": "look"}
    page = client.post(url, given).text
    shown = page.split("<article")[1].split("</article>")[0]
    assert "保洁员" not in shown
    assert "他收了押金！还说：不许■■■别人；■■■" in shown
    assert f'value="{boxes[1][0]}" id="p-{boxes[1][0]}" checked' in page, "what was ticked stays ticked"
    with pytest.raises(Refused):
        redaction.ticked([], [str(n) for n in range(501)])


def test_a_phrase_of_one_letter_or_too_many_lines(scene: Any) -> None:
    desk, tip = scene
    for words in ("张", "\n".join(f"第{n}行" for n in range(201)), "长" * 501):
        with pytest.raises(Refused):
            redaction.phrases(words)
        page = desk.client("handler").post(f"/desk/tips/{tip.number}/redact/", {"words": words, "go": "keep"})
        assert page.status_code == 422
    assert not Redaction.objects.exists()
    assert export.zip_size([]) == 22
