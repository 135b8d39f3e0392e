"""Numbers of reports for the public: one quarter at a time, counted once, with nothing small in them.

Whatever is fewer than LEAST stands in no table: small rows are put together with the next larger ones until
a row of at least two names and LEAST reports is left, so that no total minus what is shown gives a small
number. The periods do not overlap, each is counted once and frozen, and there are no cross tables: two
releases, or two tables, cannot be subtracted from each other either. An editor releases what was counted
(config.figures).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from ledger import services as ledger
from workdays import clock

from complaints.desk.models import PublicFigures
from complaints.intake.models import Category, Region, State, Tip

LEAST = 5
LANGUAGES = ("zh-hans", "en")
SETTLE = dt.timedelta(days=15)  # after a quarter, before it is counted: what came last has been sorted
TITLES = {
    "category": gettext_noop("按类别"),
    "region": gettext_noop("按地区"),
    "state": gettext_noop("办到哪一步"),
    "named": gettext_noop("实名和匿名"),
}
Row = tuple[dict[str, str], int]


def quarter_before(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the quarter that ended before the one of `day`."""
    first = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    last = first - dt.timedelta(days=1)
    return dt.date(last.year, last.month - 2, 1), last


def merged(rows: Iterable[Row], *, together: dict[str, str]) -> list[Row]:
    """The rows with at least LEAST, largest first; the others, and as many more as it takes, in one row.

    Rows of 0 are left out: whether a name had none or few cannot be told. Empty where all is too little.
    """
    left = sorted((row for row in rows if row[1]), key=lambda row: (row[1], row[0]["zh-hans"]))
    small, members = 0, 0
    while left and (left[0][1] < LEAST or (members and (small < LEAST or members < 2))):
        small, members = small + left.pop(0)[1], members + 1
    found = left[::-1]
    if small >= LEAST:
        found.append((together, small))
    return found


def count(first: dt.date, last: dt.date) -> dict[str, Any]:
    """{"total": n or None, "tables": {key: [[names, n], …]}} of what was received in these days."""
    tips = Tip.objects.filter(received_on__gte=first, received_on__lte=last).order_by()
    total = tips.count()
    tables = {
        "category": _table(tips, "category", {c.pk: _names(c) for c in Category.objects.all()}),
        "region": _table(tips, "region", {r.pk: _names(r) for r in Region.objects.all()}),
        "state": _table(tips, "state", {s.value: _said(lambda s=s: str(s.label)) for s in State}),
        "named": _table(tips, "named", {True: _said(lambda: _("实名")), False: _said(lambda: _("匿名"))}),
    }
    if total < LEAST:
        return {"total": None, "tables": {}}
    return {"total": total, "tables": {key: rows for key, rows in tables.items() if rows}}


def _table(tips: Any, field: str, names: dict[Any, dict[str, str]]) -> list[Row]:
    counts = tips.values_list(field).annotate(n=Count("pk"))
    return merged(((names[key], n) for key, n in counts), together=_said(lambda: _("其余各项合计")))


def _names(row: Category | Region) -> dict[str, str]:
    return {"zh-hans": row.name, "en": row.name_en or row.name}


def _said(word: Any) -> dict[str, str]:
    """A word in each language."""
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = word()
    return found


def draft(today: dt.date | None = None) -> PublicFigures | None:
    """Count the last quarter, once, when it has settled; None where it is too early or was counted before."""
    today = today or clock.today()
    first, last = quarter_before(today)
    if today < last + SETTLE or PublicFigures.objects.filter(first_day=first).exists():
        return None
    try:
        with transaction.atomic():
            return PublicFigures.objects.create(
                first_day=first, last_day=last, counted_at=clock.now(), data=count(first, last)
            )
    except IntegrityError:  # counted by another process meanwhile
        return None


def release(figures: PublicFigures, *, by: User) -> bool:
    """An editor lets the public see it; False where somebody had. It can be taken back, not changed."""
    return _set(figures, by, released=True)


def withdraw(figures: PublicFigures, *, by: User) -> bool:
    """Not shown any more; whether it was."""
    return _set(figures, by, released=False)


def _set(figures: PublicFigures, by: User, *, released: bool) -> bool:
    now = clock.now()
    with transaction.atomic():
        rows = PublicFigures.objects.filter(pk=figures.pk, released_at__isnull=released)
        done = rows.update(released_at=now if released else None, released_by=by if released else None)
        if done:
            details = {
                "act": "figures-released" if released else "figures-withdrawn",
                "first": str(figures.first_day),
            }
            ledger.record(kind="account", actor=f"user:{by.pk}", at=now, details=details)
    return bool(done)


def released(language: str, *, most: int = 8) -> list[dict[str, Any]]:
    """The newest released quarters as the public page shows them: days, total, tables of (name, n, width)."""
    rows = PublicFigures.objects.filter(released_at__isnull=False).order_by("-first_day")[:most]
    return [shown(row, language) for row in rows]


def shown(row: PublicFigures, language: str) -> dict[str, Any]:
    """One quarter in words of this language, released or not."""
    key = "en" if language.startswith("en") else "zh-hans"
    return {
        "first": row.first_day,
        "last": row.last_day,
        "total": row.data["total"],
        "tables": [
            {"key": name, "title": _(title), "rows": _drawn(row.data["tables"][name], key)}
            for name, title in TITLES.items()
            if name in row.data["tables"]
        ],
    }


def _drawn(rows: Sequence[Any], language: str) -> list[tuple[str, int, float]]:
    top = max((n for _names, n in rows), default=0) or 1
    return [(names.get(language) or names["zh-hans"], n, round(n / top * 100, 1)) for names, n in rows]
