"""The publication clock of case outcomes: when one is due, what is late, and how many were in time.

Limits are rows (workdays.Rule): publish_penalty for penalty decisions, publish_general for the rest.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from workdays import clock, rules


def due_of(page: Any) -> dt.date | None:
    """The last day for publishing this case, counted from its decision; None where no rule is in force."""
    code = "publish_penalty" if page.case_kind == "penalty" else "publish_general"
    try:
        return rules.deadline(code, page.decided_on, strict=False).due
    except rules.UnknownRule:
        return None


def overdue(today: dt.date | None = None) -> QuerySet:
    """Cases of the source language that are due and were never published, the longest overdue first."""
    return waiting().filter(publish_due__lt=today or clock.today())


def waiting() -> QuerySet:
    """Cases with a due date that were never published, whatever the date."""
    from cms.models import CaseOutcomePage

    rows = CaseOutcomePage.objects.filter(locale__language_code="zh-hans", first_published_at=None)
    return rows.exclude(publish_due=None).order_by("publish_due", "pk")


def within_limit() -> dict[str, int]:
    """Of the disclosed cases with a due date: how many in all, how many in time, and the share in per cent.

    Unpublished ones that are overdue count as late: a share of what was published alone would hide them.
    """
    from cms.models import CaseOutcomePage

    rows = (
        CaseOutcomePage.objects.disclosed().filter(locale__language_code="zh-hans").exclude(publish_due=None)
    )
    shown = rows.exclude(first_published_at=None).annotate(day=TruncDate("first_published_at"))
    late = overdue().count()
    total = shown.count() + late
    in_time = shown.filter(Q(day__lte=F("publish_due"))).count()
    return {
        "total": total,
        "in_time": in_time,
        "late": late,
        "share": round(in_time * 100 / total) if total else 0,
    }
