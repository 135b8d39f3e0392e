"""The questions in their order, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.intake import forms, own_questions, routing
from complaints.intake.about import About
from complaints.intake.answers import Answers, Identity, Respondent
from complaints.intake.drafts import Content, Open
from complaints.intake.models import Category, Question, Region
from complaints.vault.models import Office

CHECK = "check"


@dataclass(frozen=True)
class Step:
    """A question: its address, its title and its form."""

    key: str
    title: Any
    form: type[forms.Question]

    @property
    def template(self) -> str:
        """Its page."""
        return f"intake/{self.key}.html"

    def bound(self, data: Mapping[str, str]) -> forms.Question:
        """The form with what was sent."""
        return self.form(data)

    def fresh(self, content: Content, *, rows: int = 1) -> forms.Question:
        """The form with what is kept."""
        if self.form is forms.WhoForm:
            return forms.WhoForm(initial=content.fields, rows=rows)
        return self.form(initial=content.fields)


@dataclass(frozen=True)
class AskedStep(Step):
    """A question of the operator's own."""

    asked: Question

    @classmethod
    def of(cls, asked: Question) -> AskedStep:
        """Its page."""
        return cls(own_questions.key_of(asked), asked.label, forms.AskedForm, asked)

    @property
    def template(self) -> str:
        """One page for all of them."""
        return "intake/asked.html"

    def bound(self, data: Mapping[str, str]) -> forms.Question:
        """The form with what was sent."""
        return forms.AskedForm(self.asked, data)

    def fresh(self, content: Content, *, rows: int = 1) -> forms.Question:
        """The form with what is kept."""
        return forms.AskedForm(self.asked, initial=content.fields)


STEPS = (
    Step("category", _("您要反映的是哪一类事？"), forms.CategoryForm),
    Step("region", _("事情发生在哪里？"), forms.RegionForm),
    Step("what", _("发生了什么？"), forms.WhatForm),
    Step("who", _("涉及哪些人或单位？"), forms.WhoForm),
    Step("office", _("谁会读到您的举报？"), forms.OfficeForm),
    Step("files", _("有材料要交吗？"), forms.FilesForm),
    Step("identity", _("您想怎样举报？"), forms.IdentityForm),
)
BY_KEY = {step.key: step for step in STEPS}
# What makes it go to another office makes the question about the office new.
ROUTED_BY = {"category", "region"}


def way(content: Content) -> list[Step]:
    """The questions for what is answered so far: those of the category stand right after it.

    They come early, so that nobody writes a report and then learns that it is for somebody else.
    """
    own = own_questions.asked(content.fields.get("category", ""), content.fields)
    return [STEPS[0], *(AskedStep.of(question) for question in own), *STEPS[1:]]


def first_open(content: Content) -> str:
    """The first question not yet answered, or "check"."""
    return _first_open(way(content), content)


def _first_open(steps: list[Step], content: Content) -> str:
    return next((step.key for step in steps if step.key not in content.seen), CHECK)


def step_of(content: Content, key: str) -> Step:
    """The question with this key, of those that are asked here. Raises StopIteration for any other."""
    return next(step for step in way(content) if step.key == key)


def reachable(content: Content, key: str) -> bool:
    """May this page be shown: is everything before it answered?"""
    steps = way(content)
    place = next((n for n, step in enumerate(steps) if step.key == key), len(steps))
    if key != CHECK and place == len(steps):
        return False
    return key in content.seen or key == _first_open(steps, content)


def answered(draft: Open, key: str) -> None:
    """Notes that a question is answered."""
    if key not in draft.content.seen:
        draft.content.seen.append(key)


def unanswered(draft: Open, *keys: str) -> None:
    """Asks these again."""
    draft.content.seen = [key for key in draft.content.seen if key not in keys]


def about_of(content: Content) -> About | None:
    """What the report is about."""
    return About(**content.about) if content.about else None


def destination(content: Content, *, concerns: bool | None = None) -> Office | routing.OutsideOnly:
    """Who will read it by what is answered so far; `concerns` None: as answered. Raises NoOffice."""
    fields = content.fields
    about = about_of(content)
    if concerns is None:
        concerns = fields.get("concerns_office") == "yes"
    return routing.office_for(
        category=fields.get("category", ""),
        region=fields.get("region", ""),
        organisation_code=about.organisation_code if about else None,
        concerns_office=concerns,
        up=fields.get("up", 0),
    )


def answers_of(content: Content, *, language: str) -> Answers:
    """The whole report as it will be sealed. Raises KeyError where a question was not answered."""
    fields = content.fields
    named = fields["identity_mode"] == "named"
    return Answers(
        category=fields["category"],
        region=fields["region"],
        subject=fields["subject"],
        narrative=fields["narrative"],
        respondents=tuple(Respondent(**row) for row in fields.get("respondents", [])),
        about=about_of(content),
        concerns_office=fields["concerns_office"] == "yes",
        up=fields.get("up", 0),
        identity=Identity(fields["name"], fields["phone"]) if named else None,
        asked=own_questions.answered(fields["category"], fields),
        language=language,
    )


def described(name: str, value: Any) -> str:
    """An answer in words, for the check and for two versions side by side."""
    if name.startswith(own_questions.PREFIX):
        question = own_questions.find(name)
        return own_questions.described(question, value) if question else str(value)
    if name in ("category", "region") and value:
        model = Category if name == "category" else Region
        row = model._default_manager.filter(code=value).first()
        return row.label if row else str(value)
    if name == "respondents":
        lines = [" ".join(part for part in (r["name"], r["unit"], r["post"]) if part) for r in value or []]
        return "\n".join(lines) or str(_("没有填写"))
    words: dict[str, dict[Any, Any]] = {
        "concerns_office": {"no": _("不涉及"), "yes": _("涉及")},
        "identity_mode": {"anonymous": _("匿名"), "named": pgettext_lazy("reporter", "实名")},
        "strip": {True: _("去掉"), False: _("不去掉")},
    }
    if name in words:
        return str(words[name].get(value, ""))
    return str(value if value not in (None, "") else _("没有填写"))


def label(name: str) -> str:
    """What a field is called."""
    if name.startswith(own_questions.PREFIX):
        question = own_questions.find(name)
        return question.label if question else name
    return str(LABELS[name])


LABELS: dict[str, Any] = {
    "category": pgettext_lazy("tip", "类别"),
    "region": _("地区"),
    "subject": _("事由"),
    "narrative": _("经过"),
    "respondents": _("被反映的人或单位"),
    "concerns_office": _("是否涉及受理机构"),
    "strip": _("文件里隐藏的信息"),
    "identity_mode": _("举报方式"),
    "name": _("姓名或单位名称"),
    "phone": _("电话或其他联系方式"),
    "up": _("受理机构"),
}
