"""A query matches exactly the texts that contain it: every engine against plain Python.

EXACTNESS=full asks 5,000 queries of 4,000 documents (minutes); the suite asks 400 of 600.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.documents import Document
from search.engines.base import Engine
from search.engines.fts5 import Fts5Engine
from search.query import parse
from tests.search.conftest import MESSAGES, rows
from tests.search.truth import Groups, Wanted, matches, plain, written

FULL = os.environ.get("EXACTNESS") == "full"
SIZE, QUERIES = (4000, 5000) if FULL else (600, 400)

ADVERSARIAL = [
    "", "a", "的", "的的的的", "的的 的的", "aa aaa aa", "abab abab", "一一二一一", "A1区1A", "1区2区3区",
    "\ue000区\ue001", "\ue000区 区\ue001", "^区 区$", "占\u200b用\u00ad道路", "e\u0301cole ÉCOLE école",
    "Straße STRASSE", "ﾊﾞｲｵ バイオ", "각\u1100\u1161\u11a8", "𠀀𠀁𠀀", "葛\U000e0100城", "OR AND NOT NEAR",
    'a "quoted" text', "“引号”「引号」", "C++ C# .NET", "1,000.50 元", "x@example.com http://a.b/c?d=e",
    "foo_bar foo-bar foobar", "x" * 300 + " " + "x" * 299, "標題：舉報貪污；标题：举报贪污", "答覆 答复",
    "臺灣 台湾", "乾隆 干隆", "\0\x01\n\t", "😀区😀", '{title} : "a" OR u:b*', "' OR 1=1 --",
    "e\u0301\u0300\u0302 n\u0308", "ก็ กำ", "हिन्दी में", "العربية", "Ωμέγα ς Σ", "ǅ ǆ Ǆ", "ﬁ ﬂ ﷺ",
    "㎏㎡ ①②③ ⅷ Ⅷ", "〇〇年 二〇二六",
]  # fmt: skip


def _texts() -> list[tuple[str, str]]:
    """(title, body) of real messages, half and half with official replies, and the adversarial ones."""
    real = [(row["title"], row["detail"][:400]) for row in rows("messages_4326.csv")]
    real += [(row["title"][::-1], row["reply"][:400]) for row in rows("messages_replies_2816.csv")]
    random.Random(7).shuffle(real)
    strings = json.loads((MESSAGES.parent / "strings" / "blns.json").read_text(encoding="utf-8"))
    odd = [(text, "") for text in ADVERSARIAL] + [("", text) for text in strings[::3]]
    return (odd + real)[:SIZE]


def _part(text: str, chance: random.Random) -> str:
    length = chance.choice([1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 12])
    start = chance.randrange(max(1, len(text) - length + 1))
    part = text[start : start + length]
    if chance.random() < 0.15 and part:  # something that is nearly there
        at = chance.randrange(len(part))
        part = part[:at] + chance.choice("的市区a1 ，") + part[at + 1 :]
    if chance.random() < 0.1:
        part = part.upper().translate(str.maketrans("举报贪污办处", "舉報貪汙辦處"))
    return part


def _term(texts: list[tuple[str, str]], chance: random.Random) -> Wanted | None:
    part = _part("\n".join(chance.choice(texts)), chance)
    quoted = chance.random() < 0.4 or any(c.isspace() or c in "、，。；：！？…" for c in part)
    part = "".join(c for c in part if c not in '"“”„‟＂「」『』﹁﹂﹃﹄｢｣〝〞〟').strip()
    if not plain(part).strip() or (not quoted and (part[0] in "-－−﹣–" or part in ("OR", "ＯＲ"))):
        return None
    return Wanted(part, quoted=quoted, excluded=chance.random() < 0.25)


def _queries(texts: list[tuple[str, str]], chance: random.Random) -> Iterator[Groups]:
    while True:
        groups = [
            [term for _ in range(chance.choice([1, 1, 1, 2, 3])) if (term := _term(texts, chance))]
            for _ in range(chance.choice([1, 1, 2, 2, 3]))
        ]
        if groups := [group for group in groups if group]:
            yield groups


def test_random_queries_match_exactly(engine: Engine) -> None:
    texts = _texts()
    documents = [Document(f"d:{n}", "d", title, body) for n, (title, body) in enumerate(texts)]
    for n in range(0, len(documents), 200):
        engine.index(documents[n : n + 200])
    fields = [(d.id, [plain(d.title), plain(d.body)]) for d in documents]
    queries = _queries(texts, random.Random(42))
    expected_matches, wrong = 0, []
    for _ in range(QUERIES):
        groups = next(queries)
        q = written(groups)
        should = {id for id, text in fields if matches(groups, text)}
        query = parse(q)
        assert not query.cut
        got, after = set(), None
        while True:
            hits = engine.search(query, sort="date", limit=1000, after=after)
            got |= set(hits.ids)
            if (after := hits.next) is None:
                break
        expected_matches += len(should)
        if got != should or hits.total != len(should):
            wrong.append((q, sorted(got - should)[:3], sorted(should - got)[:3]))
    print(f"{type(engine).__name__}: {QUERIES} queries, {len(texts)} documents, {expected_matches} expected")
    print(f"matches, {len(wrong)} wrong")
    assert wrong == []


han = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12)


@given(before=st.text(max_size=20), part=han, after=st.text(max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_cjk_part_finds_its_text(
    tmp_path_factory: pytest.TempPathFactory, before: str, part: str, after: str
) -> None:
    """Whatever stands around it, and however it is cut out."""
    with Fts5Engine(tmp_path_factory.mktemp("part") / "one.db") as engine:
        engine.index([Document("d:1", "d", before + part + after), Document("d:2", "d", part[::-1] + "x")])
        for start in range(len(part)):
            for end in range(start + 1, len(part) + 1, 3):
                assert "d:1" in engine.search(parse(part[start:end])).ids
