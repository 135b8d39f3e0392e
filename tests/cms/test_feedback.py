"""Residents' feedback on notices: taken without a trace, public only in other words and with an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse
from ledger.models import Event

from cms import setup
from cms.models import NoticeFeedback, NoticeType
from cms.publishing import generations
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
SAID = "三组的补贴没有写清楚"
SHOWN, ANSWER = "有居民问三组的补贴", "已在附件第 2 页补上。"
State = NoticeFeedback.State


def accounts(title: str = "二季度收支", **fields: Any) -> Any:
    return making.notice(title, notice_type=NoticeType.objects.get(code="village-accounts"), **fields)


def send(client: Any, page: Any, text: str = SAID, prefix: str = "", **headers: str) -> Any:
    path = prefix + page.get_absolute_url()
    return client.post(path, {"said": text}, headers={"sec-fetch-site": "same-origin"} | headers)


def row(page: Any, **fields: Any) -> NoticeFeedback:
    fields = {"text": SAID, "digest": "x", "received_on": page.date} | fields
    return NoticeFeedback.objects.create(page=page, **fields)


def test_it_is_taken_without_a_cookie_and_shown_nowhere(client: Any) -> None:
    page = accounts()
    before = generations.current()
    answer = send(client, page)
    assert (answer.status_code, answer.url) == (303, f"{page.get_absolute_url()}?sent=1#sent")
    assert send(client, page, prefix="/en").status_code == 303
    assert not client.cookies
    assert "收到了" in client.get(answer.url).content.decode()
    found = NoticeFeedback.objects.get()
    assert (found.page_id, found.text, found.times, found.state) == (page.pk, SAID, 2, State.WAITING)
    assert generations.current() == before
    for path in (page.get_absolute_url(), f"/api/v1/notices/{page.slug}", "/data/notices.jsonl"):
        body = client.get(path)
        text = b"".join(body.streaming_content) if body.streaming else body.content
        assert SAID not in text.decode(), path


def test_nothing_of_the_sender_has_a_column() -> None:
    names = {field.name for field in NoticeFeedback._meta.concrete_fields}
    assert names == {
        "id", "page", "text", "digest", "times", "received_on",
        "state", "shown", "answer", "answered_on", "note", "written_by",
    }  # fmt: skip


def test_what_is_refused_and_why(client: Any) -> None:
    page = accounts()
    assert send(client, page, "").status_code == 400
    assert "还没有写反馈" in send(client, page, "").content.decode()
    assert send(client, page, "长" * 4_001).status_code == 400
    assert send(client, page, **{"sec-fetch-site": "cross-site"}).status_code == 403
    plain = making.notice("普通通知")
    assert "<textarea" not in client.get(plain.get_absolute_url()).content.decode()
    kept = send(client, plain)
    assert (kept.status_code, SAID in kept.content.decode()) == (409, True)
    NoticeType.objects.update(feedback=False)
    assert send(client, page).status_code == 409
    assert send(client, accounts("草稿", live=False)).status_code == 404
    gone = accounts("撤下的")
    gone.unpublish()
    assert send(client, gone).status_code == 410
    assert not NoticeFeedback.objects.exists()


def test_public_words_are_not_the_senders_and_name_nobody() -> None:
    found = row(accounts(), state=State.PUBLIC, text="打我电话 13912345678")
    for shown, answer in (("", ANSWER), (SHOWN, " "), ("王建国的电话是 13912345678", ANSWER)):
        found.shown, found.answer = shown, answer
        with pytest.raises(ValidationError):
            found.clean()
    found.shown, found.answer = SHOWN, ANSWER
    found.clean()
    found.state = State.ASIDE
    with pytest.raises(ValidationError):
        found.clean()


def test_it_is_public_at_once_with_its_answer_and_gone_with_its_notice(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = accounts()
    found, raised = row(page, shown=SHOWN, answer=ANSWER), []
    assert SHOWN not in client.get(page.get_absolute_url()).content.decode()
    with monkeypatch.context() as watched:
        watched.setattr(generations, "raise_on_commit", lambda: raised.append(True))
        found.state = State.PUBLIC
        found.save()
    assert raised
    for prefix in ("", "/en"):
        body = client.get(prefix + page.get_absolute_url()).content.decode()
        assert SHOWN in body
        assert ANSWER in body
        assert SAID not in body
    found.state, found.note = State.ASIDE, "与公告无关"
    found.save()
    assert SHOWN not in client.get(page.get_absolute_url()).content.decode()
    kinds = Event.objects.filter(kind__startswith="feedback-").values_list("kind", flat=True)
    assert sorted(kinds) == ["feedback-published", "feedback-withdrawn"]
    assert SHOWN not in json.dumps([event.details for event in Event.objects.all()], ensure_ascii=False)
    page.unpublish()
    assert client.get(page.get_absolute_url()).status_code == 410


def person(name: str, group: str) -> Any:
    user = get_user_model().objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def test_one_writes_the_answer_and_another_makes_it_public(client: Any, settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]
    found = row(accounts(organisation=making.organisation()))
    path = reverse("wagtailsnippets_cms_noticefeedback:edit", args=[found.pk])

    def save(user: Any, state: str, answer: str = ANSWER) -> str:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.post(path, {"shown": SHOWN, "answer": answer, "state": state, "note": ""})
        found.refresh_from_db()
        return found.state

    editor, approver = person("ed", setup.EDITORS), person("ap", setup.MODERATORS)
    assert save(editor, State.PUBLIC) == State.WAITING  # may not publish at all
    assert save(editor, State.WAITING) == State.WAITING
    assert (found.answer, found.written_by) == (ANSWER, editor)
    assert save(approver, State.PUBLIC, "另一种答复") == State.WAITING  # their own words
    assert found.answer == ANSWER
    assert save(approver, State.PUBLIC) == State.PUBLIC
    assert Event.objects.get(kind="feedback-published").actor == f"user:{approver.pk}"
    assert save(editor, State.WAITING) == State.PUBLIC  # nor take back what is public
    other = person("other", setup.EDITORS)
    assert client.get(reverse("wagtailsnippets_cms_noticefeedback:list")).status_code == 200
    assert other.has_perm("cms.change_noticefeedback")
    assert not other.has_perm("cms.delete_noticefeedback")
