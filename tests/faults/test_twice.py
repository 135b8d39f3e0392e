"""Every kind of the outbox has a test that runs it twice, and once after a crash (tests.faults.twice)."""

from __future__ import annotations

import re

import pytest
from outbox import registry

from tests.support.services import ROOT

CALL = re.compile(r"as_once\(\s*\"([a-z.-]+)\"")


@pytest.mark.once
def test_every_kind_is_run_twice_somewhere() -> None:
    tested = {kind for path in (ROOT / "tests").rglob("test_*.py") for kind in CALL.findall(path.read_text())}
    own = {kind for kind, row in registry._handlers.items() if not row.run.__module__.startswith("tests.")}
    assert own
    assert own - tested == set(), "write one: tests/faults/twice.py says how"
    assert tested - own == set(), "there is no such kind any more"
