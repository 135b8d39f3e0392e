"""Handing in: once, whole or not at all, with a receipt that opens it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from ledger.models import Event
from outbox.models import Entry
from outbox.services import run_due
from workdays import clock

from complaints.intake import services
from complaints.intake.answers import Answers, BadAnswer, Identity
from complaints.intake.models import Category, Draft, Tip
from complaints.vault import receipts, tips
from complaints.vault.models import Cell, Office, Wrap

from .conftest import RECEIPT

ANSWERS = Answers(category="bribery", region="linhe", subject="事由", narrative="经过")


def submit(answers: Answers = ANSWERS, receipt: str | None = None, **more: Any) -> services.Submitted:
    receipt = receipt or receipts.new_receipt()
    return services.submit_tip(receipt=receipt, master=receipts.derive(receipt), answers=answers, **more)


def test_it_works(site: Any) -> None:
    made = submit()
    tip = made.tip
    assert tip.number == f"{clock.today().year}-1"
    event = Event.objects.get(kind="submitted")
    assert (event.actor, event.at, bytes(event.tag)) == ("reporter", None, bytes(tip.tag))
    assert bytes(event.cell_hash) == tips.cells_hash(Cell.objects.filter(tip=tip.uuid))
    assert Entry.objects.get(kind="tip.received").ref == str(tip.uuid)
    assert "acknowledgement" in made.acknowledgement
    assert run_due() == 1


def test_the_same_receipt_makes_one_tip(site: Any) -> None:
    receipt = receipts.new_receipt()
    first = submit(receipt=receipt)
    again = submit(receipt=receipt)
    assert again.again
    assert again.tip == first.tip
    assert again.acknowledgement == first.acknowledgement
    assert Tip.objects.count() == Event.objects.filter(kind="submitted").count() == 1


def test_sending_the_page_twice_shows_the_same_receipt(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("identity")
    rev = reporter.rev("check")
    for _ in range(2):
        assert reporter.send("check", rev=rev)["Location"].endswith("/report/sent/")
    pages = [reporter.get("sent").content.decode() for _ in range(2)]
    assert RECEIPT.search(pages[0])[0] == RECEIPT.search(pages[1])[0]  # type: ignore[index]
    assert Tip.objects.count() == 1


def test_the_receipt_page_ends(site: Any) -> None:
    reporter = site.reporter()
    reporter.report()
    assert b"acknowledgement" in reporter.client.get(reporter.url("sent/acknowledgement")).content
    unticked = reporter.client.post(reporter.url("sent"), {"go": "1"})
    assert unticked.status_code == 422
    assert RECEIPT.search(unticked.content.decode())
    done = reporter.client.post(reporter.url("sent"), {"go": "1", "ok": "1"})
    assert done.status_code == 303
    assert "cookies" in done["Clear-Site-Data"]
    assert not Draft.objects.exists()
    assert RECEIPT.search(reporter.get("sent").content.decode()) is None


def test_the_receipt_page_lasts_half_an_hour(site: Any) -> None:
    reporter = site.reporter()
    reporter.report()
    Draft.objects.update(sent_at=clock.now() - timedelta(minutes=29))
    assert RECEIPT.search(reporter.get("sent").content.decode())
    Draft.objects.update(sent_at=clock.now() - timedelta(minutes=30))
    assert RECEIPT.search(reporter.get("sent").content.decode()) is None


def test_the_sent_draft_holds_no_answers(site: Any) -> None:
    from complaints.intake import drafts
    from complaints.intake.browser import DRAFT_COOKIE, Handle

    reporter = site.reporter()
    reporter.report()

    class Request:
        COOKIES = {name: cookie.value for name, cookie in reporter.client.cookies.items()}

    content = drafts.read(Handle.of(Request(), DRAFT_COOKIE)).content  # type: ignore[arg-type]
    assert content.fields == {}
    assert content.files == []


@pytest.mark.parametrize(
    "change",
    [
        {"subject": ""},
        {"subject": "x" * 201},
        {"narrative": "a\0b"},
        {"narrative": "a\ud800b"},
        {"narrative": "字" * 20_001},
        {"identity": Identity("", "1")},
        {"identity": Identity("名", "1\u202e")},
    ],
)
def test_bad_answers_are_refused_before_anything_is_written(site: Any, change: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        submit(Answers(**{**ANSWERS.__dict__, **change}))
    assert not Tip.objects.exists()
    assert not Wrap.objects.filter(kind="talk").exists()


def test_nobody_above_is_refused(site: Any) -> None:
    with pytest.raises(services.Outside):
        submit(Answers(**{**ANSWERS.__dict__, "up": 2}))


def test_an_office_that_closes_meanwhile_is_left(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tips.seal_tip

    def closing(**values: Any) -> Any:
        sealed = real(**values)
        Office.objects.filter(pk=site.cast.lower.pk).update(active=False)
        return sealed

    monkeypatch.setattr(services.tips, "seal_tip", closing)
    assert submit().tip.office == site.cast.root


def test_a_failure_in_the_middle_leaves_nothing(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "enqueue", lambda **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit()
    assert not Tip.objects.exists()
    assert not Cell.objects.filter(label="narrative").exists()
    assert not Event.objects.filter(kind="submitted").exists()
    monkeypatch.undo()
    assert submit().tip.number.endswith("-1")


def test_change_numbers_rise_by_office(site: Any) -> None:
    changes = [submit().tip.change for _ in range(3)]
    assert changes == sorted(set(changes))
    assert Office.objects.get(pk=site.cast.lower.pk).change == changes[-1]


def run_at_once(count: int, work: Any) -> list[Any]:
    """`work(i)` in `count` threads; results, or the exceptions they ended with."""
    gate, results = threading.Barrier(count), [None] * count

    def one(i: int) -> None:
        try:
            gate.wait(30)
            results[i] = work(i)
        except Exception as error:  # shown by the assertion
            results[i] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def test_sixteen_at_once(committed_site: Any) -> None:
    results = run_at_once(16, lambda i: submit())
    assert [r for r in results if isinstance(r, Exception)] == []
    numbers = sorted(int(r.tip.number.split("-")[1]) for r in results)
    assert numbers == list(range(1, 17))
    assert len({r.tip.change for r in results}) == 16
    assert Tip.objects.count() == Event.objects.filter(kind="submitted").count() == 16


def test_one_receipt_sixteen_times_at_once(committed_site: Any) -> None:
    receipt = receipts.new_receipt()
    results = run_at_once(16, lambda i: submit(receipt=receipt))
    assert [r for r in results if isinstance(r, Exception)] == []
    assert len({r.tip.pk for r in results}) == 1
    assert Tip.objects.count() == 1
    assert sum(not r.again for r in results) == 1


def test_sixteen_browsers_at_once(committed_site: Any) -> None:
    results = run_at_once(16, lambda i: committed_site.reporter().report())
    assert [r for r in results if isinstance(r, BaseException)] == []
    assert len(set(results)) == 16
    assert Tip.objects.count() == 16


def test_no_key_derivation_or_sealing_in_a_transaction(
    committed_site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tips.seal_tip

    def watched(**values: Any) -> Any:
        assert not connection.in_atomic_block
        return real(**values)

    monkeypatch.setattr(services.tips, "seal_tip", watched)
    submit()
    assert Category.objects.exists()
