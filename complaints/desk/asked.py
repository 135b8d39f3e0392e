"""What reporters ask the level above to look into: a task there, with number, rule and dates only."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from accounts.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from ledger import services as ledger
from outbox.registry import handler
from workdays import clock

from complaints import access
from complaints.desk.models import Asked
from complaints.desk.services import actor
from complaints.intake.asking import KIND
from complaints.intake.models import Tip


@handler(KIND)
def make(ref: str) -> None:
    """The task at the office above the one that was late. It may run twice and makes one."""
    pk, rule, due = ref.split(":")
    tip = Tip.objects.filter(pk=UUID(pk)).select_related("office").first()
    if tip is None or tip.office.parent_id is None:
        return
    Asked.objects.get_or_create(
        tip=tip,
        rule=rule,
        due_on=dt.date.fromisoformat(due),
        defaults={"office_id": tip.office.parent_id, "below": tip.office, "asked_on": clock.today()},
    )


def waiting(user: User) -> QuerySet[Asked]:
    """What the offices of this person were asked and have not answered, oldest first."""
    held = access.offices_for(user, "queue").order_by().values("pk")
    rows = Asked.objects.filter(access.limits(user, tip="tip__"), office__in=held, done_at=None)
    rows = rows.select_related("tip", "below", "office")
    return rows.order_by("asked_on", "uuid")


def done(*, pk: UUID, user: User) -> None:
    """The office below was spoken to; the reporter reads that in the tip's events. Raises Http404."""
    held = access.offices_for(user, "transfer").order_by().values("pk")
    rows = Asked.objects.filter(access.limits(user, "transfer", tip="tip__"), office__in=held)
    row = rows.filter(pk=pk).select_related("tip").first()
    if row is None:
        raise Http404
    now = clock.now()
    with transaction.atomic():
        if Asked.objects.filter(pk=pk, done_at=None).update(done_at=now, done_by=user) == 1:
            ledger.record(kind="looked-above", actor=actor(user), tag=bytes(row.tip.tag), at=now)
