"""Reminders to the owners of risk points whose review is due: one mail a person, once a due date.

The mail says how many and by when; what the risk is stands only in the admin.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from outbox import services as outbox
from outbox.registry import handler
from workdays import clock

from cms.flow.grades import Scale
from cms.models import Flowchart, ReviewReminder, RiskPoint

LEAD = dt.timedelta(days=14)


def due_risks(today: dt.date) -> list[tuple[RiskPoint, dt.date]]:
    """Risk points of disclosed charts whose review is due within LEAD, or overdue, with the date."""
    charts = Flowchart.objects.disclosed().source()
    rows = RiskPoint.objects.filter(flowchart__in=charts.values("pk")).select_related("owner_account")
    scale, found = Scale(), []
    for risk in rows.iterator(chunk_size=500):
        due = scale.due(risk)
        if due and due <= today + LEAD:
            found.append((risk, due))
    return found


def remind() -> int:
    """Writes down, once each, who is to be told of what, with an outbox entry; returns how many people."""
    told = set()
    for risk, due in due_risks(clock.today()):
        user = risk.owner_account
        if user is not None and user.is_active and _once(risk, due, user.pk):
            told.add(user.pk)
    return len(told)


def _once(risk: RiskPoint, due: dt.date, user: int) -> bool:
    """In one transaction: the reminder, and the entry that brings it. False where it was written before."""
    if ReviewReminder.objects.filter(risk=risk.translation_key, due=due, user_id=user).exists():
        return False
    try:
        with transaction.atomic():
            ReviewReminder.objects.create(risk=risk.translation_key, due=due, user_id=user, at=clock.now())
            # A little later, so that all reviews of one person go in one mail.
            outbox.enqueue(
                kind="cms.risk.review", ref=str(user), due_at=clock.now() + dt.timedelta(minutes=1)
            )
    except IntegrityError:  # another worker was faster
        return False
    return True


@handler("cms.risk.review")
def tell(ref: str) -> None:
    """One mail to person `ref` about all reviews not yet told of; nothing where there are none."""
    waiting = (
        ReviewReminder.objects.filter(user_id=int(ref), told_at=None).select_related("user").order_by("due")
    )
    rows = list(waiting)
    if not rows:
        return
    user = rows[0].user
    if user.is_active and user.email:
        with override(user.language):
            _mail(user.email, len(rows), rows[0].due)
    ReviewReminder.objects.filter(pk__in=[row.pk for row in rows], told_at=None).update(told_at=clock.now())


def _mail(address: str, count: int, first: dt.date) -> None:
    url = settings.SITE_URL + reverse("wagtailadmin_home")
    text = _(
        "您负责的廉政风险点有 %(n)d 个该复查了，最早的一个应于 %(date)s 前复查。请登录查看：\n%(url)s\n"
    ) % {
        "n": count,
        "date": first.isoformat(),
        "url": url,
    }
    send_mail(_("廉政风险点复查提醒"), text, None, [address])
