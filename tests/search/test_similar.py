"""What is like a text, in the sealed index: measured on real messages, and what the file keeps of it."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.documents import Document
from search.engines.base import IndexDamaged
from search.engines.sealed import SealedEngine
from tests.search.conftest import KEY

MESSAGES = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages" / "messages_4326.csv"
TEXTS = 1_200
ALTERED = 200


def messages() -> list[tuple[str, str]]:
    """Real messages, no text twice."""
    if not MESSAGES.exists():
        pytest.skip("shared/data is not there")
    csv.field_size_limit(2**24)
    with MESSAGES.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["detail"].strip(): row["title"] for row in csv.DictReader(file)}
    return [(title, detail) for detail, title in rows.items() if len(detail) >= 60][:TEXTS]


def altered(text: str, rng: random.Random, signs: str) -> str:
    """Three sentences in ten dropped, the others shuffled, one sign in five another."""
    sentences = [s for s in re.split(r"(?<=[。！？；\n])", text) if s.strip()]
    rng.shuffle(sentences)
    kept = "".join(sentences[: max(1, round(0.7 * len(sentences)))])
    return "".join(rng.choice(signs) if rng.random() < 0.2 else sign for sign in kept)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SealedEngine]:
    with SealedEngine(tmp_path / "one.db", KEY) as engine:
        yield engine


def test_altered_messages_are_recognised(engine: SealedEngine) -> None:
    texts, rng = messages(), random.Random(7)
    for start in range(0, len(texts), 500):
        batch = list(enumerate(texts))[start : start + 500]
        engine.update([Document(f"tip:{n}", "tip", title, detail) for n, (title, detail) in batch])
    signs = "".join(detail for _, detail in texts[:300])
    first = five = 0
    for n in rng.sample(range(len(texts)), ALTERED):
        title, detail = texts[n]
        ids = [like.id for like in engine.similar(altered(f"{title}。{detail}", rng, signs))]
        first += ids[:1] == [f"tip:{n}"]
        five += f"tip:{n}" in ids
    assert first >= 0.98 * ALTERED
    assert five == ALTERED


def test_nothing_to_compare(engine: SealedEngine) -> None:
    assert engine.similar("占用道路") == []
    engine.index([Document("tip:1", "tip", "占用道路", "拒不改正")])
    assert engine.similar("") == []
    assert engine.similar("、。！") == []
    assert engine.similar("麒麟貔貅") == []
    assert engine.similar('"占用" OR {body}: * NEAR(', without=["tip:1"]) == []


def test_a_long_text_is_read_from_end_to_end(engine: SealedEngine) -> None:
    engine.index(
        [
            Document("tip:1", "tip", "一", "青铜麒麟失窃案的经过"),
            Document("tip:2", "tip", "二", "别的事"),
            Document("tip:3", "tip", "三", "又是别的"),
        ]
    )
    filler = "".join(chr(0x4E00 + n) for n in range(5_000))
    assert [like.id for like in engine.similar(filler + "。" + "青铜麒麟失窃案的经过" * 3)][:1] == ["tip:1"]


TWINS = "城东市场每月向摊主收取卫生费两百元不开票据还要交电费押金"


def test_of_those_that_hold_as_much_the_one_that_holds_little_else_is_first(engine: SealedEngine) -> None:
    """One sentence stands in many texts; what was added to a tip later makes it no less like."""
    long = "".join(f"第{n}个摊位的电费由村委会代收并另加手续费" for n in range(40))
    engine.index(
        [
            Document("tip:1", "tip", "甲", TWINS + "。" + long),
            Document("tip:2", "tip", "乙", TWINS + "。还有别的事", low=long),
            Document("tip:3", "tip", "丙", "。".join([long, TWINS])),
            *(Document(f"tip:{n}", "tip", f"第{n}件", "河道采砂") for n in range(4, 12)),
        ]
    )
    found = engine.similar(TWINS)
    assert next(like.id for like in found) == "tip:2"
    assert {like.share for like in found[:3]} == {1.0}


def test_of_those_that_hold_as_much_the_one_that_says_it_again_is_first(engine: SealedEngine) -> None:
    """A title that another has borrowed says nothing of what that one is about."""
    title, other = "新城小区附近搅拌站粉尘", "物业合同到期以后街道阻挠招聘"
    engine.index(
        [
            Document("tip:1", "tip", title, other),
            Document("tip:2", "tip", title, "我家住在新城小区，楼下搅拌站的粉尘很大，窗户也不能打开"),
            *(Document(f"tip:{n}", "tip", f"第{n}件", "河道采砂") for n in range(3, 12)),
        ]
    )
    found = engine.similar(title)
    assert [like.id for like in found] == ["tip:2", "tip:1"]
    assert {like.share for like in found} == {1.0}


def test_twins_go_with_the_document(engine: SealedEngine) -> None:
    rest = [Document(f"tip:{n}", "tip", f"第{n}件", "河道采砂") for n in range(3, 9)]
    engine.index([Document("tip:1", "tip", "甲", TWINS), Document("tip:2", "tip", "乙", TWINS), *rest])
    engine.compare("tip:1", least=0.5)
    assert [x.id for x in engine.twins(["tip:1", "tip:2"])["tip:2"]] == ["tip:1"]
    assert engine.uncompared(["tip:1", "tip:2"]) == ["tip:2"]
    engine.index([Document("tip:2", "tip", "乙", "改成另一件事了")])
    assert engine.twins(["tip:1", "tip:2"]) == {}
    engine.delete(["tip:1"])
    engine.compare("tip:1", least=0.5)  # gone: nothing, and no error
    assert engine.uncompared(["tip:1"]) == []


def test_a_text_of_few_words_is_nobodys_twin(engine: SealedEngine) -> None:
    engine.index([Document(f"tip:{n}", "tip", "押金", "不退") for n in range(4)])
    engine.compare("tip:1", least=0.5)
    assert engine.twins(["tip:1"]) == {}


def test_what_is_kept_is_sealed_and_comes_back(engine: SealedEngine, tmp_path: Path) -> None:
    engine.index([Document("tip:1", "tip", "甲", TWINS)])
    engine.keep("model", b"canarybytes" * 50)
    assert engine.kept("model") == b"canarybytes" * 50
    assert engine.kept("another") is None
    engine.truncate()
    assert b"canarybytes" not in b"".join(f.read_bytes() for f in tmp_path.glob("one.db*"))


class Bare(SealedEngine):
    """The same file without its key: what lies on the disk is what a decrypted page would show."""

    def _unlock(self, connection: object) -> None:
        pass


def test_deletion_leaves_nothing_on_decrypted_pages(tmp_path: Path) -> None:
    secret = Document(
        "tip:5ec2e7", "tip", "zqcanarytitle", "qwcanarybody " + TWINS.replace("城东", "龘龘"),
        low="xvcanarylow", code="2026-777123", facets={"named": ["ykcanaryname"], "near": ["jjcanary*"]},
    )  # fmt: skip
    with Bare(tmp_path / "one.db", KEY) as engine:
        engine.index([Document(f"tip:{n}", "tip", f"第{n}件", TWINS * 3) for n in range(60)])
        engine.index([secret])
        engine.compare(secret.id, least=0.1)
        signs = [b"canary", b"5ec2e7", b"777123"]  # of Chinese text, pages share and cut the bytes

        def on_disk() -> list[bytes]:
            data = b"".join(file.read_bytes() for file in tmp_path.glob("one.db*"))
            return [sign for sign in signs if sign in data]

        assert on_disk() == signs
        engine.delete([secret.id])
        engine.truncate()
        assert on_disk() == []
        assert "龘".encode() not in b"".join(file.read_bytes() for file in tmp_path.glob("one.db*"))
        engine.check()


def test_a_file_with_a_broken_text_says_so(engine: SealedEngine) -> None:
    engine.index([Document("tip:1", "tip", "甲", TWINS), Document("tip:2", "tip", "乙", TWINS)])
    engine._db.execute("UPDATE source SET text = x'00'")
    with pytest.raises(IndexDamaged):
        engine.similar(TWINS)
    with pytest.raises(IndexDamaged):
        engine.texts(["tip:1"])


def test_bench_prints_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.bench import tips

    messages()  # skips where there are none
    monkeypatch.setattr(tips, "ASKED", 1)
    monkeypatch.setattr(tips, "WITHIN_MAX", 10)
    costs, asked, alike = tips.run(None, tips=30)  # type: ignore[misc]
    assert [row[0] for row in costs.rows][:2] == ["tips indexed a second", "bytes a tip"]
    assert len(asked.rows) == 7 * len(tips.SHARES)
    assert float(alike.rows[0][1]) > 0.9
