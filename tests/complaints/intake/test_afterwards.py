"""Behind the receipt: take back, rate, object, another receipt, the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from ledger.models import Event
from workdays import clock, rules

from complaints.intake import afterwards, services
from complaints.intake.models import Message, State, Tip
from complaints.vault import receipts, tips
from complaints.vault.models import Cell, SealedFile, Wrap
from tests.complaints.intake.conftest import RECEIPT
from tests.complaints.intake.test_return import html, reply

VIEW = "/report/return/view/"


def back(site: Any, receipt: str) -> Any:
    reporter = site.reporter()
    reporter.come_back(receipt)
    return reporter


def write(reporter: Any, text: str, **more: Any) -> Any:
    return reporter.client.post(VIEW, {"text": text, "go": "1", **more})


def closed(site: Any, days_ago: int = 1) -> tuple[Tip, str]:
    tip, receipt = site.tip()
    Tip.objects.filter(pk=tip.pk).update(
        state=State.CLOSED, closed_at=clock.now() - timedelta(days=days_ago), unread=False
    )
    tip.refresh_from_db()
    return tip, receipt


# A message taken back ------------------------------------------------------------------------------------


def test_withdraw(site: Any) -> None:
    tip, receipt = site.tip()
    reply(site, tip, "请补充")
    reporter = back(site, receipt)
    write(reporter, "写错了", attachments=SimpleUploadedFile("单据.txt", "内容".encode()))
    message = Message.objects.get(author="reporter")
    assert "撤回这一条" in html(reporter.client.get(VIEW))
    cells = Cell.objects.count()
    answer = reporter.client.post(f"/report/return/withdraw/{message.pk}/")
    assert answer.status_code == 303
    assert not Message.objects.filter(author="reporter").exists()
    assert Cell.objects.count() == cells - 3  # the text, what described the file, and the file's words
    assert not SealedFile.objects.exists()
    tip.refresh_from_db()
    assert tip.files == 0
    page = html(reporter.client.get(VIEW))
    assert "写错了" not in page
    assert "您撤回了一条消息" in page
    assert "被人改过" not in page, "what is left still fits its events"
    write(reporter, "重写一遍")
    assert [m.number for m in Message.objects.all()] == [1, 2]


def test_what_was_read_stays(site: Any) -> None:
    tip, receipt = site.tip()
    reporter = back(site, receipt)
    write(reporter, "已经读过")
    Message.objects.update(read_on=clock.today())
    assert "撤回这一条" not in html(reporter.client.get(VIEW))
    message = Message.objects.get()
    answer = reporter.client.post(f"/report/return/withdraw/{message.pk}/")
    assert answer.status_code == 409
    assert "不能撤回" in html(answer)
    assert Message.objects.filter(pk=message.pk).exists()
    del tip


def test_only_one_s_own(site: Any) -> None:
    tip, receipt = site.tip()
    other, _receipt = site.tip()
    theirs = reply(site, tip, "机构的话")
    stranger = reply(site, other, "别人的")
    reporter = back(site, receipt)
    for pk in (theirs.pk, stranger.pk):
        assert reporter.client.post(f"/report/return/withdraw/{pk}/").status_code == 404
    assert Message.objects.count() == 2
    assert site.reporter().client.post(f"/report/return/withdraw/{theirs.pk}/").status_code == 303


# Rating --------------------------------------------------------------------------------------------------


def test_rate_once(site: Any) -> None:
    tip, receipt = closed(site)
    reporter = back(site, receipt)
    assert "满意" in html(reporter.client.get(VIEW))
    assert reporter.client.post("/report/return/rate/", {"rating": "9"}).status_code == 303
    assert reporter.client.post("/report/return/rate/", {"rating": "2"}).status_code == 303
    assert reporter.client.post("/report/return/rate/", {"rating": "3"}).status_code == 409
    tip.refresh_from_db()
    assert tip.rating == 2
    assert "基本满意" in html(reporter.client.get(VIEW))


def test_no_rating_before_it_is_closed(site: Any) -> None:
    tip, receipt = site.tip()
    reporter = back(site, receipt)
    assert reporter.client.post("/report/return/rate/", {"rating": "1"}).status_code == 409
    with pytest.raises(ValueError, match="rating"):
        afterwards.rate(tip=tip, rating=0)


# Objection -----------------------------------------------------------------------------------------------


def test_object_once(site: Any) -> None:
    tip, receipt = closed(site)
    reporter = back(site, receipt)
    assert "提出异议" in html(reporter.client.get(VIEW))
    revision = tip.revision
    file = SimpleUploadedFile("新证据.txt", "新".encode())
    assert write(reporter, "结果不对", objection="1", attachments=file).status_code == 303
    tip.refresh_from_db()
    assert (tip.objected, tip.revision, tip.files) == (True, revision + 1, 1)
    page = html(reporter.client.get(VIEW))
    assert "您提出了异议" in page
    assert 'name="objection"' not in page
    Tip.objects.update(objected=False)  # it was looked at again, and closed again
    again = write(reporter, "还是不对", objection="1")
    assert again.status_code == 422
    assert "还是不对" in html(again), "what was typed is still there"
    assert Event.objects.filter(kind="objected").count() == 1
    assert Message.objects.count() == 1


def test_the_window_is_a_rule(site: Any) -> None:
    tip, receipt = closed(site, days_ago=60)
    assert afterwards.objection_until(tip) is None
    assert write(back(site, receipt), "太晚了", objection="1").status_code == 422
    early, _receipt = closed(site)
    day = clock.today() - timedelta(days=1)
    assert afterwards.objection_until(early) == rules.deadline("objection", day, strict=False).due


def test_an_objection_says_why(site: Any) -> None:
    _tip, receipt = closed(site)
    file = SimpleUploadedFile("a.txt", b"a")
    assert write(back(site, receipt), "", objection="1", attachments=file).status_code == 422
    assert not SealedFile.objects.exists()


# Another receipt -----------------------------------------------------------------------------------------


def change(reporter: Any) -> str:
    """Asks for a new receipt and says that it is saved; the receipt."""
    assert reporter.client.post("/report/return/receipt/", {"go": "1"}).status_code == 303
    page = html(reporter.client.get("/report/return/receipt/"))
    found = RECEIPT.search(page)
    assert found is not None
    assert reporter.client.post("/report/return/receipt/", {"go": "1"}).status_code == 422
    assert reporter.client.post("/report/return/receipt/", {"ok": "1"})["Location"] == VIEW
    return found[0].replace(" ", "")


def test_a_new_receipt_ends_the_old(site: Any) -> None:
    tip, old = site.tip(narrative="原来写的")
    thief, reporter = back(site, old), back(site, old)
    new = change(reporter)
    assert "原来写的" in html(reporter.client.get(VIEW))
    assert thief.client.get(VIEW).status_code == 303, "whoever had it open is out"
    assert thief.client.post(VIEW, {"text": "冒充", "go": "1"}).status_code in (200, 303)
    assert site.reporter().client.post("/report/return/", {"receipt": old}).status_code == 422
    assert "原来写的" in html(site.reporter().come_back(new))
    newest = change(back(site, new))
    assert site.reporter().client.post("/report/return/", {"receipt": new}).status_code == 422
    reply(site, tip, "换了以后写的")
    assert "换了以后写的" in html(site.reporter().come_back(newest))
    assert not Message.objects.filter(author="reporter").exists()


def test_it_is_not_in_force_before_it_is_saved(site: Any) -> None:
    _tip, old = site.tip()
    reporter = back(site, old)
    reporter.client.post("/report/return/receipt/", {"go": "1"})
    assert site.reporter().come_back(old).status_code == 200


def test_two_browsers_change_it_at_once(site: Any) -> None:
    _tip, old = site.tip()
    one, two = back(site, old), back(site, old)
    two.client.post("/report/return/receipt/", {"go": "1"})
    change(one)
    assert two.client.post("/report/return/receipt/", {"ok": "1"})["Location"] == "/report/return/"


def test_a_changed_row_opens_nothing(site: Any) -> None:
    tip, old = site.tip()
    new = change(back(site, old))
    tip.refresh_from_db()
    wrong = bytearray(tip.passed_on)
    wrong[-1] ^= 1
    Tip.objects.update(passed_on=bytes(wrong))
    assert site.reporter().client.post("/report/return/", {"receipt": new}).status_code == 422


def test_its_row_tells_nothing(site: Any) -> None:
    tip, old = site.tip()
    seed = receipts.derive(old).reporter.seed
    change(back(site, old))
    tip.refresh_from_db()
    assert seed not in bytes(tip.passed_on)
    assert Event.objects.filter(kind="receipt-changed", at=None).count() == 1


# The end -------------------------------------------------------------------------------------------------


def test_close_the_mailbox(site: Any) -> None:
    tip, receipt = site.tip()
    reporter = back(site, receipt)
    assert reporter.client.post("/report/return/end/", {"go": "1"}).status_code == 422
    ended = reporter.client.post("/report/return/end/", {"sure": "1"})
    assert "已经关上" in html(ended)
    assert ended["Clear-Site-Data"]
    assert site.reporter().client.post("/report/return/", {"receipt": receipt}).status_code == 422
    tip.refresh_from_db()
    assert tip.mailbox_closed
    assert Wrap.objects.filter(subject=tip.uuid, kind="talk").count() == 1, "the office's"
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    assert tips.read_cells(keys, tip.uuid, ["narrative"])
    services.add_message(tip=tip, keys=keys, author="office", text="仍可记录", signer=site.seed)


@pytest.mark.parametrize("path", ["receipt/", "end/"])
def test_without_a_session(site: Any, path: str) -> None:
    client = site.reporter().client
    assert client.get(f"/report/return/{path}")["Location"] == "/report/return/"
    assert client.post(f"/report/return/{path}", {"ok": "1", "sure": "1"})["Location"] == "/report/return/"
    assert client.post("/report/return/rate/", {"rating": "1"})["Location"] == "/report/return/"
