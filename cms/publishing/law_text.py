"""The text of a law as its articles: pure. An article begins a line with 第X条."""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMERAL = r"[〇○零一二三四五六七八九十百千两\d]+"
ARTICLE = re.compile(rf"^[ \t　]*(第\s*{NUMERAL}\s*条(?:之{NUMERAL})?)(?=[\s　【（(:：]|$)[ \t　]*(.*)$")
CHAPTER = re.compile(rf"^[ \t　]*(第\s*{NUMERAL}\s*[编章节])[ \t　]*(.{{0,60}})$")


@dataclass(frozen=True)
class Article:
    """One article. `key` is its anchor (a23; a23-1 for 第二十三条之一); `chapter` the heading over it."""

    key: str
    name: str  # 第二十三条
    text: str
    chapter: str = ""


def articles(text: str) -> list[Article]:
    """The articles in order; what stands before the first (preamble, contents) belongs to none."""
    found: list[tuple[str, str, list[str]]] = []
    chapter = ""
    for line in text.splitlines():
        if heading := CHAPTER.match(line):
            chapter = f"{heading[1]} {heading[2]}".strip()
        elif begun := ARTICLE.match(line):
            found.append(("".join(begun[1].split()), chapter, [begun[2]] if begun[2] else []))
        elif found and line.strip():
            found[-1][2].append(line.strip())
    made: dict[str, Article] = {}
    for name, over, lines in found:  # a list of contents names articles too: the last one has the text
        key = key_of(name)
        made[key] = Article(key, name, "\n".join(lines), over)
    return [article for article in made.values() if article.text]


def key_of(citation: str) -> str:
    """The anchor of the first article that a citation names (第二十三条第一款 → a23), or ""."""
    from cms.importing.numerals import number

    named = re.search(rf"第\s*({NUMERAL})\s*条(?:之({NUMERAL}))?", citation)
    if not named or (value := number(named[1])) is None:
        return ""
    further = number(named[2]) if named[2] else None
    return f"a{int(value)}" + (f"-{int(further)}" if further is not None else "")
