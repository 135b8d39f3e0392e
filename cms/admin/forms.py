"""The registers' form: what may not be published is said in the form, at the act of publishing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from wagtail.admin.forms.models import WagtailAdminModelForm


class BoundForm(WagtailAdminModelForm):
    """Nobody saves a record, not even as a draft, that belongs to organisations they do not work for."""

    def is_valid(self) -> bool:
        from cms.publishing import scope

        valid = super().is_valid()
        if not valid or self.for_user is None or scope.may_become(self.for_user, self.instance):
            return valid
        named = next((n for n in ("organisation", "power_item", "parent") if n in self.fields), None)
        self.add_error(named, _("这里要选您负责的机构，或者属于它的事项。"))
        return False


class RegisterForm(BoundForm):
    """A draft may be saved with gaps; publishing and submitting check the record as a whole."""

    def is_valid(self) -> bool:
        valid = super().is_valid()
        if not valid or self.is_deferred_validation:
            return valid
        errors = self._publishing_errors()
        for sentence in errors:
            self.add_error(None, sentence)
        return not errors

    def _publishing_errors(self) -> list[str]:
        """The record's own rules, asked of the rows as they stand in the form, unsaved."""
        for formset in self.formsets.values():
            formset.save(commit=False)
        return self.instance.publishing_errors()


class FlowchartForm(RegisterForm):
    """Rows of steps, transitions and risks; the preview beside them shows them before they are saved."""


class GradeSelect(forms.Select):
    """The levels of the site's own scale, read when the form is drawn."""

    @property
    def choices(self) -> Iterable[tuple[str, str]]:
        from cms.models import RiskGrade

        return [("", "—"), *((row.code, row.name) for row in RiskGrade.objects.all())]

    @choices.setter
    def choices(self, _given: Any) -> None:
        """Whatever Django gives: the scale is the only source."""
