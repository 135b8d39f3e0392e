"""The programs of this folder that are run by hand (docs/bench/faults.md), in small."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.bench import uploads
from tests.faults import memory, storm
from tests.support.running import ROOT, Running

HOLDS = """
import sys
word, whole = bytes.fromhex(sys.argv[1]), bytearray(1 << 20)
for n in range(500):
    whole[n * 2000 : n * 2000 + len(word)] = word
print(flush=True)
sys.stdin.read()
"""


def test_the_storm(site: Running) -> None:
    found = storm.storm(site, tips=8, clients=4, kills=["web"])
    assert found.wrong == []
    assert [kill.name for kill in found.killed] == ["web"]


def test_large_files_are_measured(site: Running) -> None:
    (table,) = uploads.run(site, megabytes=4)
    assert [row[4] for row in table.rows] == ["303", "303", "422", "303 303 303 303"], "noise is no film"


FORGETS = """
import sys
word = bytes.fromhex(sys.argv[1]).decode("utf-16-le")
texts = [word + str(n) for n in range(500)] + [word * 200]
del texts, word
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.once
def test_what_is_no_longer_used_is_overwritten() -> None:
    """Nearly all of it: what moved while it grew may leave a piece."""
    kept, wiped = left_of("犇羴猋焱蠱号仓库", wipe="0"), left_of("犇羴猋焱蠱号仓库", wipe="1")
    assert kept > 100
    assert wiped < kept / 5


def left_of(word: str, *, wipe: str) -> int:
    """How often a process still holds a word that it has no name for any more."""
    child = subprocess.Popen(
        [sys.executable, "-m", "config.child", "0", sys.executable, "-c", FORGETS,
         word.encode("utf-16-le").hex()],
        env={**os.environ, "WIPE_MEMORY": wipe, "PYTHONPATH": str(ROOT / "site")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdout.readline()
        hits, _size = memory.search_process(child.pid, {"word": memory.needles(word)})
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
    return hits["word", "UTF-16LE"]


@pytest.mark.once
def test_memory_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every copy is found, also one that lies across two blocks, and none is counted twice."""
    monkeypatch.setattr(memory, "BLOCK", 1 << 16)
    word = "犇羴猋焱蠱号仓库"
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDS, word.encode("utf-16-le").hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdout.readline()
        hits, size = memory.search_process(child.pid, {"word": memory.needles(word)})
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
    assert size > 1 << 20
    assert 500 <= hits["word", "UTF-16LE"] < 520
    assert hits["word", "UTF-8"] == 0
    assert memory.search_process(child.pid, {"word": memory.needles(word)}) == ({}, 0), "it has ended"
