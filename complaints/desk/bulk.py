"""One act on many tips, as one job whose every tip has a result of its own.

Nothing of it is all or nothing: each tip is one conditional transaction, by the same service as from its own
page, for the revision at which it was chosen. What needs no key is done by a worker from the outbox. What
seals something (closing, moving) is done by the open session itself, a few seconds at a time, because no key
leaves it; its reason lies sealed under the session's key.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from outbox.registry import handler
from outbox.services import enqueue
from workdays import clock

from complaints import access
from complaints.desk import services, sorting
from complaints.desk.models import Job, JobItem, Label, Labelled
from complaints.intake.models import Tip
from complaints.vault.models import Office

MOST = 10_000
SLICE_S = 3.0  # seconds of one request on a job that needs the session's key
SLICE = 200  # tips of one turn of the worker
KIND = "desk.job"
Act, Result = Job.Act, JobItem.Result
NEEDS = {
    Act.CLAIM: "claim",
    Act.ASSIGN: "assign",
    Act.LABEL: "label",
    Act.UNLABEL: "label",
    Act.PRIORITY: "priority",
    Act.CLOSE: "state:closed",
    Act.MOVE: "transfer",
}
KEYED = frozenset({Act.CLOSE, Act.MOVE})
Verb = Callable[[Tip, int], None]


@dataclass(frozen=True)
class Chosen:
    """A tip as it stood on the page where it was ticked."""

    tip: UUID
    revision: int

    @classmethod
    def read(cls, text: str) -> Chosen:
        """From "<uuid hex>.<revision>"; raises ValueError."""
        tip, _dot, revision = text.partition(".")
        if len(tip) != 32 or not revision.isascii() or not revision.isdigit() or len(revision) > 9:
            raise ValueError(text)
        return cls(UUID(hex=tip), int(revision))


class TooMany(services.Refused):
    """More tips than one job takes."""

    def __init__(self) -> None:
        super().__init__(_("一次最多办 %(most)d 件，请缩小范围，分几次办") % {"most": MOST})


class Foreign(Exception):
    """One of the ids is not a tip of this person's offices: as if it did not exist."""


def begin(
    *, user: User, act: str, value: str, chosen: Iterable[Chosen], sealed: bytes = b"", pk: UUID | None = None
) -> Job:
    """Write the job down with all its tips. Raises TooMany, Refused, Foreign, PermissionDenied."""
    if act not in NEEDS:
        raise services.Refused(_("没有这种操作，请从列表里选"))
    rows = {item.tip: item.revision for item in chosen}
    if not rows:
        raise services.Refused(_("请先选来件"))
    if len(rows) > MOST:
        raise TooMany
    if not access.offices_for(user, NEEDS[Act(act)]).exists():
        raise PermissionDenied
    found: set[UUID] = set()
    keys = list(rows)
    for start in range(0, len(keys), 500):
        mine = access.tips_for(user).filter(pk__in=keys[start : start + 500])
        found |= set(mine.values_list("pk", flat=True))
    if len(found) != len(rows):
        raise Foreign
    _check_value(user, act, value)
    with transaction.atomic():
        job = Job.objects.create(
            uuid=pk or uuid4(),
            user=user,
            act=act,
            value=value,
            sealed=sealed,
            total=len(rows),
            created_at=clock.now(),
        )
        JobItem.objects.bulk_create(
            (JobItem(job=job, tip_id=tip, revision=revision) for tip, revision in rows.items()),
            batch_size=1000,
        )
        if act not in KEYED:
            enqueue(kind=KIND, ref=str(job.pk))
    return job


def run(job: Job, verb: Verb, *, budget_s: float, most: int) -> int:
    """Do what waits, until the time or the number is spent; how many still wait."""
    end = time.monotonic() + budget_s
    waiting = (
        JobItem.objects.filter(job=job, result=Result.WAITING).select_related("tip__office").order_by("id")
    )
    for item in waiting[:most]:
        _one(item, verb)
        if time.monotonic() > end:
            break
    left = JobItem.objects.filter(job=job, result=Result.WAITING).count()
    if not left:
        Job.objects.filter(pk=job.pk, done_at=None).update(done_at=clock.now(), sealed=b"")
    return left


def counts(job: Job) -> dict[str, int]:
    """How many items have each result."""
    rows = JobItem.objects.filter(job=job).order_by().values_list("result").annotate(n=Count("pk"))
    return {value: dict(rows).get(value, 0) for value in Result.values}


@handler(KIND)
def work(ref: str) -> None:
    """A turn of the worker; while tips wait it asks for another."""
    job = Job.objects.filter(pk=ref).select_related("user").first()
    if job is None or job.act in KEYED:
        return
    if run(job, _verb(job), budget_s=10, most=SLICE):
        enqueue(kind=KIND, ref=ref)


# Parts --------------------------------------------------------------------------------------------------


def _one(item: JobItem, verb: Verb) -> None:
    """One tip. A crash between the act and its result shows as "changed since", never as a second act."""
    result, who, at = Result.DONE, None, None
    try:
        verb(item.tip, item.revision)
    except services.Taken as taken:
        result, who, at = Result.TAKEN, taken.tip.assignee, taken.tip.claimed_at
    except services.Stale:
        result = Result.STALE
        last = _last(item.tip)
        if last is not None:
            who, at = last
    except (services.Refused, PermissionDenied):
        result = Result.REFUSED
    JobItem.objects.filter(pk=item.pk, result=Result.WAITING).update(result=result, who=who, at=at)


def _last(tip: Tip) -> tuple[User | None, dt.datetime | None] | None:
    """Who did something to the tip last, and when."""
    event = services.last_act(tip)
    if event is None:
        return None
    return User.objects.filter(pk=int(event.actor[5:])).first(), event.at


def _check_value(user: User, act: str, value: str) -> None:
    """Raise Refused where the colleague, label, priority or office is none that this person can name."""
    offices = access.offices_for(user, NEEDS[Act(act)])
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
    good = {
        Act.ASSIGN: lambda: any(
            access.can(to, "claim", office=office)
            for to in User.objects.filter(pk=number)
            for office in offices
        ),
        Act.LABEL: lambda: any(sorting.labels_for(o.pk).filter(pk=number).exists() for o in offices),
        Act.UNLABEL: lambda: any(sorting.labels_for(o.pk).filter(pk=number).exists() for o in offices),
        Act.PRIORITY: lambda: number in sorting.PRIORITIES,
        Act.MOVE: lambda: Office.objects.filter(pk=number, active=True).exists(),
    }.get(Act(act))
    if good and (number < 0 or not good()):
        raise services.Refused(_("请从列表里选"))


def _verb(job: Job) -> Verb:
    """What a job without keys does to one tip."""
    user = job.user
    if job.act == Act.CLAIM:
        return lambda tip, revision: services.claim(tip=tip, user=user, revision=revision)
    if job.act == Act.ASSIGN:
        to = User.objects.get(pk=job.value)
        return lambda tip, revision: services.assign(tip=tip, user=user, to=to, revision=revision)
    if job.act == Act.PRIORITY:
        level = int(job.value)
        return lambda tip, revision: sorting.set_priority(
            tip=tip, user=user, priority=level, revision=revision
        )
    label = Label.objects.get(pk=job.value)

    def set_label(tip: Tip, revision: int) -> None:
        have = set(Labelled.objects.filter(tip=tip).values_list("label", flat=True))
        usable = set(sorting.labels_for(tip.office_id).values_list("pk", flat=True))
        wanted = have & usable | {label.pk} if job.act == Act.LABEL else have & usable - {label.pk}
        sorting.set_labels(tip=tip, user=user, labels=wanted, revision=revision)

    return set_label
