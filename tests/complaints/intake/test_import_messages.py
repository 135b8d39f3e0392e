"""import_messages: rows of a CSV through the real service."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from complaints.intake.models import Tip
from complaints.vault import receipts, tips


def run(file: Path, **options: Any) -> str:
    out = StringIO()
    call_command("import_messages", str(file), stdout=out, stderr=out, **options)
    return out.getvalue()


def test_it_works(site: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text(
        '\ufefftitle,detail,category\n路灯不亮,"两行\n文字",乱收费、乱罚款\n,,\n很长,'
        + "字" * 30_000
        + ",别的\n",
        encoding="utf-8",
    )
    out = run(file, receipts=str(tmp_path / "r.csv"))
    assert "2 tips" in out
    assert "/s" in out
    assert "row" in out
    assert {tip.category.code for tip in Tip.objects.all()} == {"charging", "bribery"}
    number, receipt = (tmp_path / "r.csv").read_text().splitlines()[0].split(",")
    tip = Tip.objects.get(number=number)
    keys = tips.open_as_reporter(tip_uuid=tip.uuid, reporter=receipts.derive(receipt).reporter)
    assert {c.label: c.text for c in tips.read_cells(keys, tip.uuid)}["narrative"] == "两行\n文字"
    assert (tmp_path / "r.csv").stat().st_mode & 0o777 == 0o600


def test_limit(site: Any, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("title,detail\n" + "a,b\n" * 5, encoding="utf-8")
    assert "3 tips" in run(file, limit=3)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", bytes(range(256)) * 10])
def test_what_is_no_such_file(site: Any, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "m.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError):
        run(file)
    with pytest.raises(CommandError):
        run(tmp_path / "absent.csv")
    assert not Tip.objects.exists()


def test_real_messages(site: Any) -> None:
    file = Path(__file__).parents[3] / ".." / "shared/data/messages/messages_4326.csv"
    if not file.exists():
        pytest.skip("no ../shared/data")
    assert "20 tips" in run(file, limit=20)
