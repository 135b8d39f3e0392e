"""Large work with keys: begun by somebody, done by a worker, gone on with by whoever unlocks next.

A job row holds no key. An unlocked session seals what the job needs to the key of one living worker; when
that worker dies its grant is dead with it, and the job waits for the next unlocked session of a member
(VAULT: large work). What is left to do is read from the wraps themselves, so nothing is done twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from outbox.services import enqueue
from workdays import clock

from complaints.vault import offices, worker, wraps
from complaints.vault.errors import BadSeal, NotAMember
from complaints.vault.models import Epoch, Job, Membership, Office, Purpose, WorkerGrant, Wrap

KIND = "vault.job"  # of the outbox
MAGIC = b"qf1G"
SEALED: Mapping[str, tuple[str, ...]] = {
    Purpose.OFFICE: (Wrap.Kind.TALK, Wrap.Kind.CASE, Wrap.Kind.JOINT),
    Purpose.IDENTITY: (Wrap.Kind.IDENTITY_A,),
    Purpose.APPROVAL: (Wrap.Kind.IDENTITY_B,),
}


class Elsewhere(Exception):
    """Another living worker has the keys of this job."""


def begin(
    *, office: Office, purpose: str, user: User, kind: str = Job.Kind.RENEW, target: Office | None = None
) -> Job:
    """Write the job down, in the caller's transaction; an open one of this seed ends: this covers it."""
    now = clock.now()
    for older in Job.objects.filter(office=office, purpose=purpose, finished_at=None):
        Job.objects.filter(pk=older.pk).update(finished_at=now)
        older.grants.all().delete()
    job = Job(kind=kind, office=office, purpose=purpose, target=target, user=user, created_at=now)
    job.total = left(job).values("subject").distinct().count()
    job.save(force_insert=True)
    if not job.total:
        finish(job)
        job.refresh_from_db()
    return job


def left(job: Job) -> QuerySet[Wrap]:
    """The wraps that this job has still to replace."""
    rows = Wrap.objects.filter(office=job.office_id, kind__in=SEALED[job.purpose])
    return rows if job.kind == Job.Kind.MERGE else rows.filter(epoch__lt=newest(job.office, job.purpose))


def next_subjects(job: Job, count: int, but: Collection[UUID] = ()) -> list[UUID]:
    """So many of the tips that are still to do, no tip twice, none of `but`."""
    rows = left(job).exclude(subject__in=list(but)) if but else left(job)
    return list(rows.order_by("subject").values_list("subject", flat=True).distinct()[:count])


def newest(office: Office, purpose: str) -> int:
    """The number of the newest epoch of a seed, 0 where there is none."""
    row = Epoch.objects.filter(office=office, purpose=purpose).order_by("-number").first()
    return row.number if row else 0


def count_done(job: Job, number: int) -> None:
    """So many tips more are done: for the progress that the page shows."""
    Job.objects.filter(pk=job.pk).update(done=F("done") + number)


# Granting -----------------------------------------------------------------------------------------------


def offer(user: User, seed: KeySeed) -> int:
    """Seal the keys of each waiting job that this person can help with to a living worker; how many.

    Costs one query where nothing waits. A job whose worker lives is left alone.
    """
    mine = Membership.objects.filter(user=user, ended_at=None)
    waiting = list(
        Job.objects.filter(finished_at=None, office__in=mine.values("office")).select_related("office")
    )
    living = worker.alive() if waiting else []
    granted = 0
    for job in waiting:
        if not living or job.grants.filter(worker__in=living).exists():
            continue
        try:
            seeds = _seeds(job, user, seed)
        except NotAMember:
            continue
        _grant(job, living[0], seeds)
        granted += 1
    return granted


def keys_of(job: Job) -> dict[int, KeySeed] | None:
    """Epoch → seed, from the grant to this worker; None where only dead workers have one: it waits.

    Raises Elsewhere where another living worker has one.
    """
    own = worker.key()
    grant = job.grants.filter(worker=own.box_public).first()
    if grant is None:
        if job.grants.filter(worker__in=worker.alive()).exists():
            raise Elsewhere
        job.grants.all().delete()
        return None
    try:
        plain = SealedBox(own.box).decrypt(bytes(grant.sealed))
    except CryptoError:
        raise BadSeal("grant: does not open") from None
    head = MAGIC + job.uuid.bytes
    if not plain.startswith(head):
        raise BadSeal("grant: for something else")
    return {
        int(epoch): KeySeed(bytes.fromhex(text)) for epoch, text in json.loads(plain[len(head) :]).items()
    }


def _seeds(job: Job, user: User, seed: KeySeed) -> dict[int, KeySeed]:
    """Only what this job needs: the newest seed, and those under which tips still lie. Raises NotAMember."""
    numbers = {row or 0 for row in left(job).values_list("epoch", flat=True).distinct()}
    numbers.add(newest(job.office, job.purpose))
    return {
        number: offices.open_office_seed(user, seed, job.office, job.purpose, number)
        for number in sorted(numbers - {0})
    }


def _grant(job: Job, public: bytes, seeds: Mapping[int, KeySeed]) -> None:
    content = json.dumps({number: seed.seed.hex() for number, seed in seeds.items()}).encode()
    sealed = SealedBox(PublicKey(public)).encrypt(MAGIC + job.uuid.bytes + content)
    with transaction.atomic():
        job.grants.all().delete()
        WorkerGrant.objects.create(job=job, worker=public, sealed=sealed, created_at=clock.now())
        enqueue(kind=KIND, ref=str(job.uuid))


# Ending -------------------------------------------------------------------------------------------------


def finish(job: Job, but: Collection[UUID] = ()) -> bool:
    """End the job if nothing is left: its grants go, and so do the older seeds, which open nothing any more.

    What was written before stays readable through the chains of each tip. `but` are tips that did not open:
    the older seeds stay then, for whoever finds out why.
    """
    with transaction.atomic():
        office = offices.locked(job.office)
        if next_subjects(job, 1, but):
            return False
        Job.objects.filter(pk=job.pk, finished_at=None).update(finished_at=clock.now(), done=F("total"))
        job.grants.all().delete()
        if job.kind == Job.Kind.RENEW and not left(job).exists():
            _forget_seeds(office, job.purpose)
    return True


def _forget_seeds(office: Office, purpose: str) -> None:
    """Seeds of older epochs: members' wraps and the chain row. The holders keep theirs."""
    number = newest(office, purpose)
    rows = Wrap.objects.filter(kind=offices.SEED_KINDS[purpose], subject=office.uuid, generation__lt=number)
    rows.filter(user__isnull=False).delete()
    publics = Epoch.objects.filter(office=office, purpose=purpose).values_list("box_public", flat=True)
    rows.filter(user=None, recipient__in=[wraps.recipient_hash(bytes(public)) for public in publics]).delete()
