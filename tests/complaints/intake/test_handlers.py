"""What happens after a report has come in: twice is as once, also after a crash between effect and mark."""

from __future__ import annotations

from typing import Any

import pytest
from outbox.models import Entry

from complaints.intake import handlers, uploads
from complaints.vault.files import delete_blob
from complaints.vault.models import SealedFile
from tests.faults.twice import as_once


def test_twice_and_after_a_crash(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = uploads.seal_file(name="a.txt", content=[b"one"])
    tip, _receipt = site.tip(files=[file])
    assert Entry.objects.filter(kind="tip.received", ref=str(tip.uuid)).count() == 1
    rows = list(SealedFile.objects.values_list())
    looked: list[str] = []
    store = handlers.store()
    exists = store.exists
    monkeypatch.setattr(store, "exists", lambda name: looked.append(name) or exists(name))
    as_once("tip.received", str(tip.uuid), lambda: (set(looked), list(SealedFile.objects.values_list())))
    assert list(SealedFile.objects.values_list()) == rows
    delete_blob(file.blob)
    with pytest.raises(handlers.BlobMissing):
        handlers.received(str(tip.uuid))
