"""The queue: pages, filters, views, how many queries; and who sees what of it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from workdays import clock

from complaints.desk import queue as rows
from complaints.desk.models import SavedView
from complaints.intake.models import State, Tip

LINK = re.compile(r'<a href="/desk/tips/([^/]+)/"')


def numbers(page: Any) -> list[str]:
    return LINK.findall(page.text)


def test_it_shows_the_offices_open_tips_with_subjects(desk: Any) -> None:
    mine, other = desk.tip("押金不退"), desk.tip("市里的事", region="town")
    page = desk.client("handler").get("/desk/")
    assert page.status_code == 200
    assert numbers(page) == [mine.number]
    assert "押金不退" in page.text
    assert "市里的事" not in page.text
    assert other.number not in page.text
    assert "林handler·承办人·已解锁" in page.text
    assert "no-store" in page["Cache-Control"]


def test_pages_by_keyset_leave_nothing_out_and_repeat_nothing(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rows, "PAGE", 3)
    tips = [desk.tip(f"第{n}件") for n in range(8)]
    today = clock.today()
    for n, tip in enumerate(tips):  # equal days, and days that are not set
        due = None if n >= 6 else today + dt.timedelta(days=n // 2)
        Tip.objects.filter(pk=tip.pk).update(
            due_on=due, received_on=today - dt.timedelta(days=n // 3), priority=(0, 2, 0, 3, 0)[n % 5]
        )
    client = desk.client("triage")
    for sort in rows.SORTS:
        seen: list[str] = []
        url = f"/desk/?state=all&sort={sort}"
        while url:
            page = client.get(url)
            seen += numbers(page)
            following = re.search(r'rel="next" href="([^"]+)"', page.text)
            url = following[1].replace("&amp;", "&") if following else ""
        assert len(seen) == 8
        assert set(seen) == {tip.number for tip in tips}
        found = {tip.number: tip for tip in Tip.objects.all()}
        if sort == "due":
            days = [found[n].due_on or dt.date.max for n in seen]
            assert days == sorted(days)
        elif sort == "priority":
            order = [(-found[n].priority, found[n].due_on or dt.date.max) for n in seen]
            assert order == sorted(order)
            assert len({level for level, _day in order}) == 3
        elif sort == "activity":
            changes = [found[n].change for n in seen]
            assert changes == sorted(changes, reverse=True)
        else:
            assert [found[n].received_on for n in seen] == sorted(
                (t.received_on for t in found.values()), reverse=sort == "new"
            )


def test_every_order_pages_through_two_offices_and_is_kept_in_a_view(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    desk.member("handler", "handler", desk.city)
    tips = [desk.tip(f"第{n}件", **({"region": "town"} if n % 2 else {})) for n in range(5)]
    Tip.objects.filter(pk=tips[3].pk).update(priority=3)
    offices = sorted({tip.office_id for tip in tips})
    assert len(offices) == 2
    for sort in rows.SORTS:
        seen, after = [], ""
        while page := rows.page(Tip.objects.all(), offices=offices, sort=sort, after=after):
            seen += [tip.pk for tip in page[0]]
            if not (after := page[1]):
                break
        assert len(seen) == 5
        assert set(seen) == {tip.pk for tip in tips}
        if sort == "priority":
            assert seen[0] == tips[3].pk
    client = desk.client("handler")
    client.post("/desk/views/", {"name": "紧要", "sort": "priority"})
    assert SavedView.objects.get().query == "sort=priority"
    assert "?sort=priority" in client.get("/desk/").text
    for query, name in (("", "待办"), ("?sort=priority", "紧要"), ("?sort=new", "待办")):
        text = client.get(f"/desk/{query}").text
        assert re.findall(r'aria-current="page">([^<&]+)&nbsp;', text) == [name]


@pytest.mark.parametrize(
    "after",
    [
        "nonsense",
        "2026-99-99.x",
        "2026-01-01",
        "~",
        "none.zz",
        "\x00",
        f"none.{'f' * 32}.9",
        f"none.{'f' * 32}.x.1",
    ],
)
def test_a_place_that_cannot_be_is_404(desk: Any, after: str) -> None:
    assert desk.client("triage").get("/desk/", {"after": after, "sort": "priority"}).status_code == 404


def test_a_page_beyond_the_last_is_empty(desk: Any) -> None:
    desk.tip()
    page = desk.client("triage").get("/desk/", {"after": "none." + "f" * 32})
    assert page.status_code == 200
    assert not numbers(page)


def test_filters(desk: Any) -> None:
    one, two, three = desk.tip("一"), desk.tip("二", category="penalty"), desk.tip("三")
    today = clock.today()
    Tip.objects.filter(pk=one.pk).update(assignee=desk.users["handler"], due_on=today - dt.timedelta(days=9))
    Tip.objects.filter(pk=two.pk).update(due_on=today + dt.timedelta(days=2))
    Tip.objects.filter(pk=three.pk).update(state=State.CLOSED, due_on=None)
    client = desk.client("handler")
    for query, want in {
        "": [one, two],
        "state=all": [one, two, three],
        "state=closed": [three],
        "category=penalty": [two],
        "region=lake": [one, two],
        "region=town": [],
        "assignee=me": [one],
        "assignee=none": [two],
        "due=overdue": [one],
        "due=soon": [two],
        "due=none&state=all": [three],
        "named=no": [one, two],
        "named=yes": [],
        "state=nonsense": [one, two],
    }.items():
        page = client.get(f"/desk/?{query}")
        assert page.status_code == 200, query
        assert set(numbers(page)) == {tip.number for tip in want}, query
    assert "没有这一项" in client.get("/desk/?category=nonsense").text
    assert "红色预警" in client.get("/desk/").text


def test_a_branch_of_the_tree_holds_its_leaves(desk: Any) -> None:
    from complaints.intake.models import Category

    branch = Category.objects.create(code="law", name="执法")
    Category.objects.filter(code="penalty").update(parent=branch)
    tip = desk.tip(category="penalty")
    desk.tip()
    assert numbers(desk.client("triage").get("/desk/?category=law")) == [tip.number]


def test_the_number_of_queries_does_not_grow(desk: Any) -> None:
    client = desk.client("handler")
    desk.tip()
    client.get("/desk/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/desk/")
    for n in range(12):
        desk.tip(f"第{n}件")
    with CaptureQueriesContext(connection) as many:
        assert len(numbers(client.get("/desk/"))) == 13
    assert len(many) == len(few)
    assert len(many) <= 37


def test_locked_sessions_are_asked_for_the_password(desk: Any) -> None:
    tip = desk.tip("押金不退")
    client = desk.client("handler", unlocked=False)
    for path in ("/desk/", f"/desk/tips/{tip.number}/"):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/desk/unlock/?next=")


def test_an_auditor_sees_columns_and_events_but_no_content(desk: Any) -> None:
    tip = desk.tip("押金不退", "收了押金不退的原话")
    client = desk.client("auditor", unlocked=False)
    page = client.get("/desk/")
    assert numbers(page) == [tip.number]
    one = client.get(f"/desk/tips/{tip.number}/")
    assert "经过" in one.text
    assert "收到" in one.text
    for answer in (page, one):
        assert answer.status_code == 200
        assert "押金" not in answer.text
    assert 'name="q"' not in page.text
    keeper = desk.client("custodian").get(f"/desk/tips/{tip.number}/")
    assert "经过" not in keeper.text
    assert "押金" not in keeper.text


def test_an_administrator_sees_members_and_no_tip(desk: Any) -> None:
    tip = desk.tip()
    client = desk.client("head")
    assert client.get("/desk/")["Location"] == "/desk/members/"
    page = client.get("/desk/members/")
    assert "林handler" in page.text
    assert "林outsider" not in page.text
    assert client.get(f"/desk/tips/{tip.number}/").status_code == 404
    assert client.get("/desk/stats/").status_code == 403


def test_somebody_of_no_office_gets_a_sentence(desk: Any) -> None:
    desk.person("editor")
    page = desk.client("editor").get("/desk/")
    assert page.status_code == 403
    assert "您不在任何受理机构" in page.text


def test_stats_count_ones_own_office_in_few_queries(desk: Any) -> None:
    tip = desk.tip()
    desk.tip(category="penalty")
    desk.tip(region="town")
    Tip.objects.filter(pk=tip.pk).update(state=State.CLOSED)
    client = desk.client("auditor", unlocked=False)
    client.get("/desk/stats/")
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/desk/stats/")
    assert page.status_code == 200
    assert "望湖区纪委监委" in page.text
    assert "云泽市纪委监委" not in page.text
    assert re.search(r"<dt>全部来件</dt><dd>2</dd>", page.text)
    assert len(queries) <= 16


def test_two_offices_in_one_queue(desk: Any) -> None:
    desk.member("handler", "handler", desk.city)
    one, two = desk.tip("湖边的事"), desk.tip("城里的事", region="town")
    page = desk.client("handler").get("/desk/")
    assert set(numbers(page)) == {one.number, two.number}
    assert "湖边的事" in page.text
    assert "城里的事" in page.text
    assert "云泽市纪委监委" in page.text
