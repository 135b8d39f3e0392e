"""Publishing, withdrawing and moving many power items: by a worker, each as an editor would do it singly.

Every item goes through its own `save()`: its own version, ledger event and index entry. Who asked is looked
at again when it is done, and nobody publishes a draft of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from outbox import services as outbox
from outbox.registry import handler
from wagtail.log_actions import LogContext

from cms.models import BulkJob, BulkRow, PowerItem
from cms.publishing import scope
from cms.publishing.batch import in_short_transactions
from cms.publishing.four_eyes import is_own

KIND = "cms.many"
Kind, Result = BulkJob.Kind, BulkRow.Result
MOST = 5_000  # items of one job


def may(user: Any, kind: str) -> bool:
    """Whether a person may do this to any item."""
    action = "publish" if kind in (Kind.PUBLISH, Kind.WITHDRAW) else "change"
    return bool(user.is_active and user.has_perm(f"cms.{action}_poweritem"))


def start(user: Any, kind: str, items: Iterable[PowerItem], **given: Any) -> BulkJob:
    """Store the job and leave it to a worker; `given` is `reason`, `category` or `organisation`."""
    with transaction.atomic():
        job = BulkJob.objects.create(kind=kind, by=user, **given)
        BulkRow.objects.bulk_create([BulkRow(job=job, item=item) for item in items], batch_size=500)
        outbox.enqueue(kind=KIND, ref=str(job.pk))
    return job


@handler(KIND, lease=timedelta(hours=2))
def run(ref: str) -> None:
    """Do what is left of a job, in short transactions. Again after a crash without harm."""
    job = BulkJob.objects.select_related("by", "category", "organisation").filter(pk=int(ref)).first()
    if job is None:
        return
    rows = list(job.rows.filter(result=Result.WAITING).order_by("pk"))
    with LogContext(user=job.by):
        in_short_transactions(rows, lambda row: one(job, row))


def one(job: BulkJob, row: BulkRow) -> None:
    """One item: done, or a sentence that says why not."""
    item = PowerItem.objects.filter(pk=row.item_id).select_related("batch", "latest_revision").first()
    if item is None:  # deleted meanwhile, and its row with it
        return
    try:
        with transaction.atomic():
            refused = _refusal(job, item) or STEPS[Kind(job.kind)](job, item)
    except ValidationError as error:
        refused = "；".join(error.messages)
    row.result, row.note = (Result.REFUSED, refused[:500]) if refused else (Result.DONE, "")
    row.save(update_fields=["result", "note"])


def _refusal(job: BulkJob, item: PowerItem) -> str:
    """What stands against any change of this item by this person."""
    if not may(job.by, job.kind) or not scope.within(job.by, item):
        return _("您不负责这个机构，或者没有权限。")
    if item.batch is not None and not item.batch.visible:
        return _("它所在的导入批次没有生效。")
    lock = item.get_lock()
    if lock is not None and lock.for_user(job.by):
        return _("有人锁定了它，或者它正在审批。")
    return ""


def _publish(job: BulkJob, item: PowerItem) -> str:
    draft = item.latest_revision
    if draft is None or (item.live and not item.has_unpublished_changes):
        return _("没有等待公布的改动。")
    if is_own(job.by, item):
        return _("草稿是您写的，要由另一个人公布。")
    draft.publish(user=job.by)
    return ""


def _withdraw(job: BulkJob, item: PowerItem) -> str:
    if not item.live:
        return _("它现在没有公布。")
    item.withdrawal_reason = job.reason
    item.unpublish(user=job.by)
    return ""


def _move(job: BulkJob, item: PowerItem) -> str:
    """A draft with the new value; another person publishes it."""
    name = job.kind
    draft = item.get_latest_revision_as_object()
    wanted = getattr(job, name)
    if getattr(draft, f"{name}_id") == wanted.pk:
        return _("本来就是这样。")
    setattr(draft, name, wanted)
    if not scope.may_become(job.by, draft):
        return _("您不负责要改到的机构。")
    draft.save_revision(user=job.by, clean=False, log_action=True)
    return ""


STEPS = {
    Kind.PUBLISH: _publish,
    Kind.WITHDRAW: _withdraw,
    Kind.CATEGORY: _move,
    Kind.ORGANISATION: _move,
}
