"""Legal bases: split where they are cited, verbatim to the sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.importing.bases import split

PARTS = ["【法律】", "【2018】", "《甲法》", "《关于修改<甲法>的决定》", "（", "）", "\n", " ", "第三条",
         "第十二条第二款", "：", "。", "违反本法第五条", "国务院令第12号", "1.", "一、"]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join) | st.text(max_size=80))
def test_the_pieces_are_the_text(text: str) -> None:
    assert "".join(basis.text for basis in split(text)) == (text if text.strip() else "")


def cited(text: str) -> list[tuple[str, str, str]]:
    return [(basis.kind, basis.law, basis.article) for basis in split(text)]


def test_kind_law_and_article() -> None:
    text = (
        "【法律】《甲法》（2007年8月30日通过，2015年4月24日《关于修改〈电法〉等六部法律的决定》修正）\n"
        " 第四十条第二款：应当申请。违反《乙法》第三条的，另行处理。\n 第四十一条：处罚。\n"
        "【法规】《丙条例》（2018年6月29日国务院令第700号）\n 第十八条第一款：应当申请。"
    )
    assert cited(text) == [
        ("法律", "甲法", "第四十条第二款"),
        ("法律", "甲法", "第四十一条"),
        ("法规", "丙条例", "第十八条第一款"),
    ]
    assert split(text)[2].document_no == "国务院令第700号"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("《甲法》第八十四条：逾期不改正的。", [("", "甲法", "第八十四条")]),
        (
            "《甲法》\n第三十四条……\n《乙规定》\n第二条：检查。",
            [("", "甲法", "第三十四条"), ("", "乙规定", "第二条")],
        ),
        (
            "【规范性文件】某办公厅《关于下放的通知》（某政办发〔2016〕116号）\n 下放。",
            [("规范性文件", "关于下放的通知", "")],
        ),
        ("1.《甲法》第一条\n2.《乙法》第二条", [("", "甲法", "第一条"), ("", "乙法", "第二条")]),
        ("没有引用任何法律的一段话", [("", "", "")]),
        ("  ", []),
    ],
)
def test_forms_that_occur(text: str, found: list[tuple[str, str, str]]) -> None:
    assert cited(text) == found


@pytest.mark.parametrize(
    ("kind", "law", "rank"),
    [
        ("法律", "甲法", "law"),
        ("法规", "人力资源市场暂行条例", "administrative"),
        ("法规", "某某自治区集体合同条例", "local"),
        ("规章", "网络招聘服务管理规定", "ministry-rule"),
        ("规章", "云泽市市容管理办法", "local-rule"),
        ("国务院决定", "某决定", "decision"),
    ],
)
def test_ranks(kind: str, law: str, rank: str) -> None:
    assert split(f"【{kind}】《{law}》第一条")[0].rank == rank
