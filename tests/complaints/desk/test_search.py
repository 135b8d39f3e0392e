"""Searching tips: the words stay sealed, the index is complete, and the file says nothing without its key."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from workdays import clock

from complaints.desk import finding, results
from complaints.desk import queue as rows
from complaints.desk.models import Query
from complaints.intake.models import Tip, Tombstone
from complaints.intake.services import mark_changed
from complaints.vault import offices
from complaints.vault.models import Office

LINK = re.compile(r'<a href="/desk/tips/([^/]+)/"')


def find(client: Any, words: str, query: str = "") -> Any:
    answer = client.post("/desk/search/", {"q": words})
    assert answer.status_code == 303, answer.text
    return client.get(answer["Location"] + query)


def numbers(page: Any) -> list[str]:
    return LINK.findall(page.text)


def index(desk: Any, name: str = "triage") -> finding.SealedOffice:
    user, seed = desk.users[name], desk.seeds[name]
    office_seed = offices.open_office_seed(user, seed, desk.lake)
    return finding.SealedOffice(desk.lake, office_seed, user=user, user_seed=seed)


def test_all_parts_of_a_tip_are_found(desk: Any) -> None:
    from complaints.intake.services import Respondent

    tip = desk.tip("河道采砂", "罚款多次从轻", respondents=(Respondent("周某", "水务大队", "队长"),))
    desk.tip()
    client = desk.client("triage")
    desk.answer(tip, "补充：视频里有车牌")
    client.post(f"/desk/tips/{tip.number}/note/", {"note": "调取台账"})
    for words in (
        "采砂",
        "从轻",
        "水务大队",
        "车牌",
        "台账",
        "河道 台账",
        tip.number,
        "采砂 -食堂",
        '"多次从轻"',
    ):
        page = find(client, words)
        assert numbers(page) == [tip.number], words
        assert "检索已就绪" in page.text
    assert numbers(find(client, "没有这样的词")) == []
    assert "没有找到“没有这样的词”" in find(client, "没有这样的词").text


def test_what_changes_is_found_at_the_next_search(desk: Any) -> None:
    tip, client = desk.tip(), desk.client("handler")
    assert not numbers(find(client, "青铜麒麟"))
    desk.answer(tip, "还有青铜麒麟一件")
    assert numbers(find(client, "青铜麒麟")) == [tip.number]


def test_closed_tips_are_found_and_filters_meet_the_words(desk: Any) -> None:
    one, two = desk.tip("押金一"), desk.tip("押金二", category="penalty")
    Tip.objects.filter(pk=one.pk).update(state="closed")
    client = desk.client("triage")
    assert set(numbers(find(client, "押金"))) == {one.number, two.number}
    assert numbers(find(client, "押金", "&state=closed")) == [one.number]
    assert numbers(find(client, "押金", "&category=penalty&sort=new")) == [two.number]
    assert numbers(find(client, "押金", "&category=penalty&state=closed")) == []


def test_another_office_finds_nothing(desk: Any) -> None:
    desk.tip("青铜麒麟")
    assert not numbers(find(desk.client("outsider"), "青铜麒麟"))


@pytest.mark.parametrize("block", [2, 500])
@pytest.mark.parametrize("within", [0, 20_000])
@pytest.mark.parametrize("query", ["", "&state=submitted"])
def test_pages_leave_nothing_out(desk: Any, monkeypatch: Any, block: int, within: int, query: str) -> None:
    monkeypatch.setattr(results, "PAGE", 3)
    monkeypatch.setattr(results, "BLOCK", block)
    monkeypatch.setattr(results, "WITHIN_MAX", within)
    desk.member("triage", "triage", desk.city)
    made = {desk.tip(f"押金{n}").number for n in range(5)}
    made |= {desk.tip(f"押金{n}", region="town").number for n in range(4)}
    client, seen = desk.client("triage"), []
    page = find(client, "押金", query)
    while True:
        seen += numbers(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        if not following:
            break
        page = client.get(following[1].replace("&amp;", "&"))
    assert len(seen) == 9
    assert set(seen) == made


def test_words_are_sealed_and_belong_to_one_session(desk: Any) -> None:
    desk.tip("青铜麒麟")
    client = desk.client("triage")
    answer = client.post("/desk/search/", {"q": "青铜麒麟"})
    assert "青铜麒麟" not in answer["Location"]
    assert quote("青铜麒麟") not in answer["Location"]
    assert "青铜麒麟".encode() not in bytes(Query.objects.get().sealed)
    for other in (desk.client("handler"), desk.client("triage")):
        page = other.get(answer["Location"])
        assert page.status_code == 200
        assert "青铜麒麟" not in page.text.replace("<b>", "") or "找到" not in page.text
        assert "已经不在了" in page.text
    assert client.get("/desk/?words=nonsense").status_code == 200


@pytest.mark.parametrize("words", ["", "   ", "\x00\x00", "字" * 201])
def test_words_that_cannot_be(desk: Any, words: str) -> None:
    page = desk.client("triage").post("/desk/search/", {"q": words})
    assert page.status_code == 422
    assert 'class="errs"' in page.text


@pytest.mark.parametrize(
    "words", ["-", '"', "（", "*", "-押金", "a OR", '"押金', "NEAR(", "押金 AND", "OR OR", "'; --"]
)
def test_any_words_give_a_page(desk: Any, words: str) -> None:
    desk.tip()
    assert find(desk.client("triage"), words).status_code == 200


def test_the_file_shows_nothing_without_its_key(desk: Any) -> None:
    desk.tip("青铜麒麟", "青铜麒麟")
    find(desk.client("triage"), "青铜麒麟")
    files = list(Path(settings.FIND_DIR).iterdir())
    assert any(f.suffix == ".db" for f in files)
    for file in files:
        data = file.read_bytes()
        assert "青铜".encode() not in data
        assert b"SQLite format" not in data


def test_a_damaged_file_is_built_anew(desk: Any) -> None:
    tip, client = desk.tip("押金"), desk.client("triage")
    find(client, "押金")
    path = next(Path(settings.FIND_DIR).glob("*.db"))
    for damage in (b"", b"not a database" * 400):
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(damage)
        assert numbers(find(client, "押金")) == [tip.number]
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert numbers(find(client, "押金")) == [tip.number]


def test_a_tombstone_takes_a_tip_out(desk: Any) -> None:
    tip, rest = desk.tip("押金一"), desk.tip("押金二")
    client = desk.client("triage")
    assert len(numbers(find(client, "押金"))) == 2
    change = mark_changed(Tip.objects.get(pk=rest.pk))
    Tip.objects.filter(pk=tip.pk).update(office=desk.city, change=999)
    Office.objects.filter(pk=desk.lake.pk).update(change=change + 1)
    Tombstone.objects.create(office=desk.lake, tip=tip.uuid, change=change + 1, created_at=clock.now())
    with_index = index(desk)
    try:
        with_index.catch_up()
        assert with_index.engine.ids() == {finding.ref(rest.uuid)}
        assert with_index.engine.change() == change + 1
    finally:
        with_index.close()


def test_a_file_that_does_not_forget_in_a_day_is_unlinked(desk: Any) -> None:
    tip = desk.tip("押金一")
    find(desk.client("triage"), "押金")
    assert finding.forget_stale() == []
    stone = Tombstone.objects.create(office=desk.lake, tip=tip.uuid, change=50, created_at=clock.now())
    assert finding.forget_stale() == []
    later = stone.created_at + finding.FORGET_AFTER * 2
    assert [path.suffix for path in finding.forget_stale(later)] == [".db"]
    assert not list(Path(settings.FIND_DIR).glob("*.db"))


def test_a_spent_budget_says_how_much_is_left(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "BATCH", 2)
    for n in range(5):
        desk.tip(f"押金{n}")
    one = index(desk)
    try:
        assert one.catch_up(0) == finding.Progress(2, 3)
        assert one.catch_up(0) == finding.Progress(2, 1)
        assert one.catch_up(0) == finding.Progress(1, 0)
        assert one.engine.count() == 5
        parts = "SELECT count(DISTINCT segid) FROM text_idx"
        assert one.engine._db.execute(parts).fetchone()[0] < 3  # what three batches wrote is merged
    finally:
        one.close()
    monkeypatch.setattr(finding, "BUDGET_S", -1)
    for n in range(3):
        desk.tip(f"定金{n}")
    assert "1 件尚未读入" in find(desk.client("triage"), "定金").text


def test_several_at_once_read_in_the_same_changes(real_desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "BATCH", 3)
    for n in range(12):
        real_desk.tip(f"押金{n}")
    errors: list[BaseException] = []

    def read() -> None:
        one = None
        try:
            one = index(real_desk)
            one.catch_up(20)
        except BaseException as error:
            errors.append(error)
        finally:
            if one:
                one.close()
            connection.close()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    one = index(real_desk)
    assert one.engine.count() == 12
    one.engine.check()
    one.close()


def test_two_claims_at_once_have_one_winner(real_desk: Any) -> None:
    from complaints.desk import services

    tip = real_desk.tip()
    won, lost = [], []
    gate = threading.Barrier(2)

    def take(name: str) -> None:
        try:
            gate.wait()
            services.claim(tip=tip, user=real_desk.users[name])
            won.append(name)
        except services.Taken as taken:
            lost.append(taken.tip.assignee_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(name,)) for name in ("triage", "handler")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(lost) == 1
    tip.refresh_from_db()
    assert tip.assignee == real_desk.users[won[0]]
    assert lost == [tip.assignee_id]


def test_the_cursor_of_a_search_that_cannot_be(desk: Any) -> None:
    desk.tip("押金")
    client = desk.client("triage")
    for after in ("x", "0~0~nonsense", "a~b~c", "0~0~AAAA"):
        page = find(client, "押金", f"&after={after}")
        assert page.status_code == 404, after
    assert rows.PAGE == 50
