"""What an auditor looks for (GET)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.desk.audit import GROUPS

DAY = {"invalid": _("请写成 2026-01-31 这样的日期")}


class AuditForm(forms.Form):
    """Person, case number, kind, days: each may stay empty."""

    person = forms.ChoiceField(
        label=_("人员"), required=False, error_messages={"invalid_choice": _("请从列表里选一位")}
    )
    number = forms.CharField(
        label=_("编号"), required=False, max_length=20, error_messages={"max_length": _("没有这样的编号")}
    )
    group = forms.ChoiceField(
        label=_("事项"),
        required=False,
        choices=[("", _("全部")), *((key, words) for key, (words, _kinds) in GROUPS.items())],
        error_messages={"invalid_choice": _("请从列表里选一项")},
    )
    first = forms.DateField(
        label=_("从"), required=False, error_messages=DAY, widget=forms.DateInput({"type": "date"})
    )
    last = forms.DateField(
        label=_("到"), required=False, error_messages=DAY, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any):
        super().__init__(*args, **{"auto_id": "a-%s", **kwargs})
        rows = [(str(user.pk), f"{user.name} {user.username}") for user in people]
        self.fields["person"].choices = [("", _("全部")), *rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("结束的日子不能在开始之前"))
        return data
