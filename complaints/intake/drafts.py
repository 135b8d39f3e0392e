"""Drafts: what was typed so far, sealed under a key that only the browser's cookie holds (VAULT: Draft).

Two hours idle or a day in all, and a draft is gone. A save names the revision it was made from, so two tabs
never overwrite each other: what both changed is shown in both versions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.keys import KeySeed, kdf
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from workdays import clock

from complaints.intake import turns
from complaints.intake.browser import Handle
from complaints.intake.models import Draft
from complaints.vault import files, receipts
from complaints.vault.cells import open_cell, seal_cell
from complaints.vault.errors import BadSeal
from complaints.vault.models import SealedFile

IDLE, MOST = timedelta(hours=2), timedelta(hours=24)
SHOWN_AFTER_SENDING = timedelta(minutes=30)
SAVE_TRIES = 5
GENERATIONS = 2**16 - 1
BATCH = 500


class Gone(Exception):
    """No draft: it was never begun, was sent, deleted, or has expired."""


class Stale(Exception):
    """Saved by somebody else meanwhile: open it again and merge."""


@dataclass
class Content:
    """What is sealed. `fields` are the answers as typed; `changed` the revision that last changed each.

    `seen` are the questions answered; `files` the uploads with their keys; `sent` the page after sending.
    """

    receipt: str
    lookup: str
    seed: str
    salt_version: int
    about: dict[str, Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, Any] | None = None

    @property
    def master(self) -> receipts.Master:
        """What the receipt's key derivation gave when the draft was made."""
        return receipts.Master(
            lookup_id=bytes.fromhex(self.lookup),
            reporter=KeySeed(bytes.fromhex(self.seed)),
            salt_version=self.salt_version,
        )


@dataclass
class Open:
    """An opened draft."""

    handle: Handle
    revision: int
    content: Content
    created_at: datetime
    sent_at: datetime | None

    def merge(self, values: dict[str, Any], *, base: int) -> dict[str, Any]:
        """Takes the values of one page over; returns those that another tab has changed since `base`.

        A clash keeps what is stored; the caller shows both versions.
        """
        clashes: dict[str, Any] = {}
        for name, value in values.items():
            stored = self.content.fields.get(name)
            if value == stored and name in self.content.fields:
                continue
            if self.content.changed.get(name, 0) > base:
                clashes[name] = value
                continue
            self.content.fields[name] = value
            self.content.changed[name] = self.revision + 1
        return clashes


def create(*, about: dict[str, Any] | None = None) -> Handle:
    """A new draft with its receipt. One Argon2id (28 ms), outside any transaction. Raises Busy, NotReady."""
    handle, receipt = Handle.new(), receipts.new_receipt()
    master = receipts.derive(receipt)
    content = Content(
        receipt=receipt,
        lookup=master.lookup_id.hex(),
        seed=master.reporter.seed.hex(),
        salt_version=master.salt_version,
        about=about,
    )
    now = clock.now()
    sealed = _seal(handle, content, 1)
    with turns.writing():
        Draft.objects.create(uuid=handle.row, revision=1, sealed=sealed, created_at=now, touched_at=now)
    return handle


def read(handle: Handle | None) -> Open:
    """The draft of this browser, sent or not. Raises Gone."""
    row = Draft.objects.filter(pk=handle.row).first() if handle else None
    if row is None or handle is None or expired(row, clock.now()):
        raise Gone
    try:
        text = open_cell(
            _key(handle),
            label="draft",
            tip=handle.row,
            row=handle.row,
            generation=_generation(row.revision),
            sealed=bytes(row.sealed),
        )
    except BadSeal:
        raise Gone from None
    return Open(handle, row.revision, Content(**json.loads(text)), row.created_at, row.sent_at)


def read_unsent(handle: Handle | None) -> Open:
    """The draft, if it can still be written to. Raises Gone."""
    draft = read(handle)
    if draft.sent_at is not None:
        raise Gone
    return draft


def save(draft: Open) -> None:
    """Writes the next revision. Raises Stale where another tab was faster, or the draft is sent or gone."""
    sealed = seal_next(draft)
    rows = Draft.objects.filter(pk=draft.handle.row, revision=draft.revision, sent_at=None)
    with turns.writing():
        saved = rows.update(sealed=sealed, revision=draft.revision + 1, touched_at=clock.now())
    if saved != 1:
        raise Stale
    draft.revision += 1


def seal_next(draft: Open) -> bytes:
    """The sealed bytes of the next revision."""
    return _seal(draft.handle, draft.content, draft.revision + 1)


def mark_sent(draft: Open, sealed: bytes) -> bool:
    """In the transaction that makes the tip: True where this call was the one that sent it.

    `sealed` is the next revision without the answers, made before the transaction.
    """
    now = clock.now()
    rows = Draft.objects.filter(pk=draft.handle.row, revision=draft.revision, sent_at=None)
    return rows.update(sealed=sealed, revision=draft.revision + 1, sent_at=now, touched_at=now) == 1


def delete(handle: Handle | None) -> None:
    """The draft and its uploads, if it is this browser's: who only knows an id deletes nothing."""
    try:
        draft = read(handle)
    except Gone:
        return
    _delete(Draft.objects.filter(pk=draft.handle.row))


def expire() -> int:
    """Deletes what has expired, with its uploads; returns how many."""
    now = clock.now()
    over = Q(touched_at__lte=now - IDLE) | Q(created_at__lte=now - MOST)
    over |= Q(sent_at__lte=now - SHOWN_AFTER_SENDING)
    return _delete(Draft.objects.filter(over))


def sweep_blobs() -> int:
    """Deletes blobs that no row names (a crash between blob and row), once a day; returns how many.

    Blobs carry the day only, so those of today and yesterday are left: a draft may be about to name them.
    Only where the store can list itself: elsewhere the bucket's own rules do it.
    """
    if not cache.add("intake-sweep-blobs", 1, 24 * 3600):
        return 0
    store, before, swept = files.store(), clock.now() - timedelta(days=2), 0
    try:
        folders = store.listdir("")[0]
    except (NotImplementedError, FileNotFoundError):
        return 0
    for folder in folders:
        names = [f"{folder}/{name}" for name in store.listdir(folder)[1]]
        named = set(SealedFile.objects.filter(name__in=names).values_list("name", flat=True))
        for name in names:
            if name not in named and store.get_modified_time(name) < before:
                files.delete_blob(name)
                swept += 1
    return swept


def expired(row: Draft, now: datetime) -> bool:
    """Is its time over?"""
    if row.sent_at is not None:
        return now - row.sent_at >= SHOWN_AFTER_SENDING
    return now - row.touched_at >= IDLE or now - row.created_at >= MOST


def _delete(rows: QuerySet[Draft]) -> int:
    """Deletes at most a batch of `rows`, with their uploads; returns how many.

    Draft rows first, and held: a report that is being handed in right now either has its files already, or
    finds no draft. Blobs last: one without a row is swept, a row without its blob is a broken promise.
    """
    with transaction.atomic():
        found = list(rows.select_for_update().values_list("pk", flat=True)[:BATCH])
        Draft.objects.filter(pk__in=found).delete()
        uploads = SealedFile.objects.filter(draft__in=found, tip=None)
        names = list(uploads.values_list("name", flat=True))
        uploads.delete()
    for name in names:
        files.delete_blob(name)
    return len(found)


def _key(handle: Handle) -> bytes:
    return kdf(handle.secret, "qf1-draft", handle.row.bytes)


def _generation(revision: int) -> int:
    """The revision, as far as a cell's two bytes hold it: an older state of the row does not open."""
    return (revision - 1) % GENERATIONS + 1


def _seal(handle: Handle, content: Content, revision: int) -> bytes:
    return seal_cell(
        _key(handle),
        label="draft",
        tip=handle.row,
        row=handle.row,
        generation=_generation(revision),
        text=json.dumps(content.__dict__, ensure_ascii=False, separators=(",", ":")),
    )
