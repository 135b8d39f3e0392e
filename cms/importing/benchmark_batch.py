"""Benchmarks as a batch: rows, drafts in short transactions, one switch, and the switch back.

The same states and the same record as for power items (cms.publishing.batch); a benchmark whose tiers break a
rule is stored as a draft, one with mere warnings too unless the one who applies has confirmed them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from wagtail.models import Locale, Revision
from workdays import clock

from cms.models import Benchmark, ImportBatch, ImportRow, Organisation, PublishedVersion, Tier
from cms.publishing import batch as batches
from cms.publishing import records
from cms.publishing.batch import BatchRefused, Undone, go_live, in_short_transactions, last_version

from . import benchmarks
from .benchmark_files import Differences, Known, Reading
from .matching import is_visible
from .names import squash
from .service import row_of

Action, Outcome, State = ImportRow.Action, ImportRow.Outcome, ImportBatch.State
KIND = "benchmark"
WRITTEN = (*benchmarks.HEAD, *benchmarks.MONEY, "power_item_id", "warnings_confirmed")


def unfinished(readings: list[Reading]) -> ImportBatch | None:
    """A batch of the same files that died before its switch."""
    digests = sorted(reading.sha256 for reading in readings)
    states = [State.PARSED, State.APPLYING, State.FAILED]
    # One uploaded in the admin waits for its approver there.
    rows = ImportBatch.objects.filter(state__in=states, kind=KIND, uploaded_by=None)
    return next((b for b in rows if sorted(file["sha256"] for file in b.files) == digests), None)


def make_batch(
    readings: list[Reading],
    differences: Differences,
    *,
    organisation: Organisation | None = None,
    accept_rejected: bool = False,
    uploaded_by: Any = None,
) -> ImportBatch:
    """Store what was read, in one transaction of bulk inserts."""
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            kind=KIND,
            organisation=organisation,
            uploaded_by=uploaded_by,
            accept_rejected=accept_rejected,
            files=[
                {"name": r.name, "sha256": r.sha256, "size": r.size, "kind": r.kind, "sheets": r.sheets}
                for r in readings
            ],
            counts={
                "items": sum(len(r.items) for r in readings),
                "created": len(differences.added),
                "changed": len(differences.changed),
                "unchanged": differences.same,
                "gone": len(differences.gone),
                "rejected": sum(len(r.rejected) for r in readings),
            },
        )
        rows = []
        for reading in readings:
            rows += [row_of(batch, data, Outcome.ITEM, data=data) for data in reading.items]
            for row in reading.rejected:
                outcome = Outcome.NOTE if row["reason"] == "note" else Outcome.REJECTED
                rows.append(row_of(batch, row, outcome, reason=row["reason"], data={"text": row["text"]}))
        place = {"file": "", "sheet": "", "row": 0}
        rows += [
            row_of(batch, place, Outcome.NOTE, action=Action.MISSING, benchmark=row)
            for row in differences.gone
        ]
        ImportRow.objects.bulk_create(rows, batch_size=100)
    return batch


def apply(
    batch: ImportBatch,
    *,
    actor: str = "",
    confirmed: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Benchmark]:
    """Write the drafts and switch the batch on; benchmarks edited meanwhile, which it left alone.

    `confirmed`: whoever applies has looked at the tiers' warnings. Raises BatchRefused.
    """
    try:
        write(batch, confirmed=confirmed, progress=progress)
    except BaseException:
        ImportBatch.objects.filter(pk=batch.pk, state=State.APPLYING).update(state=State.FAILED)
        raise
    return switch(batch, actor=actor)


def write(
    batch: ImportBatch,
    *,
    confirmed: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> None:
    """Make a draft of each row that is not done. May be called again after a crash."""
    batches.start(batch)
    rows = list(batch.rows.filter(outcome=Outcome.ITEM).order_by("pk"))
    known = Known({squash(row.data["issuing_body"]) for row in rows})
    known.taken.update(row.benchmark_id for row in rows if row.done and row.benchmark_id)
    waiting = [row for row in rows if not row.done]
    finished = len(rows) - len(waiting)
    for number in range(0, len(waiting), 100):
        part = waiting[number : number + 100]
        in_short_transactions(part, lambda row: write_row(batch, row, known, confirmed=confirmed))
        progress(finished + number + len(part), len(rows))


def write_row(batch: ImportBatch, row: ImportRow, known: Known, *, confirmed: bool) -> None:
    """One row, in the caller's transaction: create, prepare a change, or note that nothing changed."""
    found = known.match(row.data)
    if found is not None and is_visible(found):
        change(batch, row, found, confirmed=confirmed)
    elif found is not None and found.batch_id is None and unchanged(found, row.data):
        row.action = Action.SAME  # an editor's own draft, or one of an import before
    else:
        create(batch, row, found or Benchmark(locale=Locale.get_default()), confirmed=confirmed)
    row.benchmark = found or row.benchmark
    row.done = True
    row.save(update_fields=["benchmark", "action", "done", "revision", "version_before", "version_after"])


def unchanged(record: Benchmark, data: dict[str, Any]) -> bool:
    before = benchmarks.content(record)
    benchmarks.fill(record, data)
    return benchmarks.content(record) == before


def create(batch: ImportBatch, row: ImportRow, record: Benchmark, *, confirmed: bool) -> None:
    record.batch = batch
    benchmarks.fill(record, row.data)
    record.warnings_confirmed = confirmed
    record.save()
    revision = record.save_revision(clean=False)
    if record.publishing_errors():
        Benchmark.objects.filter(pk=record.pk).update(batch=None)  # a draft like any other: no batch shows it
    else:
        go_live(record, revision)
    row.benchmark, row.revision, row.action = record, revision, Action.CREATE


def change(batch: ImportBatch, row: ImportRow, record: Benchmark, *, confirmed: bool) -> None:
    before = benchmarks.content(record)
    benchmarks.fill(record, row.data)
    if benchmarks.content(record) == before:
        row.action = Action.SAME
        return
    record.warnings_confirmed = confirmed
    row.version_before, row.action = last_version(record), Action.CHANGE
    row.revision = record.save_revision(clean=False)
    if not record.publishing_errors():
        row.version_after = records.prepare_publication(record, batch=batch, revision=row.revision)


# The switch ---------------------------------------------------------------------------------------------


def switch(batch: ImportBatch, *, actor: str = "") -> list[Benchmark]:
    """Make all drafts of a batch visible in one short transaction; returns those edited since."""
    if batch.rows.filter(outcome=Outcome.ITEM, done=False).exists():
        raise BatchRefused(str(batch.pk))
    ready = [
        (row.revision.as_object(), row.revision, row.version_after, row.version_before.revision_id)
        for row in changed_rows(batch).select_related("revision", "version_after", "version_before")
        if row.revision is not None
    ]
    with transaction.atomic():
        moved = ImportBatch.objects.filter(pk=batch.pk, state=State.APPLYING).update(
            state=State.APPLIED, applied_at=clock.now()
        )
        if moved != 1:
            raise BatchRefused(str(batch.pk))
        edited = put_live(ready)
        if PublishedVersion.objects.filter(batch=batch, sequence=None).exists():
            records.record_switch(batch, actor=actor)
    batch.refresh_from_db()
    return edited


def changed_rows(batch: ImportBatch) -> Any:
    return batch.rows.filter(action=Action.CHANGE).exclude(version_after=None).exclude(version_before=None)


def put_live(ready: list[tuple[Benchmark, Revision, PublishedVersion, int | None]]) -> list[Benchmark]:
    """Write prepared changes over the live rows; those edited since they were prepared are left alone."""
    edited, tiers = [], []
    for record, revision, version, expected in ready:
        values = {name: getattr(record, name) for name in WRITTEN}
        moved = Benchmark.objects.filter(pk=record.pk, live=True, live_revision_id=expected).update(
            **values, live_revision=revision, last_published_at=clock.now(), has_unpublished_changes=False
        )
        if moved != 1:
            version.delete()
            edited.append(record)
            continue
        for tier in record.tiers.all():
            tier.pk, tier.benchmark_id = None, record.pk
            tiers.append(tier)
    written = {tier.benchmark_id for tier in tiers}
    Tier.objects.filter(benchmark_id__in=written).delete()
    Tier.objects.bulk_create(tiers, batch_size=200)
    return edited


# The switch back ----------------------------------------------------------------------------------------


def undo(batch: ImportBatch, *, reason: str, actor: str = "") -> Undone:
    """Withdraw an applied batch: what it made disappears, what it changed goes back to the version before.

    Benchmarks edited since are left as they are and listed. Raises BatchRefused.
    """
    done = Undone()
    if batch.state != State.APPLIED:
        if batch.state not in batches.UNDOABLE:
            raise BatchRefused(str(batch.pk))
        batches.abandon(batch)
        done.withdrawn = withdraw_created(batch, reason)
        return done
    PublishedVersion.objects.filter(batch=batch, sequence=None).delete()  # of an undo that died
    created = batch.rows.filter(action=Action.CREATE).exclude(benchmark=None)
    back: list[Any] = []
    in_short_transactions(
        changed_rows(batch).select_related("version_before", "version_after", "benchmark"),
        lambda row: prepare_back(batch, row, back, reason),
    )
    with transaction.atomic():
        moved = ImportBatch.objects.filter(pk=batch.pk, state=State.APPLIED).update(
            state=State.WITHDRAWN, withdrawn_at=clock.now()
        )
        if moved != 1:
            raise BatchRefused(str(batch.pk))
        done.edited = put_live(back)
        done.restored = len(back) - len(done.edited)
        theirs = Benchmark.objects.filter(batch=batch, live=True).exclude(
            live_revision_id__in=created.values("revision_id")
        )
        done.edited += list(theirs)
        theirs.update(batch=None)
        if PublishedVersion.objects.filter(batch=batch, sequence=None).exists():
            records.record_switch(batch, actor=actor, reason=reason)
    batch.refresh_from_db()
    done.withdrawn = withdraw_created(batch, reason)
    return done


def prepare_back(batch: ImportBatch, row: ImportRow, back: list[Any], reason: str) -> None:
    """A revision and a version like those before the batch."""
    if row.benchmark is None or row.version_before is None or row.version_after is None:
        return
    content = {**row.benchmark.serializable_data(), **row.version_before.content, "pk": row.benchmark.pk}
    old = Benchmark.from_serializable_data(content, strict_fks=False)
    if old is None:
        return
    old.warnings_confirmed = True  # as it was published once already
    revision = old.save_revision(clean=False)
    version = records.prepare_publication(old, batch=batch, revision=revision, reason=reason)
    back.append((old, revision, version, row.version_after.revision_id))


def withdraw_created(batch: ImportBatch, reason: str) -> int:
    """Withdraw, one by one, what the switch back has already hidden; how many."""
    count = 0

    def withdraw(record: Benchmark) -> None:
        nonlocal count
        if record.live:
            record.withdrawal_reason = reason
            record.unpublish()
            count += 1
        Benchmark.objects.filter(pk=record.pk).update(batch=None)

    in_short_transactions(list(Benchmark.objects.filter(batch=batch).select_related("locale")), withdraw)
    return count
