# ruff: noqa: E501  (a row is a line)
"""The calculator of a benchmark: explains a tier, or says that it cannot be decided here."""

from __future__ import annotations

from typing import Any

import pytest

from cms.models import Benchmark, Tier
from cms.publishing.calculator import answer, lines
from cms.publishing.circumstances import circumstances
from cms.publishing.tier_picture import picture
from tests.cms import making

TIERS = [
    Tier(name="不予", degree="none", amount_kind="none", conditions="首次违法，当场改正"),
    Tier(name="一般", amount_kind="rate", minimum=100_000, maximum=100_000, base="平方米", conditions="第二次被处罚的。"),
    Tier(name="严重", amount_kind="rate", minimum=200_000, maximum=300_000, base="平方米",
         conditions="具有下列情形之一：（1）第三次及以上被处罚的；（2）辱骂、殴打工作人员；（3）其他。", accessory="没收工具"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第一次被处罚的。", ["第一次被处罚的"]),
        ("有下列情形之一的：1.甲；2.乙。", ["甲", "乙"]),
        ("同时具备下列条件：（一）甲；（二）乙", ["甲 并且 乙"]),
        (
            "占用 20 平方米以上，或者堵住盲道，或者一年内第三次以上",
            ["占用 20 平方米以上", "堵住盲道", "一年内第三次以上"],
        ),
        ("占用不满 2.5 平方米，当日改正", ["占用不满 2.5 平方米，当日改正"]),
        ("甲\n乙", ["甲", "乙"]),
        ("", []),
    ],
)
def test_conditions_as_circumstances(text: str, expected: list[str]) -> None:
    assert circumstances(text) == expected


def test_it_works() -> None:
    said = answer(TIERS, ["2-1"], "3")
    assert (said.state, said.wants) == ("one", "平方米")
    (match,) = said.matches
    assert (match.tier.name, match.because, match.low, match.high) == (
        "严重",
        ("辱骂、殴打工作人员",),
        600_000,
        900_000,
    )
    assert [c.value for c in said.choices] == ["0-0", "1-0", "2-0", "2-1", "2-2"]


def test_circumstances_of_two_tiers_are_not_decided() -> None:
    said = answer(TIERS, ["1-0", "2-0"])
    assert said.state == "several"
    assert [m.tier.name for m in said.matches] == ["一般", "严重"]


def test_nothing_chosen_unknown_values_and_wrong_numbers() -> None:
    assert answer(TIERS, []).state == "none"
    assert answer(TIERS, ["9-9", "x", "2"]).state == "none"
    for text in ("三", "-1", "0", "1e99", "NaN", "inf"):
        assert answer(TIERS, ["1-0"], text).wrong_quantity, text
    assert answer(TIERS, ["1-0"], "1,000").matches[0].low == 100_000_000


def test_multiples_with_a_cap() -> None:
    tier = Tier(name="一档", amount_kind="multiple", multiple_min=1, multiple_max=3, maximum=3_000_000, base="违法所得",
                circumstances="甲\n乙")  # fmt: skip
    assert lines(tier) == ["甲", "乙"]
    (match,) = answer([tier], ["0-1"], "20000").matches
    assert (match.low, match.high) == (2_000_000, 3_000_000)


def test_persons_and_bodies_may_both_apply() -> None:
    tiers = [
        Tier(name="一般", group=group, amount_kind="fixed", minimum=n, conditions="甲")
        for n, group in ((1, "个人"), (2, "单位"))
    ]
    assert answer(tiers, ["0-0", "1-0"]).state == "one"


def test_the_picture() -> None:
    head = Benchmark(amount_kind="range", minimum=50_000, maximum=500_000)
    tiers = [Tier(name="甲", amount_kind="fixed", minimum=50_000), Tier(name="乙", minimum=250_000, maximum=500_000),
             Tier(name="丙", amount_kind="none")]  # fmt: skip
    drawn = picture(head, tiers)
    assert drawn is not None
    assert (drawn.law.left, drawn.law.width) == (10, 90)
    assert [(b.left, b.width) for b in drawn.bars] == [(10, 1.5), (50, 50), (None, None)]
    assert picture(head, tiers[2:]) is None


@pytest.mark.django_db
@pytest.mark.usefixtures("installed")
def test_the_page(client: Any) -> None:
    record = making.publish(making.draft_benchmark())
    page = client.get(record.get_absolute_url()).content.decode()
    assert 'name="c" value="1-0"' in page
    assert 'role="status"' not in page
    page = client.get(record.get_absolute_url(), {"c": "1-0"}).content.decode()
    for words in ("一般的条件", "1,500 元以上，不满 3,000 元", "不是处罚决定", "checked"):
        assert words in page
    page = client.get(record.get_absolute_url(), {"c": ["0-0", "1-0"], "n": "<b>"}).content.decode()
    assert "这里判断不了" in page
    assert "<b>" not in page
    assert "style=" not in page
