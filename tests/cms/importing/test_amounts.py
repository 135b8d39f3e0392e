# ruff: noqa: E501  (a row is a line)
"""Sentences of penalties: what is read of each."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.importing.amounts import Amount, normal, read
from cms.importing.numerals import chinese

# sentence → kind low high [base]; sums in yuan, factors as written; ( and ) are ends that do not count.
SENTENCES = [
    ("处五千元以上二万元以下罚款", "range [5000 20000]"),
    ("货值金额五倍以上十倍以下", "multiple [5 10] 货值金额"),
    ("1万元以上10万元以下", "range [10000 100000]"),
    ("每平方米一千元", "rate [1000 1000] 平方米"),
    ("处违法所得一倍以上三倍以下罚款", "multiple [1 3] 违法所得"),
    ("处违法所得一倍以下的罚款", "multiple [- 1] 违法所得"),
    ("处工程合同价款百分之二以上百分之四以下的罚款", "multiple [0.02 0.04] 工程合同价款"),
    ("处不缴或者少缴的税款百分之五十以上五倍以下的罚款", "multiple [0.5 5] 不缴或者少缴的税款"),
    ("处五千元以上不满一万元的罚款", "range [5000 10000)"),
    ("处超过一万元不满三万元罚款", "range (10000 30000)"),
    ("处1万元以上3万元以下（不含3万元）罚款", "range [10000 30000)"),
    ("处以5000元（含）以上1万元（不含）以下罚款", "range [5000 10000)"),
    ("处1-5万元罚款", "range [10000 50000]"),
    ("处100～500元罚款", "range [100 500]"),
    ("罚款10万元—20万元", "range [100000 200000]"),
    ("处五百至一千元罚款", "range [500 1000]"),
    ("处2000元至5000元的罚款", "range [2000 5000]"),
    ("处5000至2万元罚款", "range [5000 20000]"),
    ("处三万元以下罚款", "range [- 30000]"),
    ("处一百万元以上的罚款", "range [1000000 -]"),
    ("处不低于二千元不超过五千元的罚款", "range [2000 5000]"),
    ("处一倍半的罚款", "multiple [1.5 1.5]"),
    ("处半倍以上一倍以下罚款", "multiple [0.5 1]"),
    ("罚款人民币贰万伍仟元整", "fixed [25000 25000]"),
    ("处两万元罚款", "fixed [20000 20000]"),
    ("处一亿元以上罚款", "range [100000000 -]"),
    ("责令限期改正，处２０００元以上５０００元以下罚款", "range [2000 5000]"),
    ("处0.5万元以上1.5万元以下的罚款", "range [5000 15000]"),
    ("处一万以上五万以下罚款", "range [10000 50000]"),
    ("处货值金额百分之零点五的罚款", "multiple [0.005 0.005] 货值金额"),
    ("处合同金额2-4%的罚款", "multiple [0.02 0.04] 合同金额"),
    ("处法定最高罚款额的百分之三十以上百分之七十以下罚款", "multiple [0.3 0.7] 法定最高罚款额"),
    ("处水土流失防治费用百分之二十以上、百分之五十以下的罚款", "multiple [0.2 0.5] 水土流失防治费用"),
    ("从滞纳税款之日起，按日加收滞纳税款万分之五的滞纳金", "multiple [0.0005 0.0005] 滞纳税款"),
    ("每日按罚款数额的百分之三加处罚款", "multiple [0.03 0.03] 罚款数额"),
    ("每株处以树木价值三倍以上五倍以下罚款", "multiple [3 5] 树木价值"),
    ("按照每处设施处五千元以上二万元以下罚款", "rate [5000 20000] 处"),
    ("每处违法设施处五千元罚款", "rate [5000 5000] 处"),
    ("处50元/平方米罚款", "rate [50 50] 平方米"),
    ("处每吨500元以上1000元以下罚款", "rate [500 1000] 吨"),
    ("每超过一人处二百元罚款", "rate [200 200] 人"),
    ("处建筑面积每平方米二十元以上五十元以下的罚款", "rate [20 50] 平方米"),
    ("按照倾倒体积每立方米处五百元罚款，最低不少于五千元", "rate [500 500] 立方米"),
    ("并处货值金额10倍以上20倍以下罚款，但最高不超过50万元", "multiple [10 20] 货值金额"),
    ("超过1000元的部分处百分之十的罚款", "multiple [0.1 0.1] 超过1000元的部分"),
    ("1万元≤罚款＜3万元", "range [10000 30000)"),
    ("减轻处罚，处二千元以下罚款", "range [- 2000]"),
    ("处5,000元以上20,000元以下的罚款", "range [5000 20000]"),
    ("处货值金额等值以下的罚款", "multiple [- 1] 货值金额"),
    ("处所得收入三倍以下的罚款，最高不得超过十万元", "multiple [- 3] 所得收入"),
    ("罚款幅度：1000元-3000元", "range [1000 3000]"),
    ("处罚款额度30%—50%的罚款", "multiple [0.3 0.5] 罚款额度"),
    ("按法定罚款最高限额的80%处罚", "multiple [0.8 0.8] 法定罚款最高限额"),
    ("处3000元以上但不超过1万元的罚款", "range [3000 10000]"),
    ("每延误一日罚款五百元，累计不超过三万元", "rate [500 500] 日"),
    ("处以上一年度销售额百分之一以上百分之十以下的罚款", "multiple [0.01 0.1] 上一年度销售额"),
    ("处3倍以上（不含3倍）5倍以下罚款", "multiple (3 5]"),
    ("五千元", "fixed [5000 5000]"),
]


def shown(amount: Amount) -> str:
    if amount.kind == "multiple":
        ends: list[Decimal | None] = [amount.multiple_min, amount.multiple_max]
    else:
        ends = [None if fen is None else Decimal(fen) / 100 for fen in (amount.minimum, amount.maximum)]
    low, high = ("-" if end is None else f"{end.normalize():f}" for end in ends)
    left, right = "[" if amount.min_inclusive else "(", "]" if amount.max_inclusive else ")"
    return f"{amount.kind} {left}{low} {high}{right} {amount.base}".strip()


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_one_amount(text: str, expected: str) -> None:
    assert [shown(amount) for amount in read(text).amounts] == [expected]


# sentence → the accessory penalties, with their condition after @, ? where it is 可以
BESIDE = [
    ("并处没收违法所得", ["没收违法所得"]),
    ("情节严重的，并处没收违法物品和工具", ["没收违法物品和工具@情节严重的"]),
    (
        "处一千元罚款，并处没收违法堆放、摆卖的物品和实施违法行为的工具",
        ["没收违法堆放、摆卖的物品和实施违法行为的工具"],
    ),
    ("没收违法所得、没收非法财物，处10万元罚款", ["没收违法所得", "没收非法财物"]),
    ("给予警告，可以并处一千元以下罚款", ["警告"]),
    ("处警告或者二百元以下罚款", ["警告"]),
    ("责令停产停业，吊销营业执照", ["责令停产停业", "吊销营业执照"]),
    ("处十五日以下拘留，可以并处五千元以下罚款", ["十五日以下拘留"]),
    ("由原发证机关吊销执业证书，处八千元罚款", ["吊销执业证书"]),
    (
        "处二万元以上五万元以下罚款；情节严重的，责令停业整顿，可以吊销许可证",
        ["责令停业整顿@情节严重的", "吊销许可证@情节严重的?"],
    ),
    ("责令限期改正，处五百元罚款", []),
    ("未按照规定修整或者拆除的……逾期未改正的，处一千元以上五千元以下罚款", []),
]


@pytest.mark.parametrize(("text", "expected"), BESIDE)
def test_what_is_imposed_beside_it(text: str, expected: list[str]) -> None:
    found = read(text).accessories
    assert [a.text + ("@" + a.when if a.when else "") + "?" * a.may for a in found] == expected


def test_a_line_that_is_drawn_is_no_fine() -> None:
    found = read(
        "货值金额不足一万元的，并处五万元以上十万元以下罚款；货值金额一万元以上的，并处货值金额十倍以上二十倍以下罚款"
    ).amounts
    assert [shown(a) for a in found] == ["range [50000 100000]", "multiple [10 20] 货值金额"]
    assert [a.when for a in found] == ["货值金额不足一万元的", "货值金额一万元以上的"]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("（货值金额不足一万元的，处5万元以上10万元以下罚款）", "货值金额不足一万元的"),
        ("从轻处罚（货值金额不足一万元的，处5万元以上10万元以下罚款）", "货值金额不足一万元的"),
        ("处5万元以上10万元以下的罚款（货值金额不足1万元的）", "货值金额不足1万元的"),
        ("货值金额不足1万元（处5万元以上10万元以下罚款）", ""),
        ("【违法所得三千元以上的】处5万元以上10万元以下罚款", ""),
    ],
)
def test_a_line_in_brackets_is_none_either(text: str, when: str) -> None:
    found = read(text).amounts
    assert [(shown(a), a.when) for a in found] == [("range [50000 100000]", when)]


def test_persons_and_bodies_are_told_apart() -> None:
    found = read("对个人处五百元以上一千元以下罚款，对单位处五千元以上一万元以下罚款").amounts
    assert [(a.who, shown(a)) for a in found] == [
        ("个人", "range [500 1000]"),
        ("单位", "range [5000 10000]"),
    ]


def test_a_cap_belongs_to_its_multiple() -> None:
    (found,) = read("可以处违法所得3倍以下但最高不超过30000元的罚款").amounts
    assert (found.multiple_max, found.maximum, found.alone) == (3, 3_000_000, True)


def test_waivers() -> None:
    assert [read(t).waived for t in ("不予处罚。", "可以不予行政处罚", "免予行政处罚", "不罚款，给予教育")] == [
        "none", "none", "exempt", "none"]  # fmt: skip
    assert read("处五百元罚款").waived == ""


@pytest.mark.parametrize(
    "text", ["", "责令改正", "处3.6万美元罚款", "第三次及以上被处罚的", "依法处理", "罚款"]
)
def test_where_there_is_no_sum(text: str) -> None:
    assert read(text).amounts == ()


PLAIN = st.integers(1, 9_999_999)


@given(PLAIN, PLAIN, st.booleans(), st.booleans())
def test_any_two_sums(one: int, two: int, formal: bool, arabic: bool) -> None:
    low, high = sorted((one, two + one))
    write = str if arabic else lambda value: chinese(value, formal=formal)
    (found,) = read(f"责令改正，处{write(low)}元以上{write(high)}元以下的罚款，并处没收违法所得。").amounts
    assert (found.kind, found.minimum, found.maximum) == ("range", low * 100, high * 100)


@given(
    st.text(
        alphabet="处罚款元万以上下不满百分之倍没收、，。；的每平方米情节严重并五十0123456789.%（）－至",
        max_size=200,
    )
)
def test_never_raises_and_invents_no_digits(text: str) -> None:
    found = read(text)
    assert not found.amounts or re.search(r"[\d一二三四五六七八九十百千万半]", normal(text))
