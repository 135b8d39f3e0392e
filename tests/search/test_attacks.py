"""What a thief of the index of tips reads without its key: two attacks that open an index of keyed tokens.

One knows public messages of the same kind, and matches what is frequent; the other has handed in a tip that
lists every character, and looks where it stands. Both read an index of keyed tokens; both are turned on the
files that really lie on the disk while staff search, with their logs.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path

import pytest

from search.analysis import canonical
from search.documents import Document
from search.engines.sealed import SealedEngine
from search.query import parse
from tests.search.conftest import KEY, rows

TIPS, PUBLIC = 120, 1500
KNOWN = 250  # the most frequent tokens, which the thief tries to read
BLOCK = 16
Stolen = dict[bytes, list[bytes]]
"""Document → what stands at each of its places, as far as the thief can tell one thing from another."""


def texts() -> tuple[list[str], list[str]]:
    """What is in the index, and what the thief has: messages of the same kind, none of them the same."""
    real = ["".join(canonical(row["detail"]).split())[:300] for row in rows("messages_4326.csv")]
    return real[:TIPS], real[TIPS : TIPS + PUBLIC]


def every_character(tips: list[str]) -> str:
    """The planted tip: each character once, in an order that whoever planted it remembers."""
    return "".join(sorted(set("".join(tips))))


# What can be stolen ----------------------------------------------------------------------------------


def keyed(folder: Path, tips: list[str]) -> Path:
    """The index that looks safe: tokens under a key, with their places."""
    path = folder / "keyed.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE posting (token BLOB, doc BLOB, place INTEGER)")
        for n, tip in enumerate(tips):
            tokens = [hmac.digest(KEY, letter.encode(), hashlib.sha256)[:8] for letter in tip]
            db.executemany(
                "INSERT INTO posting VALUES (?, ?, ?)", [(t, b"%d" % n, at) for at, t in enumerate(tokens)]
            )
        db.commit()
    return path


def sealed(folder: Path, tips: list[str]) -> SealedEngine:
    """The real one, open, with what was written last still in its log."""
    engine = SealedEngine(folder / "sealed.db", KEY)
    engine.index([Document(f"tip:{n}", "tip", tip[:20], tip) for n, tip in enumerate(tips[:-10])])
    engine.optimize()
    for n, tip in enumerate(tips[-10:], len(tips) - 10):
        engine.index([Document(f"tip:{n}", "tip", tip[:20], tip)])
    assert engine.search(parse(tips[0][:4])).total
    return engine


def steal(path: Path) -> Stolen:
    """Everything that can be told apart in a file: the rows of a database that opens, else each piece of it
    that stands there more than once (equal plaintext would show as equal blocks).
    """
    found: Stolen = defaultdict(list)
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as db:
        for doc, token in db.execute("SELECT doc, token FROM posting ORDER BY doc, place"):
            found[doc].append(token)
        return found
    for file in sorted(path.parent.glob(f"{path.name}*")):
        data = file.read_bytes()
        for start in range(0, BLOCK, 4):  # pages in the log begin behind a header
            blocks = [data[at : at + BLOCK] for at in range(start, len(data) - BLOCK, BLOCK)]
            often = {block for block, n in Counter(blocks).items() if n > 1 and any(block)}
            for at, block in enumerate(blocks):
                if block in often:
                    found[b"%s %d" % (file.name.encode(), at * BLOCK // 4096)].append(block)
    return found


# What is done with it --------------------------------------------------------------------------------


def by_frequency(stolen: Stolen, public: list[str]) -> dict[bytes, str]:
    """What is about as frequent as a character of public texts may be that character; neighbours that are
    read already decide. (Somebody who searches longer reads nine tenths of keyed tokens; this is a start.)
    """
    single, pairs = Counter("".join(public)), Counter(a + b for text in public for a, b in pairwise(text))
    letters = [letter for letter, _ in single.most_common()]
    tokens = [token for token, _ in Counter(t for doc in stolen.values() for t in doc).most_common()]
    around: dict[bytes, Counter[tuple[int, bytes]]] = defaultdict(Counter)
    for one, next_one in (pair for doc in stolen.values() for pair in pairwise(doc)):
        around[one][1, next_one] += 1
        around[next_one][0, one] += 1
    read = dict(zip(tokens[:12], letters, strict=False))
    for rank, token in enumerate(tokens[12:KNOWN], 12):
        seen = [(side, read[t], n) for (side, t), n in around[token].items() if t in read]
        taken = set(read.values())
        near = [c for c in letters[max(0, rank - 60) : rank + 60] if c not in taken]

        def fits(letter: str, seen: list[tuple[int, str, int]] = seen) -> float:
            return sum(
                n * math.log((pairs[letter + other if side else other + letter] + 0.05) / single[letter])
                for side, other, n in seen
            )

        if near:
            read[token] = max(near, key=fits)
    return read


def by_planting(stolen: Stolen, planted: str) -> dict[bytes, str]:
    """The document in which as many different things stand as were planted says what each of them is."""
    for doc in stolen.values():
        if len(doc) == len(set(doc)) == len(planted):
            return dict(zip(doc, planted, strict=True))
    return {}


def share_read(stolen: Stolen, read: dict[bytes, str], tips: list[str]) -> float:
    """How much of all that was said the thief reads rightly, at its right place."""
    right = 0
    for n, tip in enumerate(tips):
        doc = stolen.get(b"%d" % n, [])
        right += sum(read.get(token) == letter for token, letter in zip(doc, tip, strict=False))
    return right / sum(map(len, tips))


def images(engine: SealedEngine) -> Iterator[Path]:
    """The files, copied as a thief of the disk would: while it is open, and after it was closed."""
    yield engine.path
    engine.close()
    yield engine.path


def test_public_texts_read_keyed_tokens_and_nothing_of_the_index_of_tips(tmp_path: Path) -> None:
    tips, public = texts()
    stolen = steal(keyed(tmp_path, tips))
    share = share_read(stolen, by_frequency(stolen, public), tips)
    print(f"of keyed tokens read with public texts: {share:.0%}")
    assert share > 0.06, "the attack itself must work"
    with sealed(tmp_path, tips) as engine:
        for path in images(engine):
            stolen = steal(path)
            assert stolen == {}, "no two pieces of the files are alike"
            assert share_read(stolen, by_frequency(stolen, public), tips) == 0


def test_a_planted_tip_reads_keyed_tokens_and_nothing_of_the_index_of_tips(tmp_path: Path) -> None:
    tips, _ = texts()
    planted = every_character(tips)
    stolen = steal(keyed(tmp_path, [*tips, planted]))
    assert share_read(stolen, by_planting(stolen, planted), tips) == 1
    with sealed(tmp_path, tips) as engine:
        before = {path: path.read_bytes() for path in tmp_path.glob("sealed.db*")}
        engine.index([Document(f"tip:{n}", "tip", "", planted) for n in (900, 901)])  # twice the same
        for path in images(engine):
            stolen = steal(path)
            assert stolen == {}
            assert share_read(stolen, by_planting(stolen, planted), tips) == 0
        # Not even two images of the disk, from before and after, have a piece of a text in common.
        old = {data[at : at + BLOCK] for data in before.values() for at in range(0, len(data), BLOCK)}
        log = (tmp_path / "sealed.db-wal").read_bytes() if (tmp_path / "sealed.db-wal").exists() else b""
        assert not old & {log[at : at + BLOCK] for at in range(0, len(log), BLOCK)}


def test_the_files_look_like_noise(tmp_path: Path) -> None:
    """Bytes of all values, equally often: what is written in them does not show in any of them."""
    tips, _ = texts()
    with sealed(tmp_path, tips) as engine:
        engine.optimize()
        data = engine.path.read_bytes()
    for sample in (data, os.urandom(len(data))):
        expected = len(sample) / 256
        chi = sum((n - expected) ** 2 / expected for n in (sample.count(bytes([b])) for b in range(256)))
        assert chi < 255 + 8 * math.sqrt(2 * 255)


@pytest.mark.parametrize("damage", ["name", "size"])
def test_what_it_does_tell_is_its_size(tmp_path: Path, damage: str) -> None:
    """The name is the office's, the size goes by pages: said in docs/security, and no more than that."""
    with SealedEngine(tmp_path / "a.db", KEY) as one, SealedEngine(tmp_path / "b.db", KEY) as two:
        one.index([Document("tip:1", "tip", "甲" * 8)])
        two.index([Document("tip:1", "tip", "乙" * 8)])
        one.optimize()
        two.optimize()
        if damage == "size":
            assert one.path.stat().st_size == two.path.stat().st_size
            assert one.path.stat().st_size % 4096 == 0
        else:
            assert one.path.read_bytes()[:16] != two.path.read_bytes()[:16]
