"""Reply templates: plain text with a few fields in braces, filled from the tip's clear columns."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from workdays import clock

from complaints.desk.models import ReplyTemplate
from complaints.intake.models import Tip
from complaints.intake.text import hides

FIELD = re.compile(r"\{([^{}\n]{1,20})\}")
MARKUP = re.compile(r"<\s*[/!a-zA-Z]|javascript:|&#", re.IGNORECASE)
# Chinese and English name of each field; none tells the reporter the number of the tip.
FIELDS = {"今天": "today", "机构": "office", "收到日期": "received", "到期日": "due", "状态": "state"}


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


def check(text: str) -> None:
    """Raise ValidationError for a template with markup, hidden characters or a field that is none."""
    if MARKUP.search(text) or hides(text):
        raise ValidationError(_("模板只能是普通文字，不能有网页代码或者看不见的字符"))
    known = {*FIELDS, *FIELDS.values()}
    for name in FIELD.findall(text):
        if name not in known:
            raise ValidationError(
                _("没有“%(name)s”这个字段，可以用：%(known)s") % {"name": name, "known": "、".join(FIELDS)}
            )
