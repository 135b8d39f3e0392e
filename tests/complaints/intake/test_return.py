"""Coming back: the receipt opens its tip and no other; both sides write; changed texts are not shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from workdays import clock

from complaints.intake import limits, services
from complaints.intake.browser import RETURN_COOKIE
from complaints.intake.models import Message, ReturnSession, Tip
from complaints.vault import receipts, tips
from complaints.vault.errors import Busy
from complaints.vault.models import Cell, SealedFile


def reply(site: Any, tip: Tip, text: str, **more: Any) -> Message:
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    return services.add_message(
        tip=tip,
        keys=keys,
        author="office",
        text=text,
        user=site.cast.users["head"],
        **{"signer": site.seed, **more},
    )


def html(response: Any) -> str:
    return response.content.decode()


def test_it_works(site: Any) -> None:
    tip, receipt = site.tip(narrative="我写的经过")
    reply(site, tip, "请问是哪一天？")
    reporter = site.reporter()
    page = reporter.come_back(receipts.grouped(receipt))
    assert "已提交" in html(page)
    assert "请问是哪一天？" in html(page)
    assert "新消息" in html(page)
    assert "我写的经过" in html(page)
    assert "<title>查询结果" in html(page)
    assert Message.objects.get().read_on == clock.today()
    assert "新消息" not in html(reporter.client.get("/report/return/view/"))
    answer = reporter.client.post(
        "/report/return/view/",
        {"text": "十月八日", "attachments": SimpleUploadedFile("单据.txt", "单据内容".encode()), "go": "1"},
    )
    assert answer.status_code == 303
    page = html(reporter.client.get("/report/return/view/"))
    assert "十月八日" in page
    assert "单据.txt" in page
    tip.refresh_from_db()
    assert tip.unread
    assert tip.files == 1
    assert [m.number for m in Message.objects.all()] == [1, 2]
    assert SealedFile.objects.get().tip == tip.uuid


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r[:-1], "24 位"),
        (lambda r: r + "0", "26 位"),
        (lambda r: r[:3] + str((int(r[3]) + 1) % 10) + r[4:], "不对"),
        (lambda r: "", "共 25 位"),
        (lambda r: "abc\0\u202e", "共 25 位"),
        (lambda r: "9" * 1_000_00, "位，多了"),
    ],
)
def test_mistyped(site: Any, change: Any, words: str) -> None:
    _tip, receipt = site.tip()
    answer = site.reporter().client.post("/report/return/", {"receipt": change(receipt)})
    assert answer.status_code == 422
    assert words in html(answer)
    assert 'href="#receipt"' in html(answer)
    assert not ReturnSession.objects.exists()


def test_unknown(site: Any) -> None:
    site.tip()
    answer = site.reporter().client.post("/report/return/", {"receipt": receipts.new_receipt()})
    assert answer.status_code == 422
    assert "没有找到这个查询码" in html(answer)


@pytest.mark.parametrize(
    "form",
    [
        lambda r: "-".join(r[i : i + 5] for i in range(0, 25, 5)),
        lambda r: r.translate({48 + i: 0xFF10 + i for i in range(10)}),
    ],
)
def test_dashes_and_full_width_digits(site: Any, form: Any) -> None:
    _tip, receipt = site.tip()
    assert site.reporter().come_back(form(receipt)).status_code == 200


def test_a_receipt_opens_only_its_own(site: Any) -> None:
    _one, receipt = site.tip(narrative="第一件")
    site.tip(narrative="第二件")
    page = html(site.reporter().come_back(receipt))
    assert "第一件" in page
    assert "第二件" not in page


def test_without_a_session_the_receipt_is_asked_for(site: Any) -> None:
    client = site.reporter().client
    assert client.get("/report/return/view/")["Location"].endswith("/report/return/")
    assert client.get("/report/return/acknowledgement/").status_code == 303
    page = html(client.post("/report/return/view/", {"text": "我刚刚写的话"}))
    assert "我刚刚写的话" in page


@pytest.mark.parametrize(
    "change", [{"touched_at": timedelta(minutes=20)}, {"created_at": timedelta(hours=2)}]
)
def test_the_session_ends(site: Any, change: dict[str, timedelta]) -> None:
    _tip, receipt = site.tip()
    reporter = site.reporter()
    reporter.come_back(receipt)
    ReturnSession.objects.update(**{name: clock.now() - back for name, back in change.items()})
    assert reporter.client.get("/report/return/view/").status_code == 303


@pytest.mark.parametrize("way", ["leave", "close"])
def test_leaving_ends_the_session(site: Any, way: str) -> None:
    _tip, receipt = site.tip()
    reporter = site.reporter()
    reporter.come_back(receipt)
    stolen = reporter.client.cookies[RETURN_COOKIE].value
    reporter.client.get("/report/leave/") if way == "leave" else reporter.client.post("/report/return/close/")
    assert not ReturnSession.objects.exists()
    reporter.client.cookies[RETURN_COOKIE] = stolen
    assert reporter.client.get("/report/return/view/").status_code == 303


def test_the_row_names_no_tip(site: Any) -> None:
    tip, receipt = site.tip()
    site.reporter().come_back(receipt)
    row = ReturnSession.objects.get()
    assert tip.uuid.bytes not in bytes(row.sealed)
    assert str(tip.uuid).encode() not in bytes(row.sealed)


def test_a_message_that_is_not_the_offices_is_not_shown(site: Any) -> None:
    tip, receipt = site.tip()
    reply(site, tip, "冒充的话", signer=None)
    page = html(site.reporter().come_back(receipt))
    assert "冒充的话" not in page
    assert "可能被人改过" in page


def test_a_changed_cell_is_not_shown(site: Any) -> None:
    tip, receipt = site.tip(narrative="原来的经过")
    Cell.objects.filter(tip=tip.uuid, label="narrative").update(sealed=b"\1\0\1" + bytes(300))
    page = html(site.reporter().come_back(receipt))
    assert "可能被人改过" in page


def test_a_text_that_an_insider_sealed_anew_is_not_shown(site: Any) -> None:
    tip, receipt = site.tip(narrative="原来的经过")
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    old = Cell.objects.get(tip=tip.uuid, label="narrative")
    new = tips.new_cell(keys, tip_uuid=tip.uuid, label="narrative", text="改过的经过")
    old.delete()
    new.save(force_insert=True)
    page = html(site.reporter().come_back(receipt))
    assert "改过的经过" not in page
    assert "可能被人改过" in page


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "字" * 10_001, "x" * 900_000])
def test_bad_messages(site: Any, text: str) -> None:
    _tip, receipt = site.tip()
    reporter = site.reporter()
    reporter.come_back(receipt)
    answer = reporter.client.post("/report/return/view/", {"text": text, "go": "1"})
    assert answer.status_code == 422
    assert 'href="#text"' in html(answer)
    assert not Message.objects.exists()


def test_a_refused_file_refuses_the_message_and_keeps_the_text(site: Any) -> None:
    _tip, receipt = site.tip()
    reporter = site.reporter()
    reporter.come_back(receipt)
    answer = reporter.client.post(
        "/report/return/view/",
        {
            "text": "还在的话",
            "attachments": [SimpleUploadedFile("a.txt", b"ok"), SimpleUploadedFile("b.exe", b"MZ")],
        },
    )
    assert answer.status_code == 422
    assert "还在的话" in html(answer)
    assert not SealedFile.objects.exists()


def test_late_is_said_to_named_reporters(site: Any) -> None:
    from complaints.intake.answers import Identity

    tip, receipt = site.tip(identity=Identity("陈", "1"))
    Tip.objects.filter(pk=tip.pk).update(due_on=clock.today() - timedelta(days=3))
    page = html(site.reporter().come_back(receipt))
    assert "这一步我们晚了" in page
    assert "到现在没有人打开过" in page


def test_busy_keeps_the_receipt_typed(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _tip, receipt = site.tip()

    def busy(*args: Any, **kwargs: Any) -> None:
        raise Busy

    monkeypatch.setattr(receipts, "derive", busy)
    answer = site.reporter().client.post("/report/return/", {"receipt": receipt})
    assert answer.status_code == 503
    assert f'value="{receipt}"' in html(answer)


def test_over_the_rate_a_receipt_waits_but_is_not_refused(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _tip, receipt = site.tip()
    slept: list[float] = []
    monkeypatch.setattr(limits, "RATES", {**limits.RATES, "return": ((1, 60), (100, 60))})
    monkeypatch.setattr(limits.time, "sleep", slept.append)
    for _ in range(3):
        assert site.reporter().come_back(receipt).status_code == 200
    assert slept


def test_queries_do_not_grow_with_messages(site: Any, django_assert_max_num_queries: Any) -> None:
    tip, receipt = site.tip()
    for n in range(8):
        reply(site, tip, f"消息 {n}")
    reporter = site.reporter()
    reporter.come_back(receipt)
    with django_assert_max_num_queries(20):
        reporter.client.get("/report/return/view/")


def test_an_office_that_takes_no_more_tips_still_answers(site: Any) -> None:
    from complaints.vault.models import Office

    _tip, receipt = site.tip()
    Office.objects.filter(pk=site.cast.lower.pk).update(active=False)
    reporter = site.reporter()
    reporter.come_back(receipt)
    assert reporter.client.post("/report/return/view/", {"text": "还有一件事"}).status_code == 303
