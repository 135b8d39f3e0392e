"""An unmasking incident: what was published by mistake is in no version, draft, diff, feed or page then."""

from __future__ import annotations

import io
import json
import sys

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from ledger.models import Event
from outbox.models import Entry
from wagtail.models import Locale

from cms import integrity, setup
from cms.erasing import service
from cms.erasing.places import forms, places
from cms.models import NoticePage, PowerItem, PublishedVersion
from cms.publishing import generations
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]

NAME, PHONE = "隗豆豆", "13900001234"
WRONG = f"<p>举报人{NAME}，电话{PHONE}，反映占道经营。</p>"
WHY = "误公开举报人信息，依申请更正"


def told(text: str = WRONG, **fields) -> NoticePage:
    page = NoticePage(title="占道经营处理情况", body=[("text", text)], **fields)
    return making.page("notices", page)


def edit(page, text: str):
    page.body = [("text", text)]
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def everything() -> str:
    """Every value of every row of every table, as a dump of the database would have it."""
    said = []
    for model in apps.get_models():
        for row in model._base_manager.values_list():
            said.append(json.dumps([str(value) for value in row], ensure_ascii=False))
    return "\n".join(said)


def nowhere(*texts: str) -> None:
    held = everything()
    for text in texts:
        for form in forms(text):
            assert form not in held


def test_it_works(client):
    page = edit(told(), WRONG + "<p>第二版。</p>")
    versions = PublishedVersion.objects.of(page)
    events = {version.number: version.event for version in versions}
    leaves = dict(Event.objects.filter(uuid__in=events.values()).values_list("uuid", "leaf_hash"))
    done = service.erase([NAME, PHONE], reason=WHY, actor="user:1")
    assert done.versions == [(page.get_absolute_url(), 1), (page.get_absolute_url(), 2)]
    assert (done.corrected, done.withdrawn) == ([page.get_absolute_url()], [])
    nowhere(NAME, PHONE)
    assert [v.content is None for v in versions.order_by("number")] == [True, True, False]
    assert versions.get(number=3).reason == WHY
    html = client.get(page.get_absolute_url()).content.decode()
    assert "举报人某某，电话某某，反映占道经营" in html
    assert "第二版" in html
    assert f"page:{page.pk}" in Entry.objects.filter(kind="search.index").values_list("ref", flat=True) or (
        set(page.affected()) <= set(Entry.objects.values_list("ref", flat=True))
    )
    # The record says that it happened and why, and the ledger is as it was.
    said = Event.objects.get(kind=service.EVENT)
    assert said.details["reason"] == WHY
    assert [number for _address, number in said.details["versions"]] == [1, 2]
    assert dict(Event.objects.filter(uuid__in=leaves).values_list("uuid", "leaf_hash")) == leaves
    assert list(integrity.published_versions()) == []


def test_what_was_corrected_long_ago_leaves_its_old_versions_and_drafts():
    page = edit(told(), "<p>举报人某某反映占道经营。</p>")
    page.body = [("text", WRONG)]
    page.save_revision()  # a draft that nobody published
    done = service.erase([NAME, PHONE], reason=WHY, actor="user:1")
    assert [number for _address, number in done.versions] == [1]
    assert done.corrected == [], "what is public now never held it"
    nowhere(NAME, PHONE)
    page.refresh_from_db()
    assert page.has_unpublished_changes
    assert "举报人某某，电话某某" in str(page.get_latest_revision_as_object().body)


def test_titles_child_rows_and_translations(client):
    item = making.draft_item(f"对{NAME}占道经营的处罚")
    item.remarks = f"联系{PHONE}"
    item.legal_bases.add(type(item.legal_bases.first())(text=f"据{NAME}案", sort_order=1))
    item = making.publish(item)
    english = item.copy_for_translation(Locale.objects.get(language_code="en"))
    english.save()
    done = service.erase([NAME, PHONE], reason=WHY, actor="user:1")
    assert done.corrected == [item.get_absolute_url()]
    nowhere(NAME, PHONE)
    item = PowerItem.objects.get(pk=item.pk)
    assert item.name == "对某某占道经营的处罚"
    history = client.get(f"/power/{item.code}/versions/2/").content.decode()
    assert "已经销毁" in history
    assert NAME not in history
    assert "SHA-256" not in client.get(f"/power/{item.code}/versions/1/").content.decode()


def test_what_may_not_be_published_without_it_is_withdrawn(client, monkeypatch):
    page = told()
    monkeypatch.setattr(
        NoticePage, "publishing_errors", lambda self: ["不行"] if NAME not in str(self.body) else []
    )
    done = service.erase([NAME, PHONE], reason=WHY, actor="user:1")
    assert (done.corrected, done.withdrawn) == ([], [page.get_absolute_url()])
    nowhere(NAME, PHONE)
    answer = client.get(page.get_absolute_url())
    assert answer.status_code == 410
    assert WHY in answer.content.decode()


@pytest.mark.parametrize(
    ("texts", "reason"),
    [([], WHY), (["豆"], WHY), ([NAME], " "), ([NAME], f"误公开{NAME}"), (["哪里都没有的文字"], WHY)],
)
def test_what_is_refused_changes_nothing(texts, reason):
    page = told()
    with pytest.raises(service.Refused):
        service.erase(texts, reason=reason, actor="user:1")
    assert PublishedVersion.objects.of(page).get().content is not None
    assert not Event.objects.filter(kind=service.EVENT).exists()


@pytest.fixture
def admin_client():
    boss = get_user_model().objects.create(username="boss", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(boss, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_the_screen_is_for_administrators_and_asks_twice(client, admin_client, settings):
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]
    page = told()
    address = reverse("erase")
    data = {"texts": f"{NAME}\n{PHONE}", "instead": "某某", "reason": WHY}
    editor = get_user_model().objects.create(username="ed", is_staff=True)
    editor.groups.add(Group.objects.get(name=setup.EDITORS))
    client.force_login(editor, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(address, {**data, "confirm": "yes"}).status_code in (302, 403)
    assert list(places([NAME])) != []
    looked = admin_client.post(address, data)
    assert page.get_absolute_url() in looked.content.decode()
    assert list(places([NAME])) != []
    done = admin_client.post(address, {**data, "confirm": "yes"})
    assert done.status_code == 200
    assert NAME not in done.content.decode()
    nowhere(NAME, PHONE)


def test_the_command_reads_the_texts_from_its_input(monkeypatch):
    page = told()
    for arguments, left in ((["--yes"], False), ([], False)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NAME}\n{PHONE}\n"))
        out = io.StringIO()
        if not arguments:  # the second time there is nothing
            call_command("erase_published", "--reason", WHY, stdout=out)
            assert "版" not in out.getvalue().replace("版本", "")
        else:
            call_command("erase_published", "--reason", WHY, *arguments, stdout=out)
            assert f"{page.get_absolute_url()} 第 1 版" in out.getvalue()
        assert any(places([NAME])) is left
        assert NAME not in out.getvalue()
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandError):
        call_command("erase_published", "--reason", WHY, stdout=io.StringIO())


def test_no_kept_page_is_left():
    cache.set(f"{generations.PAGES}old:1", NAME)
    cache.set("something-else", "stays")
    generations.forget_pages()
    assert cache.get(f"{generations.PAGES}old:1") is None
    assert cache.get("something-else") == "stays"
