"""The operator's own questions: which are asked after a category, and what was answered.

An answer is kept in the draft under the question's key; a choice by its row's number, so that a question may
be worded anew while somebody fills it in. What is sealed with the tip are the words that the reporter saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from complaints.intake.answers import Asked
from complaints.intake.models import Choice, Question

PREFIX = "q-"


def key_of(question: Question) -> str:
    """Its address, and the name of its field."""
    return f"{PREFIX}{question.code}"


def find(key: str) -> Question | None:
    """The question with this key, asked of this report or not."""
    if not key.startswith(PREFIX):
        return None
    found: Question | None = Question.objects.filter(code=key[len(PREFIX) :], active=True).first()
    return found


def questions(category: str) -> list[Question]:
    """All questions of a category (a code) and of its branches, the branch's first. At most 3 queries."""
    if not category:
        return []
    own = Q(category__code=category)
    branch = Q(category__children__code=category) | Q(category__children__children__code=category)
    rows = Question.objects.filter(own | branch, active=True).select_related("category").distinct()
    return sorted(
        rows.prefetch_related("choices", "only_if"),
        key=lambda row: (row.category.code == category, row.order, row.pk),
    )


def asked(category: str, fields: Mapping[str, Any]) -> list[Question]:
    """Those whose conditions hold, in their order. An answer to a question not asked counts for nothing."""
    chosen: set[int] = set()
    found = []
    for question in questions(category):
        if _holds(question, chosen):
            found.append(question)
            if (choice := chosen_of(question, fields.get(key_of(question)))) is not None:
                chosen.add(choice.pk)
    return found


def _holds(question: Question, chosen: set[int]) -> bool:
    """One of the answers named, of each question that is named."""
    named: dict[int, set[int]] = {}
    for choice in question.only_if.all():
        named.setdefault(choice.question_id, set()).add(choice.pk)
    return all(wanted & chosen for wanted in named.values())


def chosen_of(question: Question, value: Any) -> Choice | None:
    """The choice that a kept value names; None where there is none (any more)."""
    return next((row for row in question.choices.all() if str(row.pk) == str(value)), None)


def described(question: Question, value: Any) -> str:
    """An answer in words."""
    if question.kind == Question.Kind.CHOICE:
        choice = chosen_of(question, value)
        return choice.label if choice else _("没有填写")
    return str(value or _("没有填写"))


def answered(category: str, fields: Mapping[str, Any]) -> tuple[Asked, ...]:
    """What is sealed: question and answer as the reporter saw them; unanswered ones are left out."""
    return tuple(
        Asked(question.code, question.label, described(question, fields[key_of(question)]))
        for question in asked(category, fields)
        if fields.get(key_of(question))
    )
