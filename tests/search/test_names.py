"""The same person under other spellings: what counts, and what must not."""

from __future__ import annotations

import pytest

from search import names


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("张建国", "张 建国", "same"),
        ("張建國", "张建国", "script"),
        ("ZHANG San", "zhang san", "script"),
        ("张建国局长", "张建国", "title"),
        ("张建国副局长", "张建国书记", "title"),
        ("欧阳震华老师", "歐陽震華", "title"),
        ("章建国", "张建国", "sound"),
        ("Zhang Jianguo", "张建国", "sound"),
        ("吕梁", "Lü Liang", "sound"),
        ("单雄信", "Shan Xiongxin", "sound"),
        ("张建国", "张建军", "near"),
        ("张建国主任", "李建国", "near"),
        ("张建国", "李四海", None),
        ("张伟", "张强", None),  # of two signs the family name alone would do
        ("张建国", "张建国华", None),
        ("周某", "周某", "same"),
        ("某某", "某某", None),
        ("不详", "不详", None),
        ("", "", None),
        ("。", "张三", None),
        ("局长", "局长", "same"),
    ],
)
def test_reasons(one: str, other: str, why: str | None) -> None:
    assert names.reason(one, other) == why
    assert names.reason(other, one) == why


def test_names_that_share_a_reason_share_a_key() -> None:
    for one, other in [("张建国副局长", "張建國"), ("章建国", "张建国"), ("张建国", "张建军")]:
        mine, theirs = names.keys(one), names.keys(other)
        assert any(set(mine[kind]) & set(theirs[kind]) for kind in mine)


@pytest.mark.parametrize("name", ["x" * 10_000, "\x00\ue000", "长" * 300, "主任" * 40, "😀", "𠮷野家"])
def test_any_text_is_a_name(name: str) -> None:
    assert len(names.keys(name).get("sound", [])) <= names.MOST_READINGS
    assert len(names.folded(name)) <= names.LONGEST
