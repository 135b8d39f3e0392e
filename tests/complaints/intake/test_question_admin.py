"""The editors' form of a question: what it saves, and what it refuses because it would never be asked."""

from __future__ import annotations

from typing import Any

from complaints.intake.models import Category, Choice, Question
from complaints.intake.wagtail_hooks import KeptPolicy, QuestionViewSet


def form(question: Question, **changes: Any) -> Any:
    """The bound form of a question as it stands, with changes."""
    kind = QuestionViewSet().edit_handler.bind_to_model(Question).get_form_class()
    rows = list(question.choices.all())
    data: dict[str, Any] = {
        name: getattr(question, name)
        for name in ("code", "kind", "order", "text", "text_en", "hint", "hint_en")
    }
    data |= {"category": question.category_id, "active": "on", "choices-INITIAL_FORMS": len(rows)}
    data |= {"choices-TOTAL_FORMS": len(rows), "only_if": [row.pk for row in question.only_if.all()]}
    for n, row in enumerate(rows):
        data |= {f"choices-{n}-id": row.pk, f"choices-{n}-ORDER": n + 1, f"choices-{n}-name": row.name}
        data |= {f"choices-{n}-stop_message": row.stop_message}
    return kind({**data, **changes}, instance=question)


def test_it_saves(site: Any) -> None:
    question = Question.objects.get(code="charging-paper")
    changed = form(question, text="拿到票了吗？", **{"choices-2-stop_message": "请拨打 12345"})
    assert changed.is_valid(), (changed.errors, changed.formsets["choices"].errors)
    changed.save()
    assert Question.objects.get(code="charging-paper").text == "拿到票了吗？"
    assert Choice.objects.get(question=question, stop_message="请拨打 12345").name == "没有交钱，只是被要求交"


def test_conditions_that_never_hold(site: Any) -> None:
    question = Question.objects.get(code="charging-amount")
    assert form(question).is_valid()
    assert "only_if" in form(question, order=1).errors, "asked before the question that opens it"
    other = Category.objects.get(code="bribery")
    assert "only_if" in form(question, category=other.pk).errors


def test_one_answer_is_no_choice(site: Any) -> None:
    question = Question.objects.get(code="charging-amount")
    assert not form(question, kind="choice").is_valid()


def test_nobody_deletes(site: Any, admin_user: Any) -> None:
    assert KeptPolicy(Question).user_has_permission(admin_user, "change")
    assert not KeptPolicy(Question).user_has_permission(admin_user, "delete")
