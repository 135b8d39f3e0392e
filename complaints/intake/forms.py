"""The questions' fields. What is invisible is taken out and said so; everything else typed is shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.intake import models as rows_of
from complaints.intake import own_questions, text
from complaints.intake.models import Category, Region

RESPONDENTS_MOST = 20
RESPONDENT = re.compile(r"respondents-(\d{1,3})-(name|unit|post)")
HIDDEN = _("这一栏里有看不见的控制字符，已经替您去掉。请看一下文字对不对，再点一次")


class Plain(forms.CharField):
    """A text field whose sentences say how much is too much."""

    def __init__(
        self, *, most: int, required: bool = True, missing: Any = "", many_lines: bool = False
    ) -> None:
        super().__init__(required=required, strip=True, error_messages={"required": missing})
        self.most, self.many_lines = most, many_lines

    def clean(self, value: Any) -> str:
        """The cleaned text. Raises ValidationError."""
        cleaned: str = super().clean(value)
        length = len(cleaned)
        if length > self.most:
            raise forms.ValidationError(
                _("最多 %(most)s 字，现在有 %(length)s 字，请删短一些")
                % {"most": f"{self.most:,}", "length": f"{length:,}"}
            )
        return cleaned


class Question(forms.Form):
    """One page. `data` is a plain mapping of strings."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None, initial: dict[str, Any] | None = None) -> None:
        self.hiding: set[str] = set()
        if data is not None:
            self.hiding = {name for name in data if text.hides(data[name])}
            data = {name: text.clean(value) for name, value in data.items()}
        super().__init__(data, initial=initial, auto_id="%s")

    def clean(self) -> dict[str, Any]:
        """Names the fields that held something invisible."""
        for name in self.hiding & set(self.fields):
            if name not in self.errors:
                self.add_error(name, HIDDEN)
        return self.cleaned_data

    def summary(self) -> list[tuple[str, str]]:
        """(id of the field, sentence) for each error, in the order of the page."""
        return [
            (self.anchor(name), str(sentence))
            for name in self.fields
            for sentence in self.errors.get(name, [])
        ]

    def anchor(self, name: str) -> str:
        """The id that the summary links to."""
        return name

    def values(self) -> dict[str, Any]:
        """The answers to keep."""
        return dict(self.cleaned_data)

    def value(self, name: str) -> str:
        """What the field shows: as typed, else as kept."""
        value = self[name].value()
        return "" if value is None else str(value)


def _leaves(model: type[Category] | type[Region]) -> list[tuple[Any, list[Any]]]:
    """[(branch or None, its leaves)] in the operator's order; inactive ones and their leaves left out."""
    rows: list[Any] = list(model._default_manager.filter(active=True).order_by("order", "id"))
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    groups: list[tuple[Any, list[Any]]] = []

    def walk(row: Any, branch: Any) -> None:
        below = children.get(row.pk, [])
        if not below:
            if not groups or groups[-1][0] is not branch:
                groups.append((branch, []))
            groups[-1][1].append(row)
        for child in below:
            walk(child, row)

    for row in children.get(None, []):
        walk(row, None)
    return groups


class Choice(Question):
    """One of a tree's leaves, by code."""

    model: type[Category] | type[Region]
    name: str
    missing: Any

    def __init__(self, data: Mapping[str, str] | None = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial)
        self.groups = _leaves(self.model)
        self.rows = {row.code: row for _branch, rows in self.groups for row in rows}
        self.fields[self.name] = forms.ChoiceField(
            choices=[(code, code) for code in self.rows],
            error_messages={"required": self.missing, "invalid_choice": self.missing},
        )

    def anchor(self, name: str) -> str:
        """The first radio button."""
        first = next(iter(self.rows), "")
        return f"{name}-{first}"

    def current(self) -> str:
        """The code that is chosen."""
        return self.value(self.name)


class CategoryForm(Choice):
    """What kind of thing."""

    model, name, missing = Category, "category", _("请选一类；拿不准就选最接近的")


class AskedForm(Question):
    """A question of the operator's own."""

    def __init__(
        self,
        asked: rows_of.Question,
        data: Mapping[str, str] | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial)
        self.asked, self.name = asked, own_questions.key_of(asked)
        self.choices = list(asked.choices.all()) if asked.kind == asked.Kind.CHOICE else []
        self.fields[self.name] = self._field()

    def _field(self) -> forms.Field:
        if self.asked.kind == self.asked.Kind.CHOICE:
            missing = _("请选一个回答")
            return forms.ChoiceField(
                choices=[(str(row.pk), row.label) for row in self.choices],
                required=self.asked.required,
                error_messages={"required": missing, "invalid_choice": missing},
            )
        most = text.LINE_MOST if self.asked.kind == self.asked.Kind.LINE else text.ANSWER_MOST
        return Plain(
            most=most,
            required=self.asked.required,
            missing=_("请写下回答"),
            many_lines=self.asked.kind == self.asked.Kind.TEXT,
        )

    def clean(self) -> dict[str, Any]:
        """A line stays one line."""
        cleaned = super().clean()
        if self.asked.kind == self.asked.Kind.LINE and self.name in cleaned:
            cleaned[self.name] = text.clean_line(cleaned[self.name])
        return cleaned

    def anchor(self, name: str) -> str:
        """The first radio button, or the field."""
        return f"{name}-{self.choices[0].pk}" if self.choices else name

    @property
    def chosen(self) -> rows_of.Choice | None:
        """The choice that was sent."""
        return own_questions.chosen_of(self.asked, self.cleaned_data.get(self.name)) if self.choices else None

    @property
    def shown(self) -> str:
        """What the field shows: as typed, else as kept."""
        return self.value(self.name)


class RegionForm(Choice):
    """Where."""

    model, name, missing = Region, "region", _("请选事情发生在哪里")


class WhatForm(Question):
    """What happened."""

    subject = Plain(most=text.SUBJECT_MOST, missing=_("请用一句话写明是什么事"))
    narrative = Plain(most=text.NARRATIVE_MOST, missing=_("请写下发生了什么"), many_lines=True)

    def clean_subject(self) -> str:
        """On one line."""
        return text.clean_line(self.cleaned_data["subject"])


class WhoForm(Question):
    """Who did it: rows of name, unit and post, any of which may stay empty."""

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        initial: dict[str, Any] | None = None,
        *,
        rows: int = 1,
    ) -> None:
        super().__init__(data, initial)
        kept = (initial or {}).get("respondents") or []
        sent = [int(m[1]) for m in map(RESPONDENT.fullmatch, data or ()) if m]
        self.count = min(max(rows, len(kept), max(sent, default=-1) + 1), RESPONDENTS_MOST)
        self.too_many = max(sent, default=0) >= RESPONDENTS_MOST
        for row in range(self.count):
            for part in ("name", "unit", "post"):
                key = f"respondents-{row}-{part}"
                self.fields[key] = Plain(most=text.LINE_MOST, required=False)
                if row < len(kept):
                    self.initial[key] = kept[row].get(part, "")

    def values(self) -> dict[str, Any]:
        """The rows that are not empty."""
        return {"respondents": [row for row in self.everything() if any(row.values())]}

    def everything(self) -> list[dict[str, str]]:
        """All rows as typed."""
        return [
            {
                part: text.clean_line(self.cleaned_data.get(f"respondents-{row}-{part}") or "")
                for part in ("name", "unit", "post")
            }
            for row in range(self.count)
        ]

    def blocks(self) -> list[dict[str, Any]]:
        """For the template: each row's fields with value and errors."""
        labels = {"name": _("姓名"), "unit": pgettext_lazy("respondent", "单位"), "post": _("职务")}
        return [
            {
                "number": row + 1,
                "index": row,
                "fields": [
                    {
                        "id": (key := f"respondents-{row}-{part}"),
                        "label": labels[part],
                        "value": self.value(key),
                        "errors": self.errors.get(key, []) if self.is_bound else [],
                    }
                    for part in ("name", "unit", "post")
                ],
            }
            for row in range(self.count)
        ]


class OfficeForm(Question):
    """Does it concern those who would read it?"""

    concerns_office = forms.ChoiceField(
        choices=[("no", "no"), ("yes", "yes")],
        error_messages={
            "required": _("请选“不涉及”或者“涉及”"),
            "invalid_choice": _("请选“不涉及”或者“涉及”"),
        },
    )

    def anchor(self, name: str) -> str:
        """The first radio button."""
        return f"{name}-no"


class FilesForm(Question):
    """Files come through the upload handler; here is only the wish about them."""

    strip = forms.BooleanField(required=False)


class IdentityForm(Question):
    """Anonymous or named. What belongs to the choice that was not made is ignored, not refused."""

    identity_mode = forms.ChoiceField(
        choices=[("anonymous", "anonymous"), ("named", "named")],
        error_messages={
            "required": _("请选匿名或者实名"),
            "invalid_choice": _("请选匿名或者实名"),
        },
    )
    name = Plain(most=text.LINE_MOST, required=False)
    phone = Plain(most=text.LINE_MOST, required=False)

    def __init__(self, data: Mapping[str, str] | None = None, initial: dict[str, Any] | None = None) -> None:
        if data is not None and data.get("identity_mode") == "anonymous":
            data = {**data, "name": "", "phone": ""}
        super().__init__(data, initial)

    def clean(self) -> dict[str, Any]:
        """A named report needs a name and a way to reach it."""
        cleaned = super().clean()
        if cleaned.get("identity_mode") == "named":
            if not cleaned.get("name") and "name" not in self.errors:
                self.add_error("name", _("请填写姓名，或者改选匿名"))
            if not cleaned.get("phone") and "phone" not in self.errors:
                self.add_error("phone", _("请填写电话，或者改选匿名"))
        return cleaned

    def anchor(self, name: str) -> str:
        """The field, or the first radio button."""
        return "identity_mode-anonymous" if name == "identity_mode" else name


class MessageForm(Question):
    """Something added on the return page; text or files, one of the two."""

    text = Plain(most=text.MESSAGE_MOST, required=False, many_lines=True)
    strip = forms.BooleanField(required=False)
