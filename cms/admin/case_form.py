"""The form of a case outcome: what the masking check found is shown, and is published only when confirmed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.pages import WagtailAdminPageForm

from cms.publishing import case_check


class Confirmations(forms.MultipleChoiceField):
    """Ticks beside findings. Which there are is known only when the text is; so any value is let through."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return True


class CaseForm(WagtailAdminPageForm):
    """A draft may hold anything; publishing and handing over check the text as it stands in the form.

    A tick's value carries the digest of the text it was given for: a text changed since has to be looked
    at again.
    """

    masking_confirm = Confirmations(
        label=_("个人信息核对"),
        required=False,
        help_text=_(
            "下列内容像是个人信息。请在正文里改写；确实可以公开的，逐条勾选后再发布。改动正文后要重新核对。"
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Pages that are only being created have nothing to check, and copies of the form may lack the field.
        if "masking_confirm" in self.fields:
            self.offer(self.instance.pk is not None)

    def offer(self, ready: bool) -> None:
        """Show what stands in the text now; what was confirmed for just this text is ticked."""
        found = case_check.forbidden(self.instance) if ready else []
        stamp = case_check.digest(self.instance)[:16] if ready else ""
        values = {f"{stamp}|{case_check.key(f)}": f for f in found}
        field = self.fields["masking_confirm"]
        field.choices = [(value, f"{case_check.label(f)}：{f.text}") for value, f in values.items()]
        self.initial["masking_confirm"] = [
            value for value, f in values.items() if case_check.is_confirmed(self.instance, f)
        ]

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if not valid or "masking_confirm" not in self.fields:
            return valid
        for formset in self.formsets.values():
            if hasattr(formset, "save") and formset.is_valid():
                formset.save(commit=False)
        self.note_ticks()
        self.offer(True)
        if self.is_deferred_validation:
            return valid
        left = self.instance.masking_left()
        for finding in left:
            self.add_error("masking_confirm", case_check.sentence(finding))
        return not left

    def note_ticks(self) -> None:
        stamp = case_check.digest(self.instance)[:16]
        ticked = [
            value.split("|", 1) for value in self.cleaned_data.get("masking_confirm", []) if "|" in value
        ]
        given = [what for text, what in ticked if text == stamp]
        if given:
            case_check.confirm(self.instance, given, self.for_user)
