"""The conditions of a tier as a list of circumstances, any of which is enough. Pure."""

from __future__ import annotations

import re

MARK = re.compile(r"[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]|(?<![\d.])\d{1,2}[.．、](?!\d)|[①-⑳]")
ANY = re.compile(
    r"(?:具有|有|存在|符合|属于)?(?:下列|以下)(?:任何一种|任一)?(?:情形|情况|条件|行为)?(?:之一)?的?[：:，,]?"
)
ALL = re.compile(r"同时(?:具有|具备|符合|满足|存在)")
TOGETHER = " 并且 "


def circumstances(text: str) -> list[str]:
    """The statements of a text of conditions: numbered items, else what stands between ；and 或者.

    Items that must hold together (同时具备下列…) are one statement, joined by 并且.

    >>> circumstances("具有下列情形之一：（1）第三次被处罚的；（2）扰乱秩序。")
    ['第三次被处罚的', '扰乱秩序']
    """
    flat = " ".join(text.split())
    marks = list(MARK.finditer(flat))
    if len(marks) >= 2:
        lead, pieces = flat[: marks[0].start()], MARK.split(flat)[1:]
        said = [trimmed(piece) for piece in pieces if trimmed(piece)]
        before = trimmed(ANY.sub("", lead))
        if ALL.search(lead):
            return [TOGETHER.join(said)]
        named = before and not re.search(r"情形|情节|^(?:有|的)$", before)
        return [f"{before}：{each}" for each in said] if named else unique(said)
    lines = [line for line in text.splitlines() if line.strip()]
    parts = lines if len(lines) > 1 else re.split(r"[；;]|[，,]\s*或者?", flat)
    return unique([trimmed(part) for part in parts if trimmed(part)])


def trimmed(text: str) -> str:
    text = text.strip(" \t　；;。，,：:")
    return re.sub(r"^(?:或者|或|并且|且)", "", text)


def unique(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(texts))
