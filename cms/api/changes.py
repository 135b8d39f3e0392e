"""/api/v1/changes: what was published, changed and withdrawn, by the gap-free sequence of publishing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_noop as _

from cms.api.shapes import enumeration
from cms.data.registers import BY_MODEL
from cms.models import PublishedVersion
from cms.publishing.visibility import mark_disclosed

WORDS = {"published": _("公布"), "changed": _("修改"), "withdrawn": _("撤下")}


def page(after: int, since: datetime | None, limit: int) -> dict[str, Any]:
    """{items, next, oldest, newest}. A step whose record is no longer public reads as its withdrawal.

    Raises OverflowError or ValueError for a moment outside the calendar of the database.
    """
    versions = PublishedVersion.objects.visible()
    ends = versions.aggregate(oldest=Min("sequence"), newest=Max("sequence"))
    found = versions.filter(sequence__gt=after)
    if since is not None:
        moment = timezone.make_aware(since) if timezone.is_naive(since) else since
        moment = moment.astimezone(timezone.get_default_timezone())
        # By the sequence from the first of that time on: the clock of two publications may be out of order.
        first = versions.filter(published_at__gte=moment).aggregate(first=Min("sequence"))["first"]
        found = found.filter(sequence__gte=first) if first is not None else found.none()
    rows = list(found.order_by("sequence").defer("content").select_related("content_type")[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    link = None
    if more:
        query = urlencode({"after": rows[-1].sequence, "limit": limit})
        link = f"{settings.SITE_URL}{reverse('api:changes')}?{query}"
    return {"items": [_change(version) for version in mark_disclosed(rows)], "next": link, **ends}


def _change(version: PublishedVersion) -> dict[str, Any]:
    kind = BY_MODEL.get(version.content_type.model_class())
    shown = version.action == PublishedVersion.Action.PUBLISHED and version.disclosed
    action = ("published" if version.number == 1 else "changed") if shown else "withdrawn"
    return {
        "sequence": version.sequence,
        "kind": kind.name if kind else "page",
        "action": enumeration(action, _Label(WORDS[action])),
        "id": settings.SITE_URL + version.address,
        "language": version.language,
        "version": version.number,
        "at": version.published_at,
        "title": version.title if shown and version.newest else None,
        # The reason of a withdrawal is public; that of an edition no longer public is not.
        "reason": version.reason or None if shown or version.action != "published" else None,
    }


class _Label:
    """A phrase that is said in the language active when it is read."""

    def __init__(self, phrase: str) -> None:
        self.phrase = phrase

    def __str__(self) -> str:
        from django.utils.translation import gettext

        return gettext(self.phrase)
