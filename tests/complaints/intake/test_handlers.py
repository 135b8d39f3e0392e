"""What happens after a report has come in: twice is as once, also after a crash between effect and mark."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from outbox import services as outbox
from outbox.models import Entry
from workdays import clock

from complaints.intake import handlers
from complaints.vault.models import SealedFile


def test_twice_and_after_a_crash(site: Any) -> None:
    tip, _receipt = site.tip()
    entry = Entry.objects.get(kind="tip.received", ref=str(tip.uuid))
    files = list(SealedFile.objects.values_list())
    handlers.received(entry.ref)
    handlers.received(entry.ref)
    # A worker that died after the effect: the row is claimed, not done, and its lease has run out.
    Entry.objects.filter(pk=entry.pk).update(claimed_until=clock.now() - timedelta(seconds=1), attempts=1)
    assert outbox.deliver(entry.pk)
    assert not outbox.deliver(entry.pk), "done is done"
    assert list(SealedFile.objects.values_list()) == files
