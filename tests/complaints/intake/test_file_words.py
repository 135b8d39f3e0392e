"""The words inside a file are sealed beside it, so that the desk's search finds the report by them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from accounts.slots import Busy
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.desk import finding_text
from complaints.intake import afterwards, reading, uploads
from complaints.intake.models import Message, Tip
from complaints.vault import tips
from complaints.vault.models import Cell

from . import planted
from .test_files import blobs

WORD = planted.ooxml("docx")  # says 押金 200 元
INSIDE = "押金 200 元"


def found(site: Any, tip: Tip) -> list[str]:
    """What the desk's index is given of a tip, below its own words."""
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    return finding_text.of(tips.read_cells(keys, tip.uuid, finding_text.LABELS)).low


def handed_in(site: Any, *files: SimpleUploadedFile) -> tuple[Any, Tip, str]:
    reporter = site.reporter()
    reporter.answer_until("office")
    if reporter.send("files", attachments=list(files)).status_code == 422:  # an archive is kept as it is
        assert reporter.send("files").status_code == 303
    reporter.send("identity")
    reporter.send("check")
    from .test_files import site_receipt

    return reporter, Tip.objects.get(), site_receipt(reporter)


def test_they_are_found_with_the_report_and_lie_nowhere_in_clear(site: Any, settings: Any) -> None:
    reporter, tip, receipt = handed_in(
        site,
        SimpleUploadedFile("收据.docx", WORD),
        SimpleUploadedFile("说明.txt", "另付现金三千".encode("gb18030")),
        SimpleUploadedFile("全部.zip", planted.packed({"借条照片.jpg": b"x"})),
    )
    low = found(site, tip)
    assert INSIDE in "".join(low)
    assert "另付现金三千" in low
    assert "借条照片.jpg" in low
    rows = Cell.objects.filter(tip=tip.uuid)
    assert rows.filter(label="file-text").count() == 3
    sealed = b"".join(bytes(row.sealed) for row in rows) + b"".join(b.read_bytes() for b in blobs(settings))
    assert INSIDE.encode() not in sealed
    assert "现金三千".encode() not in sealed
    # The receipt's own page: its texts still are what the ledger committed to.
    page = reporter.come_back(receipt).content.decode()
    assert "说明.txt" in page
    assert "被人改过" not in page


def test_a_lost_cell_of_words_is_seen(site: Any) -> None:
    reporter, tip, receipt = handed_in(site, SimpleUploadedFile("收据.docx", WORD))
    assert Cell.objects.filter(tip=tip.uuid, label="file-text").delete()[0] == 1
    assert "被人改过" in reporter.come_back(receipt).content.decode()


def test_what_came_later_is_found_and_goes_when_it_is_taken_back(site: Any) -> None:
    reporter = site.reporter()
    receipt = reporter.report()
    reporter.come_back(receipt)
    sent = reporter.client.post(
        "/report/return/view/", {"text": "补充", "attachments": SimpleUploadedFile("收据.docx", WORD)}
    )
    assert sent.status_code == 303, sent.content.decode()
    tip = Tip.objects.get()
    assert INSIDE in "".join(found(site, tip))
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    message = Message.objects.get()
    view = reading.read(tip=tip, keys=keys)
    assert [said.changed for said in view.messages] == [False]
    afterwards.withdraw(tip=tip, message=message.pk, files=view.messages[0].files)
    assert found(site, tip) == [text for text in found(site, tip) if INSIDE not in text]
    assert not Cell.objects.filter(tip=tip.uuid, label__startswith="file").exists()


def test_words_are_read_from_the_file_as_it_is_kept(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reporter had hidden parts taken out: the search must not bring them back."""
    read: list[list[str]] = []

    def listing(_kind: str, blocks: Iterable[bytes]) -> str:
        read.append(zipfile.ZipFile(io.BytesIO(b"".join(blocks))).namelist())
        return ""

    monkeypatch.setattr(uploads.run, "text_of", listing)
    handed_in(site, SimpleUploadedFile("收据.docx", WORD))
    (names,) = read
    assert "word/document.xml" in names
    assert "docProps/core.xml" not in names


def test_the_words_of_a_pdf(site: Any) -> None:
    _reporter, tip, _receipt = handed_in(site, SimpleUploadedFile("清单.pdf", written_pdf("Deposit 4711")))
    assert "Deposit 4711" in "".join(found(site, tip))


def written_pdf(words: str) -> bytes:
    """One page that says `words`."""
    book, out = pikepdf.new(), io.BytesIO()
    page = book.add_blank_page(page_size=(300, 200))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.obj.Contents = pikepdf.Stream(book, f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode())
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("trouble", [Busy(), OSError()])
def test_a_file_is_taken_without_them(site: Any, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    def fails(*_args: Any) -> str:
        raise trouble

    monkeypatch.setattr(uploads.run, "text_of", fails)
    _reporter, tip, _receipt = handed_in(site, SimpleUploadedFile("收据.docx", WORD))
    assert tip.files == 1
    assert not Cell.objects.filter(tip=tip.uuid, label="file-text").exists()


class Handler:
    """What `read_taken` needs of one."""

    def __init__(self, *names: str) -> None:
        self.taken = [uploads.HandedFile("u", "00", n, "text/plain", 9, "", "b", 9) for n in names]


def test_no_more_words_than_the_index_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_words", lambda file: "字" * 70)
    handler: Any = Handler("a", "b", "c")
    uploads.read_taken(handler, room=100)
    assert [len(file.words) for file in handler.taken] == [70, 30, 0]
    ticks = iter([0.0, 1.0, uploads.WORDS_S + 1, uploads.WORDS_S + 2])
    monkeypatch.setattr(uploads, "time", SimpleNamespace(monotonic=ticks.__next__))
    handler = Handler("a", "b", "c")
    uploads.read_taken(handler)
    assert [len(file.words) for file in handler.taken] == [70, 0, 0]
