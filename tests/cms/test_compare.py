"""Two items side by side: what differs is marked, what is like is offered, what is hidden is not there."""

from __future__ import annotations

import pytest

from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]

NAME = "对擅自占用城市道路的处罚"


@pytest.fixture
def pair():
    county = making.organisation("9902-CG", "临江县城市管理局")
    first = making.item(NAME, remedy="六十日内申请行政复议", contact="电话 1")
    second = making.item(NAME, organisation=county, remedy="三十日内申请行政复议", contact="电话 1")
    return first, second


def page(client, *codes, prefix=""):
    query = "&".join(f"{name}={code}" for name, code in zip("ab", codes, strict=False))
    response = client.get(f"{prefix}/power/compare/?{query}")
    return response.status_code, response.content.decode()


def test_it_works(client, pair):
    status, html = page(client, *(item.code for item in pair))
    assert status == 200
    assert "<del>六</del><ins>三</ins>十日内" in html
    assert "临江县" in html
    row = html.partition("咨询")[2].partition("</tr>")[0]
    assert "不同" not in row
    assert "<ins>" not in row
    assert f"?a={pair[0].code}" in client.get(pair[0].get_absolute_url()).content.decode()


def test_like_items_are_offered(client, pair):
    other = making.item("另一件事", basic_code="000117000000")
    making.item("又一件事", basic_code="000117000000")
    _status, html = page(client, pair[0].code)
    assert pair[1].code in html
    assert other.code not in html
    assert "又一件事" in page(client, other.code)[1]
    assert page(client)[0] == 200


def test_what_is_hidden_or_gone_is_not_compared(client, pair):
    draft = making.draft_item(NAME)
    draft.save()
    assert page(client, pair[0].code, draft.code)[0] == 404
    assert page(client, pair[0].code, "no-such-1")[0] == 404
    assert draft.code not in page(client, pair[0].code)[1]
    pair[1].unpublish()
    assert page(client, pair[0].code, pair[1].code)[0] == 404
    assert pair[1].code not in page(client, pair[0].code)[1]


def test_in_english(client, pair):
    status, html = page(client, *(item.code for item in pair), prefix="/en")
    assert status == 200
    assert 'lang="zh-Hans"' in html


def test_words_from_outside_are_escaped(client, pair):
    evil = making.item(NAME, remedy="<script>alert(1)</script>")
    html = page(client, pair[0].code, evil.code)[1]
    assert "<script>alert" not in html


def test_a_basic_code_lists_all_who_exercise_it(client, pair):
    """`/power/basic/<code>/` (PUBLISHING, Code): what is public and in force, and the way to compare."""
    first, second = pair
    for record in pair:
        record.basic_code = "330231000000"
        making.publish(record)
    hidden = making.draft_item("没有公布的事项", basic_code="330231000000")
    hidden.save()
    making.item("已经取消的事项", basic_code="330231000000", in_force="cancelled")
    html = client.get("/power/basic/330231000000/").content.decode()
    assert all(record.code in html for record in pair)
    assert f"/power/compare/?a={first.code}" in html
    assert "没有公布的事项" not in html
    assert "已经取消的事项" not in html
    assert "/power/basic/330231000000/" in client.get(second.get_absolute_url()).content.decode()
    assert client.get("/power/basic/000000000000/").status_code == 404
    assert client.get("/en/power/basic/330231000000/").status_code == 200
