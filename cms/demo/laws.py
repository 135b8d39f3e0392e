# ruff: noqa: E501  (a row is a line)
"""Laws that the demo's items rest on, as excerpts: their purpose and the articles that are cited.

Three national laws are quoted as they stand; the city's rules are invented.
"""

from __future__ import annotations

import re
from typing import Any

COUNCIL, GOVERNMENT = "云泽市人民代表大会常务委员会", "云泽市人民政府"
STANDING = "全国人民代表大会常务委员会"
# name, rank, issuer, short names, document number, effective, repealed ("" = in force), what changed, purpose.
LAWS: list[tuple[str, str, str, str, str, str, str, str, str]] = [
    ("中华人民共和国行政处罚法", "law", STANDING, "行政处罚法", "主席令第七十号", "2021-07-15", "", "2021年1月22日修订（节录）", "为了规范行政处罚的设定和实施，保障和监督行政机关有效实施行政管理，维护公共利益和社会秩序，保护公民、法人或者其他组织的合法权益，根据宪法，制定本法。"),
    ("中华人民共和国行政许可法", "law", STANDING, "行政许可法", "主席令第二十九号", "2019-04-23", "", "2019年4月23日修正（节录）", "为了规范行政许可的设定和实施，保护公民、法人和其他组织的合法权益，维护公共利益和社会秩序，保障和监督行政机关有效实施行政管理，根据宪法，制定本法。"),
    ("中华人民共和国行政强制法", "law", STANDING, "行政强制法", "主席令第四十九号", "2012-01-01", "", "节录", "为了规范行政强制的设定和实施，保障和监督行政机关依法履行职责，维护公共利益和社会秩序，保护公民、法人和其他组织的合法权益，根据宪法，制定本法。"),
    ("云泽市市容管理条例", "local", COUNCIL, "市容管理条例", "云泽市人大常委会公告第 12 号", "2018-05-01", "", "演示用，节录", "为了加强市容管理，维护街面整洁，制定本条例。"),
    ("云泽市食品安全条例", "local", COUNCIL, "", "云泽市人大常委会公告第 19 号", "2020-03-01", "", "演示用，节录", "为了保证食品安全，保障公众身体健康，制定本条例。"),
    ("云泽市城市道路管理办法", "local", COUNCIL, "", "云泽市人大常委会公告第 15 号", "2019-01-01", "", "演示用，节录", "为了保障城市道路完好、畅通，制定本办法。"),
    ("云泽市道路运输条例", "local", COUNCIL, "", "云泽市人大常委会公告第 9 号", "2016-10-01", "", "演示用，节录", "为了维护道路运输市场秩序，制定本条例。"),
    ("云泽市城乡规划条例", "local", COUNCIL, "", "云泽市人大常委会公告第 7 号", "2015-07-01", "", "演示用，节录", "为了加强城乡规划管理，制定本条例。"),
    ("云泽市市政设施保护规定", "local", GOVERNMENT, "", "云泽市人民政府令第 31 号", "2009-06-01", "2024-12-31", "演示用，节录；已废止，由《云泽市城市道路管理办法》代替", "为了保护市政设施，制定本规定。"),
]  # fmt: skip
REPLACED = {"云泽市市政设施保护规定": "云泽市城市道路管理办法"}
_DIGITS = {sign: n for n, sign in enumerate("零一二三四五六七八九")}
_ARTICLE = re.compile(r"^第([一二三四五六七八九十百零]+)条")


def texts(items: list[Any]) -> dict[str, str]:
    """Law's name → its text: 第一条 and the articles that the items cite, in their order."""
    cited: dict[str, dict[int, str]] = {row[0]: {1: f"第一条 {row[8]}"} for row in LAWS}
    for item in items:
        for _rank, law, article, text in item[5]:
            found = _ARTICLE.match(article)
            if law in cited and found:
                cited[law][_number(found[1])] = f"{found[0]} {text}"
    return {law: "\n".join(rows[n] for n in sorted(rows)) for law, rows in cited.items()}


def _number(text: str) -> int:
    """一百零三 → 103 (under a thousand)."""
    total, digit = 0, 0
    for sign in text:
        if sign in "十百":
            total += (digit or 1) * (100 if sign == "百" else 10)
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit
