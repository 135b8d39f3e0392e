"""Tips by the published item they are about: counted and filtered in the encrypted index alone."""

from __future__ import annotations

import re
from typing import Any

from complaints.desk import words
from complaints.intake.about import About
from complaints.intake.models import State, Tip

ONE = About(title="污水排放许可", kind="power", code="9901-XK-1")
TWO = About(title="行政处罚", kind="power", code="9902-CF-2")
LINK = re.compile(r'<a href="/desk/tips/([^/]+)/"')
ROW = re.compile(r'<th role="rowheader" scope="row">(99[^<]*)</th>((?:<td[^>]*>[^<]*</td>)+)')


def counted(page: Any) -> dict[str, list[int]]:
    return {name: [int(n) for n in re.findall(r">(\d+)<", cells)] for name, cells in ROW.findall(page.text)}


def cast(desk: Any) -> list[Tip]:
    tips = [desk.tip("甲", "一", about=ONE), desk.tip("乙", "二", about=ONE), desk.tip("丙", "三", about=TWO)]
    tips += [desk.tip("丁", "四"), desk.tip("戊", "五", about=TWO, region="town")]
    Tip.objects.filter(pk=tips[1].pk).update(state=State.CLOSED, due_on=None)
    Tip.objects.filter(pk=tips[0].pk).update(due_on="2020-01-02")
    return tips


def test_counted_in_an_unlocked_session_only(desk: Any) -> None:
    cast(desk)
    client = desk.client("triage")
    assert counted(client.get("/desk/stats/")) == {"9901-XK-1": [2, 1, 1], "9902-CF-2": [1, 1, 0]}
    table = client.get("/desk/stats/table.csv").content.decode()
    assert "按来源事项" in table
    assert "9901-XK-1,2,1,1" in table
    locked = desk.client("triage", unlocked=False)
    for path in ("/desk/stats/", "/desk/stats/table.csv"):
        answer = locked.get(path)
        assert answer.status_code == 200
        assert b"9901" not in answer.content
    assert "解锁以后才能按它统计" in locked.get("/desk/stats/").text


def test_who_may_not_search_is_not_told(desk: Any) -> None:
    cast(desk)
    page = desk.client("auditor").get("/desk/stats/")
    assert page.status_code == 200
    assert "来源事项" not in page.text


def test_the_queue_of_one_item(desk: Any) -> None:
    tips = cast(desk)
    client = desk.client("triage")

    def found(data: dict[str, str], query: str = "") -> set[str]:
        answer = client.post("/desk/search/", data)
        assert answer.status_code == 303, answer.text
        assert "99" not in answer["Location"].replace(answer["Location"].partition("words=")[2], "")
        return set(LINK.findall(client.get(answer["Location"] + query).text))

    assert found({"item": ONE.code}) == {tips[0].number, tips[1].number}
    assert found({"item": ONE.code}, "&state=closed") == {tips[1].number}
    assert found({"item": ONE.code, "q": "甲"}) == {tips[0].number}
    assert found({"item": TWO.code}) == {tips[2].number}, "the other office's is not in this index"
    assert found({"item": "9901"}) == set(), "a code is matched whole"
    page = client.get(client.post("/desk/search/", {"item": ONE.code})["Location"])
    assert "事项 9901-XK-1" in page.text


def test_nothing_and_too_much(desk: Any) -> None:
    client = desk.client("triage")
    for data in ({}, {"q": " ", "item": ""}, {"item": "9" * 81}):
        answer = client.post("/desk/search/", data)
        assert answer.status_code == 422
    assert "事项编码没有这么长" in answer.text


def test_words_and_item_are_told_apart() -> None:
    for text, item in (("", "a-1"), ("押金 不退", "a-1"), ("押金", ""), ("", "")):
        assert words.unpack(words.pack(text, item)) == words.Asked(text, item)
