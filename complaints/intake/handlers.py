"""What must happen after a report has come in."""

from __future__ import annotations

from uuid import UUID

from outbox.registry import handler

from complaints.vault.files import store
from complaints.vault.models import SealedFile


class BlobMissing(RuntimeError):
    """A tip names a file that the store does not have."""


@handler("tip.received")
def received(ref: str) -> None:
    """Checks that the store has every file of the tip; the entry stays open, and is seen, until it has."""
    for name in SealedFile.objects.filter(tip=UUID(ref)).values_list("name", flat=True):
        if not store().exists(name):
            raise BlobMissing
