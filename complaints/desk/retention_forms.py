"""One rule of retention, as an administrator types it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.desk.forms import tree_choices
from complaints.desk.retention import MONTHS_MOST
from complaints.desk.retention_models import ENDED
from complaints.intake.models import Category

PICK = {"required": _("请选一项"), "invalid_choice": _("请从列表里选一项")}
NUMBER = _("请写 1 到 1200 的整数")


class RuleForm(forms.Form):
    """After how many months a tip of this category and state may go, by which decision."""

    category = forms.ChoiceField(label=pgettext_lazy("tip", "类别"), required=False, error_messages=PICK)
    state = forms.ChoiceField(
        label=_("状态"), choices=[(state.value, state.label) for state in ENDED], error_messages=PICK
    )
    months = forms.IntegerField(
        label=_("最后一次办理之后保存几个月"),
        required=False,
        min_value=1,
        max_value=MONTHS_MOST,
        error_messages={"invalid": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
    )
    forever = forms.BooleanField(label=_("长期保存，不再列入清单"), required=False)
    source = forms.CharField(
        label=_("依据"),
        max_length=200,
        help_text=_("例如档案管理规定的名称和条款"),
        error_messages={"required": _("请写明依据"), "max_length": _("请减到 200 字以内")},
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = tree_choices(list(Category.objects.order_by("order", "pk")))
        self.fields["category"].choices = [("", _("全部类别")), *rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A number, or for ever."""
        data = super().clean() or {}
        if not data.get("forever") and data.get("months") is None and "months" not in self.errors:
            self.add_error("months", NUMBER)
        return data
