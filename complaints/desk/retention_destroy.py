"""Destroying what two persons agreed to (VAULT: Destroy): keys first, then texts and files, then old pages.

Each tip is one conditional delete: whatever changed since it was listed, or is held, stays and says so. It
needs nobody's key. The ledger keeps the leaf hashes of its events and lists them in one more; a line with
number, category, state, days and rule stays here. "Scrubbed" means that what the database keeps of old rows
is gone too; until then the list says that it is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction
from ledger import destruction
from outbox.models import Entry
from outbox.registry import handler
from outbox.services import enqueue
from workdays import clock

from complaints.desk import finding
from complaints.desk.models import (
    DestructionItem,
    DestructionList,
    JobItem,
    Joint,
    Labelled,
    Link,
    Note,
    Pause,
    Proposal,
    Redaction,
    Transfer,
    Warning,
)
from complaints.desk.retention import KIND
from complaints.intake import services as intake
from complaints.intake.models import Message, Tip, Tombstone
from complaints.vault.files import delete_blob
from complaints.vault.models import Cell, IdentityRequest, Office, SealedFile, Wrap

BATCH = 50  # tips of one transaction
TURN = 10  # batches of one turn of the worker
LEASE = dt.timedelta(minutes=10)
AGAIN = dt.timedelta(minutes=1)
LOCK_WAIT = "10s"  # for the tables; until then others wait, too
Answer, Result = DestructionList.Answer, DestructionItem.Result


@handler(KIND, lease=LEASE)
def work(ref: str) -> None:
    """A turn: what waits is destroyed, then indexes and old pages; until that is done it comes again."""
    row = DestructionList.objects.filter(pk=UUID(ref)).select_related("office").first()
    if row is None or row.answer not in (Answer.APPROVED, Answer.DESTROYED) or row.scrubbed_at:
        return
    for _turn in range(TURN):
        if not _batch(row):
            break
    else:
        enqueue(kind=KIND, ref=ref)
        return
    forget_indexes()
    DestructionList.objects.filter(pk=row.pk, answer=Answer.APPROVED).update(
        answer=Answer.DESTROYED, done_at=clock.now()
    )
    if scrub():
        DestructionList.objects.filter(pk=row.pk).update(scrubbed_at=clock.now())
    else:
        enqueue(kind=KIND, ref=ref, due_at=clock.now() + AGAIN)


def complete_on(row: DestructionList) -> dt.date | None:
    """The day on which the last backup made before has expired; None while anything is left here."""
    if row.scrubbed_at is None:
        return None
    return row.scrubbed_at.date() + dt.timedelta(days=settings.BACKUP_KEEP_DAYS)


def _batch(row: DestructionList) -> bool:
    """The next tips, in one transaction; False where none waits."""
    with transaction.atomic():
        Office.objects.select_for_update().filter(pk=row.office_id).first()
        waiting = list(
            DestructionItem.objects.select_for_update()
            .filter(list=row, list__answer=Answer.APPROVED, result=Result.WAITING)
            .order_by("id")[:BATCH]
        )
        if not waiting:
            return False
        tips = {tip.pk: tip for tip in _still_due(row, waiting)}
        names = _erase(row, list(tips.values())) if tips else []
        for item in waiting:
            gone = item.tip in tips
            item.result = Result.DESTROYED if gone else Result.KEPT
            item.done_on, item.revision, item.change = clock.today(), 0, 0
            item.tip = None  # no id of a tip that is gone; nor of one that stays, for which a list is nothing
        DestructionItem.objects.bulk_update(waiting, ["result", "done_on", "tip", "revision", "change"])
        # After the commit: a file without a row is nothing, a row without its file would be a broken tip. A
        # crash in between leaves a blob whose key is gone; the daily sweep of nameless blobs takes it.
        transaction.on_commit(lambda: _delete_blobs(names))
    return True


def _delete_blobs(names: Sequence[str]) -> None:
    for name in names:
        delete_blob(name)


def _still_due(row: DestructionList, items: Sequence[DestructionItem]) -> list[Tip]:
    """Those of the tips that are still as they were listed, locked to the end of the transaction."""
    listed = {item.tip: item for item in items}
    rows = Tip.objects.select_for_update().filter(
        pk__in=[pk for pk in listed if pk],
        office=row.office_id,
        hold=False,
        proposed=False,
        objected=False,
        waiting=False,
        due_on=None,
    )
    return [
        tip
        for tip in rows.order_by("pk")
        if (tip.revision, tip.change, tip.state)
        == (listed[tip.pk].revision, listed[tip.pk].change, listed[tip.pk].state)
    ]


def _erase(row: DestructionList, tips: Sequence[Tip]) -> list[str]:
    """All rows of these tips, keys first; the names of their blobs, for after the commit."""
    keys = [tip.pk for tip in tips]
    reasons = list(IdentityRequest.objects.filter(tip__in=keys).values_list("reason", flat=True))
    Wrap.objects.filter(subject__in=[*keys, *reasons]).delete()
    names = list(SealedFile.objects.filter(tip__in=keys).values_list("name", flat=True))
    SealedFile.objects.filter(tip__in=keys).delete()
    # Rows that keep others from going first; the tip takes what only hangs on it (labels, readers, jobs).
    IdentityRequest.objects.filter(tip__in=keys).delete()
    for model in (Warning, Proposal, Pause, Transfer, Joint, Note, Message, Redaction, Labelled, JobItem):
        model._default_manager.filter(tip__in=keys).delete()
    Link.objects.filter(tip__in=keys).delete()
    Link.objects.filter(other__in=keys).delete()
    Entry.objects.filter(ref__in=[str(key) for key in keys]).delete()
    Tip.objects.filter(pk__in=keys).delete()  # with all that names it
    Cell.objects.filter(tip__in=keys).delete()  # after the rows that keep their cells
    now = clock.now()
    for key in keys:
        change = intake.next_change(row.office_id)
        Tombstone.objects.filter(office=row.office_id, tip=key).delete()
        Tombstone.objects.create(office_id=row.office_id, tip=key, change=change, created_at=now)
    details = {
        "list": str(row.pk),
        "by": sorted([row.first_by_id or 0, row.second_by_id or 0]),
        "tips": len(tips),
    }
    destruction.destroy(tags=[bytes(tip.tag) for tip in tips], actor="system", details=details)
    return names


def forget_indexes() -> list[Path]:
    """Unlink the files of this host that have not read the newest tombstones; no key is needed for it.

    The next unlocked session builds the file anew without those tips. Other hosts do the same within a day
    (finding.forget_stale).
    """
    return finding.forget_stale(clock.now() + finding.FORGET_AFTER + dt.timedelta(seconds=1))


def scrub() -> bool:
    """Clean what the database keeps of old rows; False where it could not be done now.

    SQLite: `secure_delete` has overwritten the pages, the write-ahead log is emptied. PostgreSQL: the tables
    of keys and texts are written anew with the rows that are there now, and the old files dropped. VACUUM
    FULL would keep dead rows as long as any transaction on the server is older, be it of another database.
    """
    if connection.in_atomic_block:
        return False
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_pages = cursor.fetchone()
            return not busy
    try:
        _write_anew()
    except OperationalError:  # somebody is reading them for long: a backup
        return False
    return True


def _write_anew() -> None:
    """A column is converted to what it is: ALTER TABLE copies the visible rows alone (its page, "Notes")."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
        for model in (Wrap, Cell):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN sealed TYPE bytea USING sealed || ''::bytea")
