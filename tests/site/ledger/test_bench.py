"""The measurements of `bench ledger`, in small: they run, and what they measured was right."""

import contextlib
import io
import json

from tests.bench import ledger as bench


def printed(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(bench.HEAD + code, {})
    return json.loads(out.getvalue())


def test_it_measures_a_whole_ledger(db, tmp_path, monkeypatch):
    filled = printed(bench.FILL.format(events=130))
    assert len(filled["made"]) == 1
    checked = printed(bench.CHECK_ALL)
    assert (checked["leaves"], checked["faults"], checked["checkpoints"]) == (192, [], 1)
    proven = printed(bench.PROVE.format(folder=str(tmp_path), proofs=3))
    assert len(proven["lengths"]) == 3
    assert len(list(tmp_path.glob("[0-9]*.tlog-proof"))) == 3
    assert json.loads((tmp_path / "consistency.json").read_text())[0]["new"] == 192
    table = bench.alone(proven["key"], str(tmp_path))
    assert table.rows[0] == ["proofs that hold", 3]
    assert "transparency-dev/merkle@v" in bench.modules()
