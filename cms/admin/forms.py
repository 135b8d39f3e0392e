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


class FeedbackForm(BoundForm):
    """Public words and their answer: one person writes them, another makes them public."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        user, row = self.for_user, self.instance
        if user is None:
            return data
        public = row.State.PUBLIC
        if public in (data.get("state"), self.initial.get("state")):
            if not user.has_perm("cms.publish_noticefeedback"):
                self.add_error("state", _("公开和改动已公开的反馈，要由有发布权限的人来做。"))
            elif data.get("state") == public and not user.is_superuser and self.writer() == user.pk:
                self.add_error("state", _("公开的文字和答复是您写的：请先保存，由另一个人公开。"))
        return data

    def writer(self) -> int | None:
        """Who wrote what would be public: whoever types now, else whoever did last."""
        typed = {"shown", "answer"} & set(self.changed_data)
        return self.for_user.pk if typed else self.instance.written_by_id

    def save(self, commit: bool = True) -> Any:
        if self.for_user is not None:
            self.instance.written_by_id = self.writer()
        return super().save(commit=commit)


class GradeSelect(forms.Select):
    """The levels of the site's own scale, read when the form is drawn."""

    @property
    def choices(self) -> Iterable[tuple[str, str]]:
        from cms.models import RiskGrade

        return [("", "—"), *((row.code, row.name) for row in RiskGrade.objects.all())]

    @choices.setter
    def choices(self, _given: Any) -> None:
        """Whatever Django gives: the scale is the only source."""
