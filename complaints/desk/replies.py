"""Reply templates: plain text with a few fields in braces, filled from the tip's clear columns.

One's own, those of one's offices, and those of the whole site. Only the first two are kept at the desk.
"""

from __future__ import annotations

import re

from accounts.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from workdays import clock

from complaints import access
from complaints.desk.models import ReplyTemplate
from complaints.intake.models import Tip
from complaints.intake.text import hides

FIELD = re.compile(r"\{([^{}\n]{1,20})\}")
MARKUP = re.compile(r"<\s*[/!a-zA-Z]|javascript:|&#", re.IGNORECASE)
# Chinese and English name of each field; none tells the reporter the number of the tip.
FIELDS = {"今天": "today", "机构": "office", "收到日期": "received", "到期日": "due", "状态": "state"}
MOST = 40  # of one person, and of one office: all of them stand on the page of a tip


class Full(Exception):
    """There are as many templates as one may keep; the text says so."""


def of(user: User) -> QuerySet[ReplyTemplate]:
    """What this person may use: their own, those of the offices in which they reply, and everybody's."""
    offices = access.offices_for(user, "reply").order_by().values("pk")
    common = Q(owner=None, office=None)
    return ReplyTemplate.objects.filter(common | Q(owner=user, office=None) | Q(office__in=offices))


def kept_by(user: User) -> QuerySet[ReplyTemplate]:
    """What this person may change: their own, and those of the offices in which they may share."""
    offices = access.offices_for(user, "share-view").order_by().values("pk")
    return of(user).filter(Q(owner=user, office=None) | Q(office__in=offices))


def keep(
    *, user: User, name: str, text: str, shared: bool = False, row: ReplyTemplate | None = None
) -> ReplyTemplate:
    """Save a new one, or `row` anew; `shared`: for everybody of one's office.

    Raises Full; ValidationError for what `check` refuses; PermissionDenied where the role may not share.
    """
    check(text)
    office = (row.office if row else None) or access.offices_for(user, "share-view").first()
    if shared and office is None:
        raise PermissionDenied
    place = Q(owner=None, office=office) if shared else Q(owner=user, office=None)
    others = ReplyTemplate.objects.filter(place)
    if (others.exclude(pk=row.pk) if row else others).count() >= MOST:
        raise Full(_("最多存 %(most)d 条常用答复，请先删去不用的") % {"most": MOST})
    row = row or ReplyTemplate()
    row.name, row.text = name, text
    row.owner, row.office = (None, office) if shared else (user, None)
    row.save()
    return row


def fill(text: str, tip: Tip) -> str:
    """The text with its fields filled in; what is no field stays as it is written."""
    values = {
        "today": date_format(clock.today()),
        "office": tip.office.label,
        "received": date_format(tip.received_on),
        "due": date_format(tip.due_on) if tip.due_on else "",
        "state": str(tip.get_state_display()),
    }

    def value(found: re.Match[str]) -> str:
        name = FIELDS.get(found[1], found[1])
        return values.get(name, found[0])

    return FIELD.sub(value, text)


def text_of(row: ReplyTemplate) -> str:
    """The template in the reader's language."""
    return row.text_en if (get_language() or "").startswith("en") and row.text_en else row.text


def known_fields() -> str:
    """The fields as they are written, in the reader's language."""
    names = FIELDS.values() if (get_language() or "").startswith("en") else FIELDS
    return _("、").join(f"{{{name}}}" for name in names)


def check(text: str) -> None:
    """Raise ValidationError for a template with markup, hidden characters or a field that is none."""
    if MARKUP.search(text) or hides(text):
        raise ValidationError(_("模板只能是普通文字，不能有网页代码或者看不见的字符"))
    known = {*FIELDS, *FIELDS.values()}
    for name in FIELD.findall(text):
        if name not in known:
            raise ValidationError(
                _("没有“%(name)s”这个字段，可以用：%(known)s") % {"name": name, "known": known_fields()}
            )
