"""What an import published stays what its event commits to: switched, changed by a newer file, undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger import verify

from cms.integrity import published_versions
from cms.models import PublishedVersion

from .making import row, table


def faults() -> list[str]:
    return [str(fault) for fault in published_versions()]


def test_imports_verify_and_a_changed_row_is_named(run: Any, tmp_path: Path) -> None:
    run(table(tmp_path / "a.xlsx", row(1, "事项甲"), row(2, "事项乙")), as_json=True)
    assert faults() == []
    _code, said = run(
        table(tmp_path / "b.xlsx", row(1, "事项甲"), row(2, "事项乙", duty="2.改过的责任。")), as_json=True
    )
    assert faults() == []
    run(as_json=False, undo=said["batch"])
    assert faults() == []
    assert [str(fault) for fault in verify.verify(verify.Result())] == []  # it is one of its checks
    version = PublishedVersion.objects.visible().exclude(batch=None).exclude(content=None).first()
    assert version is not None
    assert version.event
    PublishedVersion.objects.filter(pk=version.pk).update(sha256="0" * 64)
    found = faults()
    assert any(str(version.event) in s and "are not those that were published" in s for s in found)
    assert any("was changed after it was published" in s for s in found)
    PublishedVersion.objects.filter(pk=version.pk).update(sha256=version.sha256, event=None)
    assert any("have no event in the ledger" in s for s in faults())
