"""Which two periods are compared (GET)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.desk.figures_periods import LONGEST, Period

DAY = {"required": _("请写一个日子"), "invalid": _("请写成 2026-01-31 这样的日期")}


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, error_messages=DAY, widget=forms.DateInput({"type": "date"}))


class PeriodsForm(forms.Form):
    """Two periods, days included; they may overlap and differ in length."""

    first = _day(_("从"))
    last = _day(_("到"))
    other_first = _day(_("相比：从"))
    other_last = _day(_("相比：到"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": "p-%s", **kwargs})

    def clean(self) -> dict[str, Any]:
        """Each in its order, and none longer than can be counted."""
        data = super().clean() or {}
        for start, end in (("first", "last"), ("other_first", "other_last")):
            first: dt.date | None = data.get(start)
            last: dt.date | None = data.get(end)
            if first is None or last is None:
                continue
            if first > last:
                self.add_error(end, _("结束的日子不能在开始之前"))
            elif (last - first).days >= LONGEST:
                self.add_error(end, _("一段最多三年，请写近一些的日子"))
        return data

    def periods(self) -> tuple[Period, Period]:
        """Of a valid form."""
        data = self.cleaned_data
        return Period(data["first"], data["last"]), Period(data["other_first"], data["other_last"])

    def address(self) -> str:
        """The same as an address."""
        return urlencode({name: self.cleaned_data[name].isoformat() for name in self.fields})
