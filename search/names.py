"""The same person under other spellings: titles left off, traditional signs, the same sound, one sign off.

Pure text. A name gives keys; two names that share one may be the same person's, and `reason` says why. It is
a suggestion for people to judge, never a match that anything acts on.
"""

from __future__ import annotations

import itertools
import unicodedata
from typing import Any, Literal

from search.analysis import canonical, is_cjk

Reason = Literal["same", "script", "title", "sound", "near"]
REASONS: tuple[Reason, ...] = ("same", "script", "title", "sound", "near")
"""From the strongest to the weakest."""

LEAST_NEAR = 3
"""Signs below which one sign off says nothing: of two, the family name alone would do."""
MOST_READINGS = 8
"""Ways to read a name aloud that are kept."""
LONGEST = 40
"""Signs of a name that are read."""

_RANKS = """
局 处 科 股 厅 部 省 市 县 区 乡 镇 村 州 所 站 队 组 院 校 园 厂 店 行 社 班 室 司 会 董事 大队 中队 支队
"""
_TITLES = """
书记 副书记 支书 村支书 主任 副主任 主席 副主席 委员 常委 总经理 副总经理 经理 副经理 总裁 老总 老板 董事 会计
出纳 干事 科员 主管 主任科员 调研员 巡视员 民警 警官 警察 交警 辅警 城管 法官 检察官 律师 医生 大夫 护士
护士长 教授 老师 教师 工程师 总工 先生 女士 小姐 同志 师傅 阿姨 某某 组长 负责人
"""
TITLES = tuple(
    sorted(
        {canonical(t) for t in _TITLES.split()}
        | {canonical(f"{deputy}{rank}长") for rank in _RANKS.split() for deputy in ("", "副")},
        key=lambda title: (-len(title), title),
    )
)


def written(name: str) -> str:
    """A name without spaces and marks, simplified, case folded; "" where nothing of it is a letter."""
    return canonical(name[:LONGEST]).replace(" ", "")


def folded(name: str) -> str:
    """The same without titles behind it (张建国副局长 is 张建国), as long as two signs are left."""
    text, before = written(name), ""
    while text != before:
        before = text
        for title in TITLES:
            if text.endswith(title) and len(text) - len(title) >= 2:
                text = text[: -len(title)]
                break
    return text


def sounds(name: str) -> list[str]:
    """How a name may be read, in pinyin without tones and spaces; a Latin name is itself."""
    text = folded(name)
    if not any(map(is_cjk, text)):
        return [text] if text else []
    from pypinyin import Style, pinyin  # a large table: only where a name is read

    readings = pinyin(text, style=Style.NORMAL, heteronym=True, errors=_each_sign)
    several = itertools.product(*([_plain(r) for r in each] for each in readings))
    return list(dict.fromkeys("".join(parts) for parts in itertools.islice(several, MOST_READINGS)))


def nears(name: str) -> list[str]:
    """The name with each sign in turn left open; nothing for names of less than three."""
    text = folded(name)
    if len(text) < LEAST_NEAR or not any(map(is_cjk, text)):
        return []
    return [f"{text[:n]}*{text[n + 1 :]}" for n in range(len(text))]


def keys(name: str) -> dict[str, list[str]]:
    """All keys of a name by their kind: who, sound, near. {} for a name that says nothing (某某, 不详)."""
    text = folded(name)
    if len(text) < 2 or set(text) <= set("某不详知名无未"):
        return {}
    return {"who": [text], "sound": sounds(name), "near": nears(name)}


def reason(one: str, other: str) -> Reason | None:
    """Why two names may be one person's, the strongest reason; None where they may not."""
    if not keys(one) or not keys(other):
        return None
    if _as_is(one) == _as_is(other):
        return "same"
    if written(one) == written(other):
        return "script"
    if folded(one) == folded(other):
        return "title"
    if set(sounds(one)) & set(sounds(other)):
        return "sound"
    return "near" if set(nears(one)) & set(nears(other)) else None


def _as_is(name: str) -> str:
    """Without spaces; neither simplified nor case folded."""
    return "".join(unicodedata.normalize("NFC", name).split())


def _each_sign(text: str) -> Any:
    """What is no Chinese sign is read as it is written."""
    return list(text)


def _plain(reading: str) -> str:
    """ü as v and u alike typed: lü and lv and lu are one."""
    return reading.replace("ü", "v").replace("lv", "lu").replace("nv", "nu")
