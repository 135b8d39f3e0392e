"""What is special about the files: damage, versions, many processes, what deletion leaves."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from search.documents import Document
from search.engines import answers, fts5
from search.engines.base import EngineError, IndexDamaged
from search.engines.fts5 import Fts5Engine
from search.engines.sealed import SealedEngine
from search.query import parse
from tests.search.conftest import KEY


def document(n: int, text: str = "占用道路") -> Document:
    return Document(f"d:{n}", "d", f"{text} {n}", "正文" * 50)


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


@pytest.fixture(params=["clear", "sealed"])
def make(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Opens the same file again and again."""
    path = tmp_path / "index" / "one.db"
    return lambda: Fts5Engine(path) if request.param == "clear" else SealedEngine(path, KEY)


def test_the_file_is_for_its_owner_only(make) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        engine.index([document(1)])
        assert engine.path.stat().st_mode & 0o077 == 0
        assert engine.path.parent.stat().st_mode & 0o077 == 0


def test_what_was_written_is_there_when_opened_again(make) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        assert engine.change() == 0
        engine.update([document(1)], change=7)
    with make() as engine:
        assert engine.search(parse("占用")).ids == ["d:1"]
        assert engine.change() == 7
        engine.check()


def test_a_batch_is_all_or_nothing(make) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        engine.update([document(1)], change=1)
        bad = Document("d:2", "d", "x", facets={"body": [object()]})  # type: ignore[list-item]
        with pytest.raises(Exception):  # noqa: B017
            engine.update([document(3), bad], deletes=["d:1"], change=2)
        assert engine.ids() == {"d:1"}
        assert engine.change() == 1


def test_an_update_from_an_older_state_writes_nothing(make) -> None:  # type: ignore[no-untyped-def]
    with make() as engine, make() as other:
        assert engine.update([document(1, "新的")], change=5, since=0)
        assert not other.update([document(1, "旧的")], change=3, since=0)
        assert other.change() == 5
        assert other.search(parse("新的")).total == 1
        assert other.update([document(1, "更新")], change=6, since=5)


def _read_all(engine: Fts5Engine) -> None:
    engine.search(parse("占用"))
    engine.check()


@pytest.mark.parametrize("damage", ["noise", "cut", "flipped"])
def test_a_damaged_file_says_so(make, damage: str) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        engine.index([document(n) for n in range(300)])
        engine.optimize()
    data = bytearray(engine.path.read_bytes())
    if damage == "noise":
        data = bytearray(os.urandom(len(data)))
    elif damage == "cut":
        del data[len(data) // 2 :]
    else:
        data[4096 : len(data) : 7] = bytes(len(data[4096 : len(data) : 7]))
    fts5.destroy(engine.path)
    engine.path.write_bytes(data)
    with make() as engine, pytest.raises(IndexDamaged) as told:
        _read_all(engine)
    assert "占用" not in str(told.value)


def test_another_version_of_the_analysis_is_refused(make, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        engine.index([document(1)])
    monkeypatch.setattr(fts5, "SCHEMA_VERSION", "another")
    with make() as engine, pytest.raises(IndexDamaged):
        engine.count()


def test_deleted_words_leave_the_file(tmp_path: Path) -> None:
    """In a file without a key, so that the bytes can be searched at all."""
    with Fts5Engine(tmp_path / "one.db") as engine:
        engine.index([document(n) for n in range(50)])
        engine.index([Document("d:secret", "d", "canarybird 隐秘金丝雀")])
        engine.optimize()
        assert b"canarybird" in bytes_of(tmp_path)
        engine.delete(["d:secret"])
        engine.optimize()
        assert b"canarybird" not in bytes_of(tmp_path)
        assert "金丝".encode() not in bytes_of(tmp_path)


def test_a_sealed_file_shows_nothing(tmp_path: Path) -> None:
    with SealedEngine(tmp_path / "one.db", KEY) as engine:
        engine.index([Document("d:secret", "d", "canarybird 隐秘金丝雀", facets={"item": ["FACETBIRD"]})])
        data = bytes_of(tmp_path)
        for word in ("canarybird", "金丝", "d:secret", "FACETBIRD", "CREATE", "SQLite"):
            assert word.encode() not in data
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "one.db").execute("SELECT * FROM sqlite_master")


def test_a_wrong_key_opens_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with SealedEngine(tmp_path / "one.db", KEY) as engine:
        engine.index([document(1)])
    with SealedEngine(tmp_path / "one.db", bytes(32)) as engine, pytest.raises(IndexDamaged):
        engine.search(parse("占用"))
    with pytest.raises(IndexDamaged):
        Fts5Engine(tmp_path / "one.db").count()
    with pytest.raises(ValueError, match="32 bytes"):
        SealedEngine(tmp_path / "one.db", b"short")
    assert capfd.readouterr().err == ""


def _write(path: Path, start: int) -> None:
    with SealedEngine(path, KEY) as engine:
        for n in range(start, start + 40):
            engine.index([document(n), document(0)])


def _read(path: Path, wrong: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    with SealedEngine(path, KEY) as engine:
        for _ in range(60):
            hits = engine.search(parse("占用"), facets=["kind"])
            if hits.total != sum(hits.facets["kind"].values()):
                wrong.put(hits.total)


def test_processes_write_and_read_at_once(tmp_path: Path) -> None:
    """Three make and fill the file, one reads: no error, no half of a batch."""
    spawn = multiprocessing.get_context("spawn")
    path, wrong = tmp_path / "one.db", spawn.Queue()
    processes = [spawn.Process(target=_write, args=(path, 1 + 100 * n)) for n in range(3)]
    processes.append(spawn.Process(target=_read, args=(path, wrong)))
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert wrong.empty()
    with SealedEngine(path, KEY) as engine:
        assert engine.count() == 121
        assert engine.search(parse("占用")).total == 121
        engine.check()


def test_parts_are_merged_until_few_are_left(tmp_path: Path) -> None:
    """And what is found stays the same."""
    with Fts5Engine(tmp_path / "one.db") as engine:
        for n in range(24):
            engine.index([Document(f"d:{n}", "d", "占用道路", f"第{n}号")])
        before, found = _parts(engine), engine.search(parse("占用道路")).ids
        assert not engine.settle(0)
        assert engine.settle(60)
        assert _parts(engine) < before
        assert engine.search(parse("占用道路")).ids == found
        assert len(found) == 20
        engine.check()


def _parts(engine: Fts5Engine) -> int:
    return int(engine._db.execute("SELECT count(DISTINCT segid) FROM text_idx").fetchone()[0])


def test_the_short_form_of_an_id_goes_with_its_document(make) -> None:  # type: ignore[no-untyped-def]
    with make() as engine:
        engine.index([document(n) for n in range(5)])
        engine.index([document(1, "改过的题目")])
        engine.delete(["d:0"])
        shorts = "SELECT short, n FROM named ORDER BY n"
        held = {ref: n for n, ref in engine._db.execute("SELECT n, ref FROM doc")}
        assert dict(engine._db.execute(shorts)) == {answers.short(ref): n for ref, n in held.items()}
        assert engine.search(parse(""), within=["d:0", "d:1", "d:9"]).ids == ["d:1"]
        engine.clear()
        assert engine._db.execute(shorts).fetchall() == []


def test_two_ids_of_one_short_form_are_never_taken_for_each_other(  # type: ignore[no-untyped-def]
    make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make() as engine:
        monkeypatch.setattr(answers, "short", lambda ref: 7)
        engine.index([document(1)])
        with pytest.raises(EngineError):
            engine.index([document(2)])
        assert engine.ids() == {"d:1"}
        engine.index([document(1, "改过的题目")])  # the same id again is no other
        assert engine.count() == 1
