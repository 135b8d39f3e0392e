"""A document that is indexed twice, changed, taken out or moved to another index is found where it is and
nowhere else; and when it is gone, it is gone from the pages, also for somebody who has the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.documents import Document
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from search.query import parse
from tests.search.conftest import KEY
from tests.search.pages import decrypted
from tests.support import bytesearch

WORDS = [
    "".join(three) for three in zip("犇羴猋焱蠱驫鱻淼", "麤靐龘爨灪癵籱厵", "孃孅巑巘廱彏懹戇", strict=True)
]
OTHER_KEY = bytes(reversed(KEY))
steps = st.lists(
    st.tuples(
        st.sampled_from(["index", "index", "twice", "delete", "move", "reopen", "optimize"]),
        st.integers(0, 3),  # which document
        st.integers(0, len(WORDS) - 1),  # what it says
    ),
    min_size=1,
    max_size=14,
)


def document(n: int, word: str) -> Document:
    return Document(f"tip:{n}", "tip", f"第{n}件", f"反映{word}之事", facets={"item": [f"{word}乙"]})


class Two:
    """Two offices, and what each must hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engines = [SealedEngine(folder / "one.db", KEY), SealedEngine(folder / "two.db", OTHER_KEY)]
        self.truth: list[dict[int, str]] = [{}, {}]

    def do(self, step: str, n: int, word: str) -> None:
        here = next((i for i in (0, 1) if n in self.truth[i]), 0)
        if step in ("index", "twice"):
            for _ in range(1 + (step == "twice")):
                self.engines[here].index([document(n, word)])
            self.truth[here][n] = word
        elif step == "delete":
            self.engines[here].delete([f"tip:{n}"])
            self.truth[here].pop(n, None)
        elif step == "move" and n in self.truth[here]:
            kept = self.truth[here].pop(n)
            self.engines[1 - here].update([document(n, kept)])
            self.engines[here].update([], deletes=[f"tip:{n}"])
            self.truth[1 - here][n] = kept
        elif step == "reopen":
            self.engines[here].close()
        elif step == "optimize":
            self.engines[here].optimize()

    def check(self) -> None:
        for engine, truth in zip(self.engines, self.truth, strict=True):
            for word in WORDS:
                should = sorted(f"tip:{n}" for n, said in truth.items() if said == word)
                hits = engine.search(parse(word), facets=["item"])
                assert sorted(hits.ids) == should
                assert sum(hits.facets["item"].values()) == hits.total == len(should)
            assert engine.stamps() == {f"tip:{n}": document(n, said).stamp for n, said in truth.items()}
            engine.check()

    def left(self) -> Iterator[str]:
        """Words that stand in the pages of an index whose documents do not say them."""
        for engine, truth, key in zip(self.engines, self.truth, (KEY, OTHER_KEY), strict=True):
            engine.optimize()
            engine.close()
            data = decrypted(engine.path, key)
            for word in WORDS:
                stands = word[:2].encode() in data or word[1:].encode() in data
                if stands != (word in truth.values()):
                    yield word


@given(steps)
@settings(max_examples=25, deadline=None)
def test_whatever_is_done_to_it(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, int, int]]
) -> None:
    world = Two(tmp_path_factory.mktemp("two"))
    for step, n, said in done:
        world.do(step, n, WORDS[said])
    world.check()
    assert list(world.left()) == []


def test_the_pages_can_be_read_with_the_key_alone(tmp_path: Path) -> None:
    """Else nothing that is not found in them would mean anything."""
    with SealedEngine(tmp_path / "one.db", KEY) as engine:
        engine.index([document(n, WORDS[n]) for n in range(3)])
        before = decrypted(engine.path, KEY)
        assert WORDS[1][:2].encode() in before, "the log is read too"
        engine.optimize()
        data = decrypted(engine.path, KEY)
        assert b"CREATE TABLE doc" in data
        assert WORDS[1][:2].encode() in data
        assert WORDS[1][:2].encode() not in decrypted(engine.path, OTHER_KEY)
        assert not list(bytesearch.found_in((tmp_path / "one.db").read_bytes(), [WORDS[1]]))


text = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("，。、 aA1-一乙"),
    min_size=1,
    max_size=60,
)


@given(texts=st.lists(text, min_size=1, max_size=8), where=st.data())
@settings(max_examples=60, deadline=None)
def test_any_part_of_any_text_finds_exactly_those_that_hold_it(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], where: st.DataObject
) -> None:
    """A part within a run of Chinese characters, against plain Python, among several texts."""
    from search.analysis import canonical, is_cjk

    runs = [run for one in texts for run in canonical(one).split() if is_cjk(run[0])]
    if not runs:
        return
    run = where.draw(st.sampled_from(runs))
    start = where.draw(st.integers(0, len(run) - 1))
    part = run[start : where.draw(st.integers(start + 1, len(run)))]
    with Fts5Engine(tmp_path_factory.mktemp("texts") / "one.db") as engine:
        engine.index([Document(f"d:{n}", "d", "", one) for n, one in enumerate(texts)])
        should = sorted(f"d:{n}" for n, one in enumerate(texts) if part in canonical(one))
        assert sorted(engine.search(parse(f'"{part}"'), limit=100).ids) == should
