"""The law of a basis is found by name and document number; a repealed one is marked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import Locale

from cms import setup
from cms.models import Law, LawVersion, PowerItem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
AJAX = {"x-requested-with": "XMLHttpRequest"}


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


def person(*groups: str) -> Client:
    client, user = Client(), get_user_model().objects.create(username="somebody", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def versions() -> list[LawVersion]:
    rows = (("市容管理条例", "公告第一号", None), ("旧水务办法", "令第七号", dt.date(2020, 1, 1)))
    found = []
    for name, number, repealed in rows:
        law = Law(name=name, locale=Locale.get_default(), slug=f"law-{len(found)}")
        law.save()
        found.append(LawVersion.objects.create(law=law, document_no=number, repealed_on=repealed))
    return found


def test_it_is_found_by_name_and_by_number(versions: list[LawVersion]) -> None:
    client = person(setup.EDITORS)
    for words, here, absent in (
        ("市容", "市容管理条例", "旧水务办法"),
        ("《市容管理条例》", "市容管理条例", "旧水务办法"),
        ("第七号", "旧水务办法", "市容管理条例"),
        ("水务 七号", "旧水务办法", "市容管理条例"),
    ):
        page = client.get(reverse("law_chooser:choose_results"), {"q": words}, headers=AJAX).text
        assert here in page
        assert absent not in page
    assert "2020-01-01" in client.get(reverse("law_chooser:choose"), headers=AJAX).text


def test_a_repealed_one_is_marked_when_chosen(versions: list[LawVersion]) -> None:
    client = person(setup.EDITORS)
    titles = [
        client.get(reverse("law_chooser:chosen", args=[v.pk]), headers=AJAX).json()["result"]["title"]
        for v in versions
    ]
    assert ["2020-01-01" in title for title in titles] == [False, True]


def test_the_form_of_an_item_has_the_chooser() -> None:
    page = person(setup.EDITORS).get(reverse("wagtailsnippets_cms_poweritem:add")).text
    assert reverse("law_chooser:choose") in page
    assert PowerItem.objects.count() == 0


def test_who_writes_no_items_does_not_enter(versions: list[LawVersion]) -> None:
    client = person()
    for name, args in (("choose", []), ("choose_results", []), ("chosen", [versions[0].pk])):
        answer = client.get(reverse(f"law_chooser:{name}", args=args), headers=AJAX)
        assert answer.status_code in (302, 403)
        assert "市容" not in answer.text
