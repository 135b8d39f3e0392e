"""A mail a day with numbers only: no content, no names, no case numbers; and the same of the level below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from django.core.mail import send_mail
from django.db.models import Count, Q
from django.utils import translation
from django.utils.translation import gettext as _
from workdays import clock

from complaints import access
from complaints.intake.models import OPEN, Tip
from complaints.vault.models import Membership, Office

READERS = (access.TRIAGE, access.APPROVER)  # they can do something about it


def send() -> int:
    """To each triage officer and approver with an address, about their offices; how many mails went out."""
    numbers = _numbers()
    below: dict[int, list[Office]] = {}
    offices = {office.pk: office for office in Office.objects.all()}
    for office in offices.values():
        if office.parent_id:
            below.setdefault(office.parent_id, []).append(office)
    sent = 0
    for user in _readers():
        held, limits = access.offices_for(user, "assign"), access.limits(user, "assign")
        own = _numbers(limits) if limits else numbers
        lines = []
        for office in held:
            lines += [_line(office, own), *_escalated(below.get(office.pk, []), numbers)]
        if lines:
            with translation.override("zh-hans"):
                subject = _("来件期限提醒")
            sent += send_mail(subject, "\n".join(lines) + "\n", None, [user.email], fail_silently=True)
    return sent


def _readers() -> Iterable[User]:
    held = Membership.objects.filter(ended_at__isnull=True, role__in=READERS)
    people = User.objects.filter(is_active=True, pk__in=held.values("user"))
    return people.exclude(email="").order_by("pk")


def _numbers(limits: Q | None = None) -> dict[int, dict[str, int]]:
    today = clock.today()
    rows: Iterable[Any] = (
        Tip.objects.filter(OPEN, limits or Q())
        .order_by()
        .values("office")
        .annotate(
            open=Count("pk"),
            today=Count("pk", filter=Q(due_on=today)),
            overdue=Count("pk", filter=Q(due_on__lt=today)),
        )
    )
    return {row["office"]: row for row in rows}


def _line(office: Office, numbers: dict[int, dict[str, int]]) -> str:
    n = numbers.get(office.pk, {"open": 0, "today": 0, "overdue": 0})
    words = {"office": office.label, "open": n["open"], "today": n["today"], "overdue": n["overdue"]}
    return _("%(office)s：未办结 %(open)d 件，今天到期 %(today)d 件，超期 %(overdue)d 件。") % words


def _escalated(offices: list[Office], numbers: dict[int, dict[str, int]]) -> list[str]:
    """What is overdue below is told to the level above, as numbers."""
    late = [(o, numbers.get(o.pk, {}).get("overdue", 0)) for o in offices]
    return [
        _("下级机构%(office)s：超期 %(overdue)d 件。") % {"office": o.label, "overdue": n}
        for o, n in late
        if n
    ]
