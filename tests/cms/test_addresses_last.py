"""Addresses outlive what happens to bodies and languages."""

from __future__ import annotations

import datetime as dt

import pytest

from cms.models import PublishedVersion
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def test_a_merged_organisation_keeps_its_address_items_and_history(client):
    old, new = making.organisation("9901-GS", "工商局"), making.organisation("9901-SC", "市场监督管理局")
    item = making.item("营业执照核发", organisation=old)
    old.refresh_from_db()
    old.successor, old.valid_until = new, dt.date(2019, 3, 1)
    old.save_revision().publish()
    item.refresh_from_db()
    item.organisation = new
    item.save_revision().publish()
    assert client.get("/organisations/9901-GS/").status_code == 200
    page = client.get(item.get_absolute_url())
    assert page.status_code == 200
    assert "市场监督管理局" in page.content.decode()
    assert item.code.startswith("9901-GS"), "the code that was made is not made again"
    assert PublishedVersion.objects.of(item).count() == 2
    first = client.get(f"{item.get_absolute_url()}versions/1/")
    assert first.status_code == 200


def test_an_english_address_without_translation_says_so(client):
    item = making.item("营业执照核发")
    page = client.get(f"/en{item.get_absolute_url()}")
    html = page.content.decode()
    assert page.status_code == 200
    assert 'lang="zh-Hans"' in html
    assert "营业执照核发" in html
    assert 'class="note' in html
    home = client.get(item.get_absolute_url()).content.decode()
    assert html.count('class="note') == home.count('class="note') + 1, "a sentence, and only in English"
