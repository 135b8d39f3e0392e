"""Drafts: sealed, kept while they live, never overwritten by another tab, gone when told to go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from workdays import clock

from complaints.intake import about, drafts
from complaints.intake.browser import DRAFT_COOKIE
from complaints.intake.models import Draft, Tip
from complaints.intake.tasks import expire_drafts
from complaints.vault.errors import Busy
from complaints.vault.models import SealedFile


def html(response: Any) -> str:
    return response.content.decode()


def blobs(settings: Any) -> list[Path]:
    return [p for p in Path(settings.STORAGES["sealed"]["OPTIONS"]["location"]).rglob("*") if p.is_file()]


def test_it_works(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("what")
    assert "多收五十元" in html(reporter.get("what"))
    assert "接着写" in html(reporter.get(""))
    assert reporter.start()["Location"].endswith("/report/who/")
    sealed = bytes(Draft.objects.get().sealed)
    assert "多收五十元".encode() not in sealed


def test_the_row_without_the_cookie_opens_nothing(site: Any) -> None:
    one, other = site.reporter(), site.reporter()
    one.answer_until("what")
    other.start()
    stolen = drafts.Handle.of(_request(other), DRAFT_COOKIE)
    assert stolen is not None
    with pytest.raises(drafts.Gone):
        drafts.read(drafts.Handle(Draft.objects.exclude(pk=stolen.row).get().pk, stolen.secret))


def _request(reporter: Any) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.COOKIES = {name: cookie.value for name, cookie in reporter.client.cookies.items()}
    return request


def test_a_field_changed_in_two_tabs_is_shown_in_both_versions(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("who")
    old = reporter.rev("what")
    reporter.send("what", subject="第一个窗口", rev=old)
    answer = reporter.send("what", subject="第二个窗口", rev=old)
    page = html(answer)
    assert answer.status_code == 200
    assert "第一个窗口" in page
    assert "第二个窗口" in page
    assert 'value="第一个窗口"' in html(reporter.get("what"))
    reporter.send("what", subject="第二个窗口", **{"choose-subject": "stored"})
    assert 'value="第一个窗口"' in html(reporter.get("what"))
    reporter.send("what", subject="第二个窗口", **{"choose-subject": "mine"})
    assert 'value="第二个窗口"' in html(reporter.get("what"))


def test_the_same_answer_twice_is_no_clash(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("who")
    old = reporter.rev("what")
    for _ in range(2):
        assert reporter.send("what", subject="一样", rev=old).status_code == 303


def test_what_is_sent_is_what_stands_on_the_check(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("identity")
    old = reporter.rev("check")
    reporter.send("what", subject="后来改的")
    answer = reporter.send("check", rev=old)
    assert answer.status_code == 200
    assert "另一个窗口" in html(answer)
    assert not Tip.objects.exists()


@pytest.mark.parametrize("hours", [2, 24])
def test_it_expires(site: Any, hours: int, settings: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("office")
    reporter.send("files", attachments=SimpleUploadedFile("a.txt", b"evidence"))
    assert len(blobs(settings)) == 1
    moved = clock.now() - timedelta(hours=hours)
    Draft.objects.update(**({"touched_at": moved} if hours == 2 else {"created_at": moved}))
    page = reporter.get("what")
    assert page.status_code == 200
    assert "没有您的草稿" in html(page)
    expire_drafts()
    assert not Draft.objects.exists()
    assert not SealedFile.objects.exists()
    assert not blobs(settings)


def test_an_expired_draft_shows_once_more_what_was_typed(site: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("region")
    rev = reporter.rev("what")
    Draft.objects.all().delete()
    page = html(
        reporter.send("what", narrative="写了很久很久的一段话，不能丢掉，一共有二十多个字。", rev=rev)
    )
    assert "写了很久很久的一段话" in page
    assert "没有保存在我们这里" in page


def test_leave_now_deletes_all_of_it(site: Any, settings: Any) -> None:
    reporter = site.reporter()
    reporter.answer_until("office")
    reporter.send("files", button="upload", attachments=SimpleUploadedFile("a.txt", b"evidence"))
    ahead = reporter.client.get(reporter.url("leave"), headers={"sec-purpose": "prefetch"})
    assert ahead.status_code == 204
    answer = reporter.get("leave")
    assert answer.status_code == 303
    assert answer["Location"] == settings.QINGFENG["exit_url"]
    assert "cookies" in answer["Clear-Site-Data"]
    assert answer.cookies[DRAFT_COOKIE].value == ""
    assert not Draft.objects.exists()
    assert not SealedFile.objects.exists()
    assert not blobs(settings)


def test_a_link_on_another_site_deletes_nothing(site: Any, settings: Any) -> None:
    reporter = site.reporter()
    reporter.start()
    answer = reporter.client.get(reporter.url("leave"), headers={"sec-fetch-site": "cross-site"})
    assert answer["Location"] == settings.QINGFENG["exit_url"]
    assert "Clear-Site-Data" not in answer
    assert DRAFT_COOKIE not in answer.cookies
    assert Draft.objects.count() == 1
    assert reporter.client.get(reporter.url("leave"), headers={"sec-fetch-site": "same-origin"})
    assert not Draft.objects.exists()


def test_leave_with_a_forged_cookie_deletes_nothing(site: Any) -> None:
    one, other = site.reporter(), site.reporter()
    one.start()
    other.client.cookies[DRAFT_COOKIE] = "x" * 64
    assert other.get("leave").status_code == 303
    assert Draft.objects.count() == 1


def test_busy_is_a_page_that_keeps_the_input(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts.receipts, "derive", lambda *a, **k: (_ for _ in ()).throw(Busy()))
    monkeypatch.setattr(about, "_resolvers", [lambda *a: about.About("办证")])
    answer = site.reporter().start(about="power:A1", step="")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert 'name="about" value="power:A1"' in html(answer)


def test_about_is_shown_sealed_and_removable(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(kind: str, code: str, step: str) -> about.About | None:
        return about.About("烟草许可", "受理" if step else "") if (kind, code) == ("power", "A1") else None

    monkeypatch.setattr(about, "_resolvers", [resolver])
    reporter = site.reporter()
    page = html(reporter.client.get(reporter.url("") + "?about=power:A1&step=s2"))
    assert "烟草许可" in page
    assert "受理" in page
    for unknown in ("power:none", "nonsense", "power:" + "x" * 5000, "power:A%00"):
        page = html(reporter.client.get(reporter.url("") + f"?about={unknown}"))
        assert "没有找到" in page
    reporter.start(about="power:A1", step="s2")
    assert "烟草许可".encode() not in bytes(Draft.objects.get().sealed)
    for key in ("category", "region", "what", "who", "office", "files", "identity"):
        reporter.send(key)
    assert "烟草许可" in html(reporter.get("check"))
    reporter.send("check", button="drop_about")
    reporter.send("office")
    assert "烟草许可" not in html(reporter.get("check"))
