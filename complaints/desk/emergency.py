"""Break the glass: an administrator, who otherwise sees no tip, may read and assign for one hour.

It opens nothing that the administrator has no key for: every administrator holds the seed of the office, to
seal it to new members (VAULT: keys); this only lifts the rule that keeps them out of the desk. It is loud:
an event of the ledger, an alarm for the auditors of this office and of the one above, a mail to those who
triage and approve, and a line on everybody's desk for as long as it lasts. The reasons are a fixed list, so
that nothing of a tip is written down in clear.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk import audit_alarms
from complaints.desk.services import Refused, actor
from complaints.vault.models import Emergency, Membership, Office

LASTS = dt.timedelta(hours=1)
A_DAY = 3  # beyond it, that office needs people and not a hammer
TOLD = (access.TRIAGE, access.APPROVER, access.AUDITOR)


def begin(*, office: Office, user: User, reason: str) -> Emergency:
    """From now for LASTS. The caller has asked for the password again. Raises Refused."""
    if not access.can(user, "administer", office=office):
        raise Refused(_("只有本机构的管理员能应急查看"))
    if reason not in Emergency.Reason.values:
        raise Refused(_("请选一项理由"))
    now = clock.now()
    with transaction.atomic():
        Office.objects.select_for_update().get(pk=office.pk)
        if access.emergencies(Office.objects.filter(pk=office.pk)).exists():
            raise Refused(_("已经在应急查看中"))
        if Emergency.objects.filter(office=office, began_at__gt=now - dt.timedelta(days=1)).count() >= A_DAY:
            raise Refused(_("一天之内已经应急查看 %(n)d 次，请报告上级机构") % {"n": A_DAY})
        row = Emergency.objects.create(
            office=office, user=user, reason=reason, began_at=now, until=now + LASTS
        )
        ledger.record(
            kind="emergency",
            actor=actor(user),
            at=now,
            details={"office": office.code, "reason": reason, "minutes": int(LASTS.total_seconds() // 60)},
        )
        for told in (office.pk, office.parent_id):
            if told:
                audit_alarms.on_emergency(user, told)
    _mail(row)
    return row


def end(*, user: User) -> None:
    """Before its time, by who began it; nothing where none runs."""
    now = clock.now()
    for row in Emergency.objects.filter(user=user, ended_at__isnull=True, until__gt=now):
        with transaction.atomic():
            if Emergency.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=now):
                details = {"office": row.office.code}
                ledger.record(kind="emergency-ended", actor=actor(user), at=now, details=details)


def earlier(offices: list[Office], limit: int = 50) -> list[Emergency]:
    """The newest of these offices, running ones among them."""
    rows = Emergency.objects.filter(office__in=offices).select_related("user", "office")
    return list(rows.order_by("-began_at", "uuid")[:limit])


def _mail(row: Emergency) -> None:
    """To those who can object, of this office and its auditors above: who, when, why; nothing of a tip."""
    held = Membership.objects.filter(office=row.office, ended_at__isnull=True, role__in=TOLD)
    above = Membership.objects.filter(office=row.office.parent_id, ended_at__isnull=True, role=access.AUDITOR)
    people = User.objects.filter(
        is_active=True, pk__in=[*held.values_list("user", flat=True), *above.values_list("user", flat=True)]
    )
    with translation.override("zh-hans"):
        words = _("%(office)s的管理员 %(name)s 开始应急查看，理由：%(reason)s。一小时后自动结束。") % {
            "office": row.office.name,
            "name": row.user.name,
            "reason": row.get_reason_display(),
        }
        for user in people.exclude(email="").exclude(pk=row.user_id).order_by("pk"):
            send_mail(_("有人应急查看来件"), words + "\n", None, [user.email], fail_silently=True)
