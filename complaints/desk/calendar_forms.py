"""What is typed to correct the calendar, or to make a new version of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from workdays.calendar import FIRST_YEAR, LAST_YEAR
from workdays.models import Day, Rule

from complaints.desk.forms import PlainText

REQUIRED = {"required": _("请填写这一项")}
DATE = {**REQUIRED, "invalid": _("请写成 2027-10-01 这样的日期")}
NUMBER = {**REQUIRED, "invalid": _("请写一个整数"), "min_value": _("至少是 1"), "max_value": _("太长了")}
PICK = {"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")}


def _source() -> PlainText:
    """Where it is written: nothing of the calendar or of a rule stands without."""
    return PlainText(
        label=_("出处"),
        max_length=200,
        error_messages={
            "required": _("请写明出处，例如哪一年的放假通知"),
            "max_length": _("请减到 200 字以内"),
        },
    )


class DayForm(forms.Form):
    """One day of a notice."""

    part = forms.CharField(widget=forms.HiddenInput, initial="day")
    date = forms.DateField(
        label=_("哪一天"), widget=forms.DateInput(attrs={"type": "date"}), error_messages=DATE
    )
    kind = forms.ChoiceField(
        label=_("这一天"),
        choices=[("", _("请选择")), *Day.Kind.choices, ("remove", _("照平常，去掉更正"))],
        error_messages=PICK,
    )
    name = PlainText(label=_("名称（可不写）"), max_length=100, required=False)
    source = _source()

    def clean_date(self) -> Any:
        """A day that the calendar can hold."""
        day = self.cleaned_data["date"]
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(
                _("日历从 %(first)d 年到 %(last)d 年"), params={"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        return day


class RuleForm(forms.Form):
    """A new version of a rule, from a day on."""

    part = forms.CharField(widget=forms.HiddenInput, initial="rule")
    code = forms.ChoiceField(label=_("规则"), error_messages=PICK)
    value = forms.IntegerField(label=_("期限"), min_value=1, max_value=1500, error_messages=NUMBER)
    unit = forms.ChoiceField(label=_("单位"), choices=Rule.Unit.choices, error_messages=PICK)
    since = forms.DateField(
        label=_("从哪一天起"), widget=forms.DateInput(attrs={"type": "date"}), error_messages=DATE
    )
    mark = forms.ChoiceField(label=_("核实情况"), choices=Rule.Mark.choices, error_messages=PICK)
    source = _source()

    def __init__(self, *args: Any, codes: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [("", _("请选择")), *codes]  # type: ignore[attr-defined]
