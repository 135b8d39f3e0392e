"""Beside an opened tip: tips like it, the same respondent elsewhere; and what of it the queue marks."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from complaints.desk import finding, finding_similar, opening
from complaints.intake.models import Tip
from complaints.intake.services import Respondent
from complaints.vault import offices
from search.engines.base import EngineDown
from search.engines.sealed import SealedEngine

STORY = (
    "城东市场的管理员每月向摊主收取卫生费两百元，不开票据。上个月起又加收电费押金五百元，说是临时用电。"
    "有人去问，被告知不交就不准摆摊。三月十二日下午还把一位卖豆腐的老人的秤收走，至今没有退还。"
)
OTHER = "河道边的采砂船夜里开工，岸坡已经塌了一截，水务大队来看过两次，没有下文。"


def beside(desk: Any, tip: Tip, name: str = "triage") -> finding_similar.Beside:
    user, seed = desk.users[name], desk.seeds[name]
    _keys, _seed, cells = opening.open_tip(user=user, seed=seed, tip=tip)
    return finding_similar.beside(user=user, seed=seed, tip=tip, cells=cells)


def marks(desk: Any, *tips: Tip, name: str = "triage") -> dict[str, list[str]]:
    found = finding_similar.marks(user=desk.users[name], seed=desk.seeds[name], tips=tips)
    return {Tip.objects.get(pk=pk).number: numbers for pk, numbers in found.items()}


def index(desk: Any, name: str = "triage") -> Any:
    user, seed = desk.users[name], desk.seeds[name]
    office_seed = offices.open_office_seed(user, seed, desk.lake)
    return closing(finding.SealedOffice(desk.lake, office_seed, user=user, user_seed=seed))


def test_it_works(desk: Any) -> None:
    first = desk.tip("市场乱收费", STORY)
    second = desk.tip("摊位费不开票", STORY.replace("两百元", "二百元") + "请查一查。")
    third = desk.tip("夜里采砂", OTHER)
    found = beside(desk, second)
    assert found.similar[0].tip == first
    assert found.similar[0].twin
    assert found.similar[0].subject == "市场乱收费"
    assert found.similar[0].percent >= 60
    assert not any(row.twin for row in found.similar[1:])
    assert not found.pending
    assert not any(row.twin for row in beside(desk, third).similar)
    assert second not in [row.tip for row in found.similar]


def test_the_queue_marks_both_of_a_pair(desk: Any) -> None:
    first, second = desk.tip("市场乱收费", STORY), desk.tip("摊位费", STORY)
    third = desk.tip("夜里采砂", OTHER)
    finding_similar.warm(user=desk.users["triage"], seed=desk.seeds["triage"])
    assert marks(desk, first, second, third) == {first.number: [second.number], second.number: [first.number]}


def test_a_mark_goes_when_the_tip_is_another_one(desk: Any) -> None:
    first, second = desk.tip("市场乱收费", STORY), desk.tip("摊位费", STORY)
    with index(desk) as one:
        one.catch_up()
        one.compare([finding.ref(first.uuid), finding.ref(second.uuid)])
        assert one.engine.twins([finding.ref(first.uuid)])
        one.engine.delete([finding.ref(second.uuid)])
        assert not one.engine.twins([finding.ref(first.uuid)])
        for table in ("twin", "compared"):
            rows = one.engine._db.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert rows[0] == (1 if table == "compared" else 0)


def test_another_office_is_not_named(desk: Any) -> None:
    here, there = desk.tip("市场乱收费", STORY), desk.tip("市场乱收费", STORY, region="town")
    assert not beside(desk, here).similar
    finding_similar.warm(user=desk.users["outsider"], seed=desk.seeds["outsider"])
    assert not beside(desk, there, "outsider").similar
    assert marks(desk, here, there) == {}
    desk.member("triage", "triage", desk.city)
    assert [row.tip for row in beside(desk, here).similar] == [there]


def test_a_role_that_may_not_search_is_told_nothing(desk: Any) -> None:
    tips = [desk.tip("市场乱收费", STORY), desk.tip("摊位费", STORY)]
    finding_similar.warm(user=desk.users["triage"], seed=desk.seeds["triage"])
    assert marks(desk, *tips)
    assert marks(desk, *tips, name="auditor") == {}


@pytest.mark.parametrize(
    ("said", "there", "why"),
    [
        ("张建国", "张建国", "姓名相同"),
        ("张建国副局长", "张建国", "去掉职务"),
        ("張建國", "张建国", "繁体"),
        ("章建国", "张建国", "读音相同"),
        ("Zhang Jianguo", "张建国", "读音相同"),
        ("张建军", "张建国", "只差一个字"),
    ],
)
def test_the_same_respondent_under_other_spellings(desk: Any, said: str, there: str, why: str) -> None:
    tip = desk.tip("采砂", OTHER, respondents=(Respondent(there, "水务大队", "队长"),))
    desk.tip("押金", "没有的事", respondents=(Respondent("李四海", "工商所", ""),))
    mine = desk.tip("收费", STORY, respondents=(Respondent(said, "", ""),))
    found = beside(desk, mine)
    assert [(row.tip, row.name) for row in found.people] == [(tip, there)]
    assert why in str(found.people[0].why)


def test_an_index_that_does_not_answer_is_said(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tip = desk.tip("市场乱收费", STORY)

    def down(*args: object, **kwargs: object) -> None:
        raise EngineDown("locked")

    monkeypatch.setattr(SealedEngine, "similar", down)
    monkeypatch.setattr(SealedEngine, "twins", down)
    assert beside(desk, tip).down
    assert marks(desk, tip) == {}


def test_all_that_belongs_to_a_tip_is_in_the_index(desk: Any) -> None:
    from complaints.desk import finding_text
    from complaints.vault.tips import OpenCell

    def cell(label: str, text: str, *, changed: bool = False) -> OpenCell:
        return OpenCell(None, label, text, changed)  # type: ignore[arg-type]

    words = finding_text.of(
        [
            cell("subject", "标题"),
            cell("narrative", "正文"),
            cell("message", "来信"),
            cell("note", "记录"),
            cell("note", "改过的", changed=True),
            cell("file", '{"name": "收据.jpg", "key": "00ff", "sha256": "aa"}'),
            cell("file-text", "表格里的字"),
            cell("disposal", '{"result": "已退还", "disposal": "talk", "reason": ""}'),
            cell("respondents", '[{"name": "周某某", "unit": "水务大队", "post": ""}]'),
            cell("about", '{"code": "9901-CF-1", "title": "处罚", "step_title": null}'),
        ]
    )
    assert (words.title, words.body, words.item) == ("标题", "正文", "9901-CF-1")
    low = "\n".join(words.low)
    for text in ("来信", "记录", "收据.jpg", "表格里的字", "已退还", "水务大队", "处罚"):
        assert text in low
    for text in ("改过的", "00ff", "talk"):
        assert text not in low
    assert finding_text.facets(words) == {"item": ["9901-CF-1"], "named": ["周某某"], **_of("周某某")}


def _of(name: str) -> dict[str, list[str]]:
    from search import names

    return names.keys(name)
