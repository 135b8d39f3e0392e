"""What the vault worker does with granted keys: tips sealed anew, in batches that each commit whole.

A batch reads what is left from the wraps, so a worker that dies between two batches, or within one, leaves
nothing half done and nothing is done twice. The grant lives as long as the worker; then the job waits for the
next unlocked session (complaints.vault.jobs).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from accounts.keys import KeySeed
from django.conf import settings
from django.db import transaction
from django.db.models import F
from ledger import services as ledger
from outbox.registry import VAULT_QUEUE, handler
from outbox.services import enqueue
from workdays import clock

from complaints.desk import finding
from complaints.desk.models import Joint
from complaints.intake import services as intake
from complaints.intake.models import Tip, Tombstone
from complaints.vault import directory, jobs, renewal, worker
from complaints.vault import tips as sealing
from complaints.vault.models import Epoch, Job, Office, Purpose, Wrap
from complaints.vault.renewal import Renewed
from search.engines import fts5

BATCH = 200
BUDGET_S = 60.0  # of one run; then the rest becomes an entry of its own, and other work gets its turn
LEASE = timedelta(minutes=10)


class Superseded(Exception):
    """Another epoch has come meanwhile; its own job goes on with what is left."""


@handler(jobs.KIND, queue=VAULT_QUEUE, lease=LEASE)
def run(ref: str) -> None:
    """Go on with a job, if this worker has its keys; else it waits. Raises Elsewhere."""
    worker.announce()
    job = Job.objects.filter(pk=UUID(ref), finished_at=None).select_related("office", "target").first()
    if job is None or (seeds := jobs.keys_of(job)) is None:
        return
    end, closed = time.monotonic() + BUDGET_S, set[UUID]()
    while subjects := jobs.next_subjects(job, BATCH, closed):
        try:
            closed |= set(subjects) - batch(job, subjects, seeds)
        except Superseded:
            return
        worker.announce()
        if time.monotonic() > end:
            enqueue(kind=jobs.KIND, ref=ref)
            return
    finish(job, closed)


def batch(job: Job, subjects: Sequence[UUID], seeds: Mapping[int, KeySeed]) -> set[UUID]:
    """Seal these tips anew, in one transaction; which were. The others do not open, or have moved on."""
    office = job.target or job.office
    target = directory.epoch_of(directory.verify_to_seal(office), job.purpose)
    if job.purpose == Purpose.OFFICE:
        signer = seeds[max(seeds)]
        made = renewal.renew(tip_uuids=subjects, seeds=seeds, target=target, signer=signer)
    else:
        (kind,) = jobs.SEALED[job.purpose]
        made = renewal.reseal(
            kind=kind, tip_uuids=subjects, seeds=seeds, target=target, signer=seeds[max(seeds)]
        )
    with transaction.atomic():
        _lock(job, {epoch.office_id for item in made for epoch in item.others})
        if not sealing.epoch_unchanged(office, target):
            raise Superseded
        still = _whole([item for item in made if _as_they_were(item.others)])
        Wrap.objects.filter(pk__in=[row for item in still for row in item.replaced]).delete()
        Wrap.objects.bulk_create(wrap for item in still for wrap in item.wraps)
        if job.kind == Job.Kind.MERGE:
            _give(job, still, target)
        elif job.purpose == Purpose.OFFICE:
            _note(still, target)
        jobs.count_done(job, len({item.tip for item in still}))
    return {item.tip for item in still}


def finish(job: Job, closed: set[UUID]) -> None:
    """The end of a job, as an event; `closed`: tips that no granted key opens (`vault_check` has them)."""
    with transaction.atomic():
        if not jobs.finish(job, but=closed):
            return
        ledger.record(
            kind="resealed",
            actor=f"user:{job.user_id}",
            at=clock.now(),
            details={"office": job.office.code, "purpose": job.purpose, "closed": len(closed)},
        )
    tidy(job.office)


def tidy(office: Office) -> list[Path]:
    """Unlink the indexes of older epochs on this host; the next search builds the newest. Needs no key."""
    newest = jobs.newest(office, Purpose.OFFICE) if office.active else 2**31
    dropped = []
    for path in Path(settings.FIND_DIR).glob(f"{office.uuid}-*.db"):
        if finding.epoch_of(path) < newest:
            fts5.destroy(path)
            finding.marker(path).unlink(missing_ok=True)
            dropped.append(path)
    return dropped


def _lock(job: Job, others: set[int]) -> None:
    """The offices' rows, in one order: no tip comes, goes or changes hands meanwhile."""
    keys = {job.office_id, job.target_id or job.office_id, *others}
    list(Office.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))


def _as_they_were(epochs: Sequence[Epoch]) -> bool:
    """Whether the offices that handle a tip jointly still have these epochs."""
    return all(sealing.epoch_unchanged(epoch.office, epoch) for epoch in epochs)


def _whole(made: Sequence[Renewed]) -> list[Renewed]:
    """Those whose wraps are still there: what has been replaced meanwhile is not replaced again."""
    wanted = [row for item in made for row in item.replaced]
    there = set(Wrap.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return [item for item in made if item.replaced and there.issuperset(item.replaced)]


def _note(made: Sequence[Renewed], target: Epoch) -> None:
    rows = Tip.objects.in_bulk([item.tip for item in made])
    for item in made:
        if (row := rows.get(item.tip)) is not None and item.joined:
            row.talk_generation = item.talk
        elif row is not None:
            row.epoch, row.talk_generation, row.case_generation = target.number, item.talk, item.case
    Tip.objects.bulk_update(rows.values(), ["epoch", "talk_generation", "case_generation"], batch_size=100)


def _give(job: Job, made: Sequence[Renewed], target: Epoch) -> None:
    """The tips become the other office's, each with its event; the index here forgets them."""
    now = clock.now()
    tags = dict(Tip.objects.filter(pk__in=[item.tip for item in made]).values_list("pk", "tag"))
    for item in made:
        if item.joined:  # another office leads it: only the part changes hands
            Joint.objects.filter(tip=item.tip, office=job.office_id).update(office=target.office_id)
            continue
        gone = intake.next_change(job.office_id)
        Tip.objects.filter(pk=item.tip, office=job.office_id).update(
            office=target.office_id,
            epoch=target.number,
            talk_generation=item.talk,
            case_generation=item.case,
            assignee=None,
            claimed_at=None,
            change=intake.next_change(target.office_id),
            revision=F("revision") + 1,
        )
        Tombstone.objects.filter(office=target.office_id, tip=item.tip).delete()
        Tombstone.objects.create(office_id=job.office_id, tip=item.tip, change=gone, created_at=now)
        ledger.record(
            kind="transferred",
            actor=f"user:{job.user_id}",
            tag=bytes(tags[item.tip]),
            at=now,
            details={"from": str(job.office.uuid), "to": str(target.office.uuid)},
        )
