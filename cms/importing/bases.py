"""Splitting the text of legal bases at 【kind】 and 《law》第X条. Pure: no Django.

The pieces joined are the text, sign for sign: what cannot be split stays whole. A decision that amended the
law stands in brackets behind it, belongs to the law, and is no basis of its own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

KINDS = {
    "法律": "law",
    "宪法": "law",
    "法规": "",  # administrative or local: decided by the name
    "行政法规": "administrative",
    "地方性法规": "local",
    "地方法规": "local",
    "自治条例": "local",
    "单行条例": "local",
    "国务院决定": "decision",
    "国务院文件": "document",
    "规章": "",  # of a ministry or a local government: decided by the name
    "部门规章": "ministry-rule",
    "政府规章": "local-rule",
    "地方政府规章": "local-rule",
    "地方规章": "local-rule",
    "规范性文件": "document",
    "党内法规": "party",
    "司法解释": "other",
    "其他": "other",
    "其它": "other",
}
PLACE = re.compile(r"^(.{2,8}?(省|自治区|自治州|自治县|地区)|(?!城)[^市]{2,3}市(?![场政容民区]))")
KIND = re.compile(r"[【\[〔]\s*([^】\]〕]{2,8})\s*[】\]〕]")
NUMERAL = r"[〇○零一二三四五六七八九十百千两\d]+"
ARTICLE = (
    rf"第\s*{NUMERAL}\s*条(?:之{NUMERAL})?(?:\s*第\s*{NUMERAL}\s*款)?(?:\s*第?\s*[（(]?{NUMERAL}[）)]?\s*项)?"
)
LAW = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》")
# At the start of a line, a number before it allowed: “1.”, “一、”, “（一）”.
START = re.compile(rf"(?m)^[ \t　]*(?:[（(]?(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[)）.．、][ \t　]*)?"
                   rf"(?=[【\[〔《]|{ARTICLE})")  # fmt: skip
AFTER_STOP = re.compile(
    rf"(?<=[。；;])[ \t　]*(?=《[^《》]+》[ \t　]*(?:[（(][^（()）]*[）)])?[ \t　]*{ARTICLE})"
)
DOCUMENT_NO = re.compile(
    r"[^\s（()），,。；;：:《》]{0,24}?令\s*(?:第\s*)?[〇零一二三四五六七八九十百\d]+\s*号"
    r"|[^\s（()），,。；;：:《》\d]{1,20}令?\s*[〔\[【（(]?\s*\d{4}\s*年?\s*[〕\]】）)]?\s*(?:年)?\s*第?\s*\d+\s*号"
)


@dataclass(frozen=True)
class Basis:
    """One basis: `text` is verbatim; the rest is what it was understood to cite (empty where it was not)."""

    text: str
    kind: str = ""  # as written: 法律
    rank: str = ""  # a value of LawKind, or empty
    law: str = ""  # name between 《 and 》
    article: str = ""
    document_no: str = ""


def split(text: str) -> list[Basis]:
    """The bases in a cell. `"".join(b.text for b in split(t)) == t` for every t that is not blank."""
    if not text.strip():
        return []
    found: list[Basis] = []
    kind = law = document = ""
    for piece in pieces(text):
        if marked := kind_of(piece):
            kind, law, document = marked, "", ""
        if named := law_of(piece):
            law, document = named, document_of(piece)
        elif marked:
            document = document_of(piece)
        found.append(Basis(piece, kind, rank_of(kind, law), law[:300], article_of(piece), document[:200]))
    return merged(found)


def pieces(text: str) -> list[str]:
    """The text cut where a kind, a law or an article begins a line (a law with article: a sentence)."""
    cuts = {0}
    for match in START.finditer(text):
        rest = text[match.end() :]
        opened = rest[:1]
        if opened in "【[〔":
            marked = KIND.match(rest)
            if marked and marked[1].strip() in KINDS:
                cuts.add(match.start())
        elif opened != "《" or begins_with_law(rest):
            cuts.add(match.start())
    cuts.update(match.start() for match in AFTER_STOP.finditer(text))
    ordered = sorted(cuts)
    return [text[a:b] for a, b in zip(ordered, [*ordered[1:], len(text)], strict=True)]


def begins_with_law(rest: str) -> bool:
    """Whether 《…》 here is a citation, not the first words of a sentence about a law."""
    law = LAW.match(rest)
    if not law:
        return False
    after = rest[law.end() :].lstrip(" \t　")
    return (
        not after
        or after[0] in "（(\n：:"
        or bool(re.match(ARTICLE, after))
        or after.startswith(("第", "》"))
    )


def kind_of(piece: str) -> str:
    match = KIND.match(piece.lstrip())
    return match[1].strip() if match and match[1].strip() in KINDS else ""


def head_of(piece: str) -> str:
    """A piece without number and kind."""
    piece = re.sub(r"^\s*(?:[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）.．、]\s*)?", "", piece)
    match = KIND.match(piece)
    return piece[match.end() :].lstrip() if match and match[1].strip() in KINDS else piece


def law_of(piece: str) -> str:
    """The law that a piece begins with; an issuer before it is allowed (国务院办公厅《…》)."""
    law = cited(head_of(piece))
    return "".join(law[1].split()) if law else ""


def cited(head: str) -> re.Match[str] | None:
    """The 《…》 at the beginning of a head."""
    issuer = re.match(r"[^《。；;\n（(：:第]{0,30}", head)
    return LAW.match(head, issuer.end() if issuer else 0)


def document_of(piece: str) -> str:
    """The document number in the brackets behind the law's name."""
    head = head_of(piece)
    law = cited(head)
    rest = head[law.end() : law.end() + 200] if law else head[:200]
    note = re.match(r"\s*》?\s*[（(](.*)", rest)
    found = DOCUMENT_NO.search(note[1]) if note else None
    if not found:
        return ""
    return re.sub(r"^.*(?:日|月|，|,)", "", "".join(found[0].split()))


def article_of(piece: str) -> str:
    """第二十二条第一款, where a piece cites one outside the law's name and its brackets."""
    head = head_of(piece)
    if law := cited(head):
        head = without_brackets(head[law.end() :])
    match = re.search(ARTICLE, head[:200])
    return "".join(match[0].split()) if match else ""


def without_brackets(text: str) -> str:
    """Text without a leading note in brackets; one that is never closed ends with its line."""
    text = text.lstrip(" \t　》")
    if text[:1] not in ("（", "("):
        return text
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign in "（(") - (sign in "）)")
        if depth == 0:
            return text[at + 1 :]
    return text.partition("\n")[2]


def rank_of(kind: str, law: str) -> str:
    """The rank that a kind and a name say, or empty."""
    rank = KINDS.get(kind, "")
    if rank or not kind:
        return rank
    local = bool(PLACE.match(law)) and not law.startswith("中华人民共和国")
    if kind == "法规":
        return "local" if local else "administrative"
    return "local-rule" if local else "ministry-rule"


def merged(found: list[Basis]) -> list[Basis]:
    """A law's heading and its first article are one basis; a piece without a citation joins the one above."""
    result: list[Basis] = []
    for basis in found:
        last = result[-1] if result else None
        same = last is not None and basis.law == last.law and basis.kind == last.kind
        if last is not None and same and (not basis.article or not last.article) and not law_of(basis.text):
            result[-1] = Basis(last.text + basis.text, last.kind, last.rank, last.law,
                               last.article or basis.article, last.document_no)  # fmt: skip
        elif last is not None and not last.law and not last.article and last.text.strip() == "":
            result[-1] = Basis(last.text + basis.text, *list(basis.__dict__.values())[1:])
        else:
            result.append(basis)
    return result


def law_key(name: str) -> str:
    """The form in which a cited law finds its row: width, blanks, marks and “(试行)” spelling aside."""
    name = "".join(unicodedata.normalize("NFKC", name).split())
    return re.sub(r"[<>《》〈〉]", "", name)
