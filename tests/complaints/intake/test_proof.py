"""What the reporter takes away: acknowledgement at once, proof after a checkpoint; both check alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import ledger
import pytest
from ledger import checkpoints, notes, proofs
from ledger.models import Event

CHECKER = Path(str(ledger.__file__)).parent / "standalone" / "verify.py"


@pytest.fixture(autouse=True)
def no_pin() -> Any:
    checkpoints._pin_file().unlink(missing_ok=True)
    yield
    checkpoints._pin_file().unlink(missing_ok=True)


def test_the_reporters_proof(site: Any, tmp_path: Path) -> None:
    tip, receipt = site.tip(narrative="我写的经过")
    reporter = site.reporter()
    reporter.come_back(receipt)
    acknowledgement = reporter.client.get("/report/return/acknowledgement/").content
    early = reporter.client.get("/report/return/proof/")
    assert early.status_code == 200
    assert "证明还没有好" in early.content.decode()
    head = checkpoints.make()
    answer = reporter.client.get("/report/return/proof/")
    assert 'filename="proof.tlog-proof"' in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    text = answer.content.decode()
    event = Event.objects.get(tag=bytes(tip.tag), kind="submitted")
    assert proofs.opened(text) == (str(event.pk), bytes(event.leaf_hash))
    for secret in ("我写的经过", str(tip.number), str(tip.uuid), receipt, "reporter"):
        assert secret not in text
    # On a machine with nothing but the file.
    for name, content in (
        ("verify.py", CHECKER.read_bytes()),
        ("proof", answer.content),
        ("ack", acknowledgement),
        ("checkpoint", checkpoints.signed(head).encode()),
    ):
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-I", "verify.py", "--key", notes.own_vkey(), "--acknowledgement", "ack"]
    done = subprocess.run(
        [*command, "proof", "checkpoint"], cwd=tmp_path, env={}, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "submitted" in done.stdout.decode()


def test_without_a_session(site: Any) -> None:
    answer = site.reporter().client.get("/report/return/proof/")
    assert answer.status_code == 303
    assert answer["Location"].endswith("/report/return/")


def test_the_link_stands_on_the_page(site: Any) -> None:
    _tip, receipt = site.tip()
    reporter = site.reporter()
    page = reporter.come_back(receipt).content.decode()
    assert "/report/return/proof/" in page
