"""Consultations: opinions without an account and without a trace, never shown by themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from workdays import clock

from cms import limits
from cms.models import Opinion
from cms.publishing import generations
from tests.cms.data.support import consultation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
SAID = "五元太贵，三元合适"


def send(client: Any, page: Any, prefix: str = "", **boxes: str) -> Any:
    headers = {"sec-fetch-site": "same-origin"}
    return client.post(prefix + page.get_absolute_url(), {"whole": "", **boxes}, headers=headers)


def test_an_opinion_is_taken_without_a_cookie(client: Any) -> None:
    page = consultation()
    shown = client.get(page.get_absolute_url())
    assert "第一条" in shown.content.decode()
    answer = send(client, page, p2=SAID, whole="赞成")
    assert (answer.status_code, answer.url) == (303, f"{page.get_absolute_url()}?sent=1#sent")
    assert not shown.cookies
    assert not answer.cookies
    assert not client.cookies
    assert "收到了" in client.get(answer.url).content.decode()
    rows = {(row.place, row.text, row.times, row.received_on) for row in Opinion.objects.all()}
    assert rows == {("2", SAID, 1, clock.today()), ("", "赞成", 1, clock.today())}
    second = page.paragraphs.all()[1]
    assert Opinion.objects.get(text=SAID).paragraph == second.translation_key


def test_nothing_of_the_sender_is_kept(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Its columns are all that is known: no address, no time, no browser; and no log has the words."""
    page = consultation()
    client.post(
        page.get_absolute_url(), {"whole": SAID}, REMOTE_ADDR="203.0.113.77", headers={"user-agent": "X9"}
    )
    names = {field.name for field in Opinion._meta.get_fields()}
    assert names == {
        "id", "page", "paragraph", "place", "text", "digest", "times", "received_on", "state", "note",
    }  # fmt: skip
    row = Opinion.objects.values().get()
    assert "203.0.113" not in str(row)
    assert SAID not in caplog.text


def test_an_opinion_is_shown_nowhere(client: Any) -> None:
    page = consultation()
    send(client, page, p1=SAID)
    Opinion.objects.update(state=Opinion.State.COUNTED)
    for path in (
        page.get_absolute_url(), "/consultations/", "/data/consultations.jsonl", "/data/consultations.csv",
        f"/api/v1/consultations/{page.slug}", "/api/v1/changes", "/feeds/consultations.atom",
    ):  # fmt: skip
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert SAID not in body.decode(), path


def test_the_same_words_are_counted_not_stored_again(client: Any) -> None:
    page = consultation()
    for _ in range(3):
        send(client, page, p1=SAID)
    send(client, page, p2=SAID)
    assert sorted(Opinion.objects.values_list("place", "times")) == [("2", 1), ("第一条", 3)]


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        ({}, "还没有写意见"),
        ({"p1": "长" * 4_001}, "最多写 4000 个字"),
        ({"p1": "半截\x00"}, "没有提交成功"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(client: Any, boxes: dict, sentence: str) -> None:
    answer = send(client, consultation(), whole="" if not boxes else "这一句还在", **boxes)
    body = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in body
    if boxes:
        assert "这一句还在</textarea>" in body
    assert not Opinion.objects.exists()


def test_closed_coming_and_hidden_ones_take_nothing(client: Any) -> None:
    day = dt.timedelta(days=1)
    today = clock.today()
    closed = consultation(opens_on=today - 9 * day, closes_on=today - day)
    coming = consultation(opens_on=today + day, closes_on=today + 9 * day)
    for page in (closed, coming):
        answer = send(client, page, whole=SAID)
        assert answer.status_code == 409
        assert SAID in answer.content.decode()
        assert "<textarea" not in client.get(page.get_absolute_url()).content.decode()
    draft = consultation(live=False)
    assert send(client, draft, whole=SAID).status_code == 404
    gone = consultation()
    gone.unpublish()
    assert send(client, gone, whole=SAID).status_code == 410
    assert not Opinion.objects.exists()
    last = consultation(closes_on=today)
    assert send(client, last, whole=SAID).status_code == 303


def test_another_site_cannot_send(client: Any) -> None:
    path = consultation().get_absolute_url()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert client.post(path, {"whole": SAID}, headers=headers).status_code == 403
    assert not Opinion.objects.exists()


def test_the_rate_knows_no_person(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.RATES, "opinion", ((1, 3600), (100, 3600)))
    page = consultation()
    assert send(client, page, whole="一").status_code == 303
    answer = send(client, page, whole=SAID)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert SAID in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_the_english_address_takes_opinions_on_the_same_draft(client: Any) -> None:
    page = consultation()
    assert send(client, page, prefix="/en", p1=SAID).status_code == 303
    assert Opinion.objects.get().page_id == page.pk


def test_an_opinion_clears_no_page(client: Any, django_capture_on_commit_callbacks: Any) -> None:
    page = consultation()
    before = generations.current()
    with django_capture_on_commit_callbacks(execute=True):
        send(client, page, whole=SAID)
    assert generations.current() == before


def test_the_summary_shows_from_its_day(client: Any) -> None:
    today = clock.today()
    past = {"opens_on": today - dt.timedelta(days=9), "closes_on": today - dt.timedelta(days=1)}
    early = consultation(summary="<p>汇总在此</p>", summary_on=today + dt.timedelta(days=1), **past)
    assert "汇总在此" not in client.get(early.get_absolute_url()).content.decode()
    done = consultation(summary="<p>汇总在此</p>", summary_on=today, answer="收费太高", **past)
    body = client.get(done.get_absolute_url()).content.decode()
    assert "汇总在此" in body
    assert "收费太高" in body


def test_who_is_not_listed_needs_a_reason(client: Any) -> None:
    from django.core.exceptions import ValidationError

    page = consultation()
    send(client, page, whole=SAID)
    row = Opinion.objects.get()
    row.state = Opinion.State.ASIDE
    with pytest.raises(ValidationError):
        row.clean()
    row.note = "与草案无关"
    row.clean()


def test_the_list_by_state(client: Any) -> None:
    consultation("正在征求的草案")
    assert "正在征求的草案" in client.get("/consultations/?state=open").content.decode()
    assert "正在征求的草案" not in client.get("/consultations/?state=closed").content.decode()
