"""What a worker does for an import: read the files, write the approved rows, take a batch back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from outbox.registry import handler

from cms.models import ImportBatch, ImportFile, ImportRow
from cms.publishing.batch import in_short_transactions

from . import benchmark_batch, benchmark_files, files, review, service

State, Outcome, Action = ImportBatch.State, ImportRow.Outcome, ImportRow.Action
LEASE = timedelta(hours=2)
CHUNK = 100  # rows inserted at once


@contextmanager
def on_disk(upload: ImportFile) -> Iterator[Path]:
    """The file where the child process can have its descriptor, whatever the storage is."""
    with tempfile.TemporaryDirectory(prefix="qingfeng-import-") as folder:
        path = Path(folder) / "upload"
        with upload.file.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


def readings_of(batch: ImportBatch) -> list[Any]:
    """Each file of the batch, read in a child process, with the columns that were corrected."""
    found: list[Any] = []
    words = files.words_for(batch.organisation)
    for upload in batch.uploads.all():
        with on_disk(upload) as path:
            if batch.kind == benchmark_batch.KIND:
                columns = batch.columns.get(upload.name)
                found.append(benchmark_files.read_file(path, batch.given, name=upload.name, columns=columns))
            else:
                given = batch.columns.get(upload.name)
                found.append(files.read_file(path, words, name=upload.name, given=given))
    return found


def compared(batch: ImportBatch, readings: list[Any]) -> Any:
    """What the readings would change."""
    if batch.kind == benchmark_batch.KIND:
        for reading in readings:
            for item in reading.items:
                item["issuing_body"] = item["issuing_body"] or batch.organisation.name
        benchmark_files.reject_doubled_acts(readings)
        return benchmark_files.compare(readings)
    files.refuse_doubled_codes(readings)
    service.reject_foreign_codes(readings, batch.organisation)
    return service.compare(readings, batch.organisation)


@handler(review.READ, lease=LEASE)
def read(ref: str) -> None:
    """Read, compare, and store the rows for the preview. Again without harm."""
    batch = (
        ImportBatch.objects.filter(pk=int(ref), state=State.UPLOADED).select_related("organisation").first()
    )
    if batch is None:
        return
    readings = readings_of(batch)
    differences = compared(batch, readings)
    described = [describe(reading) for reading in readings]
    forget_rows(batch)
    waiting = ImportBatch.objects.filter(pk=batch.pk, state=State.UPLOADED)
    if any(reading.problem for reading in readings):
        waiting.update(state=State.REFUSED, files=described, counts={})
        return
    rows = rows_of(batch, readings, differences)
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    in_short_transactions(parts, lambda part: ImportRow.objects.bulk_create(part))
    counts = {
        "items": sum(len(reading.items) for reading in readings),
        "created": len(differences.added),
        "changed": len(differences.changed),
        "unchanged": differences.same,
        "gone": len(differences.gone),
        "rejected": sum(len(reading.rejected) for reading in readings),
        "rejected_rows": sum(len(reading.left_out) for reading in readings),
        "renamed": getattr(differences, "renamed", []),
    }
    waiting.update(state=State.PARSED, files=described, counts=counts)


def describe(reading: Any) -> dict[str, Any]:
    """What is kept of a file beside its rows."""
    return {
        "name": reading.name,
        "sha256": reading.sha256,
        "size": reading.size,
        "kind": reading.kind,
        "sheets": reading.sheets,
        "items": len(reading.items),
        "problem": reading.problem.as_json() if reading.problem else None,
        "warnings": [warning.as_json() for warning in reading.warnings[:200]],
    }


def rows_of(batch: ImportBatch, readings: list[Any], differences: Any) -> list[ImportRow]:
    """The rows of the preview: items with what they would do, then what was left out, then what is gone."""
    target = "benchmark_id" if batch.kind == benchmark_batch.KIND else "item_id"
    items = [data for reading in readings for data in reading.items]
    rows = [
        service.row_of(batch, data, Outcome.ITEM, data=data, action=action, changes=changes, **{target: key})
        for data, (key, action, changes) in zip(items, differences.plan, strict=True)
    ]
    for reading in readings:
        for row in reading.rejected:
            outcome = Outcome.NOTE if row["reason"] == "note" else Outcome.REJECTED
            rows.append(service.row_of(batch, row, outcome, reason=row["reason"], data={"text": row["text"]}))
    for record in differences.gone:
        place = {
            "file": getattr(record, "source_file", ""),
            "sheet": getattr(record, "source_sheet", ""),
            "row": getattr(record, "source_row", 0) or 0,
        }
        rows.append(service.row_of(batch, place, Outcome.NOTE, action=Action.MISSING, **{target: record.pk}))
    return rows


def forget_rows(batch: ImportBatch) -> None:
    """Delete the rows of an earlier reading, of which nothing was written, in short transactions."""
    keys = list(batch.rows.values_list("pk", flat=True))
    parts = [keys[start : start + 500] for start in range(0, len(keys), 500)]

    def forget(part: list[int]) -> None:
        rows = ImportRow.objects.filter(pk__in=part)
        rows._raw_delete(rows.db)  # nothing refers to them

    in_short_transactions(parts, forget)


@handler(review.APPLY, lease=LEASE)
def apply(ref: str) -> None:
    """Write what was approved and switch it on. A batch that died is taken up where it stopped."""
    batch = (
        ImportBatch.objects.filter(pk=int(ref), state__in=[State.APPROVED, State.APPLYING, State.FAILED])
        .exclude(approved_by=None)
        .select_related("organisation")
        .first()
    )
    if batch is None:
        return
    actor = f"user:{batch.approved_by_id}"
    if batch.kind == benchmark_batch.KIND:
        benchmark_batch.apply(batch, actor=actor, confirmed=batch.confirmed, progress=tell(batch))
    else:
        service.apply(batch, actor=actor, progress=tell(batch))


def tell(batch: ImportBatch) -> Callable[[int, int], None]:
    """Writes down how many rows are done."""

    def progress(done: int, _of: int) -> None:
        ImportBatch.objects.filter(pk=batch.pk).update(written=done)

    return progress


@handler(review.UNDO, lease=LEASE)
def undo(ref: str) -> None:
    """Take an applied batch back; again after a crash, until its items are all withdrawn."""
    batch = (
        ImportBatch.objects.filter(pk=int(ref), state__in=[State.APPLIED, State.WITHDRAWN])
        .exclude(undo_reason="")
        .first()
    )
    if batch is None:
        return
    module = benchmark_batch if batch.kind == benchmark_batch.KIND else service.batches
    done = module.undo(batch, reason=batch.undo_reason, actor=f"user:{batch.undo_by_id}")
    edited = [str(record) for record in done.edited]
    with transaction.atomic():
        row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        before = row.counts.get("undone") or {"withdrawn": 0, "restored": 0, "edited": []}
        row.counts["undone"] = {
            "withdrawn": before["withdrawn"] + done.withdrawn,
            "restored": before["restored"] + done.restored,
            "edited": [*before["edited"], *edited][:200],
        }
        row.save(update_fields=["counts"])
