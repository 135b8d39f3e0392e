"""The tree of organisations, and what the page of one says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.models import Level, Organisation, OrganisationAlias
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def names(html: str) -> list[str]:
    main = html[html.index("<main") : html.index("</main>")]
    return re.findall(r'<a href="/organisations/[^"]+"[^>]*>([^<]+)</a>', main)


def test_it_works(client: Any) -> None:
    city = making.organisation("01", "云泽市人民政府", order=1)
    bureau = making.organisation("01-1", "云泽市城管局", parent=city, level=Level.objects.get(code="city"))
    making.organisation("01-1-1", "望湖区城管大队", parent=bureau, region="望湖区")
    making.organisation("02", "清石县人民政府", order=2)
    making.item("甲", organisation=bureau)
    making.item("乙", organisation=bureau)
    said = client.get("/organisations/").text
    assert names(said)[-4:] == ["云泽市人民政府", "云泽市城管局", "望湖区城管大队", "清石县人民政府"]
    assert said.count('class="list"') == 3
    assert "一共 2 项" in said
    assert "市级" in said


def test_below_one_that_is_not_public(client: Any) -> None:
    top = making.organisation("01", "顶上的机构")
    middle = making.organisation("01-1", "没有公开的机构", parent=top)
    making.organisation("01-1-1", "底下的机构", parent=middle)
    Organisation.objects.filter(pk=middle.pk).update(live=False)
    assert names(client.get("/organisations/").text) == ["顶上的机构", "底下的机构"]
    page = client.get("/organisations/01-1-1/").text
    assert "没有公开的机构" not in page


def test_the_page_of_one(client: Any) -> None:
    city = making.organisation("01", "云泽市人民政府")
    bureau = making.organisation("01-1", "云泽市城管局", parent=city, region="云泽市")
    making.organisation("01-9", "云泽市市容局", successor=bureau)
    OrganisationAlias.objects.create(organisation=bureau, name="市城市管理局")
    page = client.get("/organisations/01-1/").text
    for word in ("云泽市人民政府", "市城市管理局", "云泽市市容局", "?about=organisation:01-1", "?body=01-1"):
        assert word in page


def test_a_circle_ends(client: Any) -> None:
    one = making.organisation("01", "甲")
    two = making.organisation("02", "乙", parent=one)
    Organisation.objects.filter(pk=one.pk).update(parent=two)
    assert client.get("/organisations/").status_code == 200


def test_the_number_of_queries_does_not_grow(client: Any) -> None:
    top = making.organisation("01", "顶")
    client.get("/organisations/")
    with CaptureQueriesContext(connection) as few:
        client.get("/organisations/")
    for number in range(8):
        making.organisation(f"01-{number}", f"机构{number}", parent=top)
    client.get("/organisations/")
    with CaptureQueriesContext(connection) as many:
        client.get("/organisations/")
    assert len(many) <= len(few)
