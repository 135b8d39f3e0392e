"""The operator's own questions: conditions, messages that end the report, and where the answers go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from complaints.intake import defaults, own_questions
from complaints.intake.models import Category, Choice, Draft, Question, Tip
from complaints.vault import tips

CHARGING = {"category": {"category": "charging"}}


def choice(question: str, number: int = 0) -> str:
    """The value of an answer."""
    return str(Choice.objects.filter(question__code=question).order_by("sort_order")[number].pk)


def begin(site: Any, category: str) -> Any:
    """A reporter who has chosen a category, and where that led."""
    reporter = site.reporter()
    reporter.start()
    reporter.next = reporter.send("category", category=category)["Location"]
    return reporter


def give(reporter: Any, question: str, value: str) -> Any:
    """Answers one of these questions."""
    key = f"q-{question}"
    sent = {"rev": reporter.rev(key), "go": "1", key: value}
    return reporter.client.post(reporter.url(key), sent)


def test_it_works(site: Any) -> None:
    reporter = begin(site, "charging")
    assert reporter.next == "/report/q-charging-paper/"
    page = reporter.client.get(reporter.next).content.decode()
    assert "收钱的时候给票据了吗？" in page
    assert give(reporter, "charging-paper", choice("charging-paper"))["Location"].endswith(
        "q-charging-amount/"
    )
    assert give(reporter, "charging-amount", "  五十\n元 ")["Location"] == "/report/region/"
    for key in ("region", "what", "who", "office", "files", "identity"):
        response = reporter.send(key)
    assert response["Location"] == "/report/check/"
    check = reporter.get("check").content.decode()
    assert "收了多少钱？" in check
    assert "五十 元" in check
    assert reporter.send("check").status_code == 303
    tip = Tip.objects.get()
    keys = tips.open_as_office(tip_uuid=tip.uuid, office_seed=site.seed)
    (cell,) = tips.read_cells(keys, tip.uuid, ["answers"])
    assert json.loads(cell.text)["asked"] == [
        {"code": "charging-paper", "question": "收钱的时候给票据了吗？", "answer": "没有给"},
        {"code": "charging-amount", "question": "收了多少钱？", "answer": "五十 元"},
    ]
    assert not Draft.objects.filter(sealed__contains="五十".encode()).exists()


def test_three_categories_ask_otherwise(site: Any) -> None:
    first = {name: begin(site, name).next for name in ("neglect", "charging", "subsidy", "bribery")}
    assert len(set(first.values())) == 4
    assert first["bribery"] == "/report/region/"


def test_a_condition_opens_and_shuts(site: Any) -> None:
    reporter = begin(site, "charging")
    assert give(reporter, "charging-paper", choice("charging-paper", 1))["Location"].endswith("-stamp/")
    assert reporter.get("q-charging-amount").status_code == 303, "its answer was not given"
    give(reporter, "charging-stamp", "某办")
    assert give(reporter, "charging-paper", choice("charging-paper", 2))["Location"] == "/report/region/"
    fields = {"q-charging-paper": choice("charging-paper", 2), "q-charging-stamp": "某办"}
    assert [row.code for row in own_questions.answered("charging", fields)] == ["charging-paper"]


def test_conditions_of_two_questions_must_both_hold(site: Any) -> None:
    both = Question.objects.create(
        code="both", category=Category.objects.get(code="charging"), kind="line", text="都？", order=999
    )
    other = Question.objects.create(
        code="other", category=Category.objects.get(code="enforcement"), kind="choice", text="另？", order=1
    )
    yes = Choice.objects.create(question=other, name="是")
    both.only_if.add(yes, choice("charging-paper", 0), choice("charging-paper", 1))

    def codes(**given: str) -> list[str]:
        fields = {f"q-{name.replace('_', '-')}": value for name, value in given.items()}
        return [row.code for row in own_questions.asked("charging", fields)]

    assert codes()[0] == "other", "a branch's question comes first"
    assert "both" not in codes(other=str(yes.pk))
    assert "both" not in codes(charging_paper=choice("charging-paper", 0))
    assert "both" in codes(other=str(yes.pk), charging_paper=choice("charging-paper", 1))


def test_an_answer_may_end_it(site: Any) -> None:
    reporter = begin(site, "neglect")
    stopped = give(reporter, "neglect-stage", choice("neglect-stage", 2))
    assert stopped.status_code == 200
    assert "行政复议" in stopped.content.decode()
    assert reporter.get("region").status_code == 303, "the question is still open"
    assert give(reporter, "neglect-stage", choice("neglect-stage", 0)).status_code == 303


@pytest.mark.parametrize("value", ["", "999999", "abc", "\0", "1" * 5000])
def test_what_is_no_answer(site: Any, value: str) -> None:
    Question.objects.filter(code="charging-paper").update(required=True)
    reporter = begin(site, "charging")
    refused = give(reporter, "charging-paper", value)
    assert refused.status_code == 422
    assert 'href="#q-charging-paper-' in refused.content.decode()


def test_it_may_be_left_open_and_too_long_is_told(site: Any) -> None:
    reporter = begin(site, "neglect")
    give(reporter, "neglect-stage", choice("neglect-stage", 1))
    long = give(reporter, "neglect-asked", "长" * 2001)
    assert long.status_code == 422
    assert "2,000" in long.content.decode()
    assert "长长长" in long.content.decode()
    assert give(reporter, "neglect-asked", "").status_code == 303


def test_unknown_and_not_asked_here(site: Any) -> None:
    reporter = begin(site, "bribery")
    assert reporter.get("q-nothing").status_code == 404
    assert reporter.get("q-charging-paper")["Location"] == "/report/region/"
    assert site.reporter().get("q-charging-paper").status_code == 200  # no draft: the page that says so


def test_changed_while_somebody_fills_it_in(site: Any) -> None:
    reporter = begin(site, "charging")
    old = choice("charging-paper")
    give(reporter, "charging-paper", old)
    Choice.objects.get(pk=old).delete()
    assert give(reporter, "charging-amount", "五十").status_code == 303, "not asked any more, led on"
    Question.objects.filter(code="charging-paper").update(active=False)
    assert reporter.get("region").status_code in (200, 303)
    assert reporter.get("q-charging-paper").status_code == 404


def test_english(site: Any) -> None:
    reporter = site.reporter("/en")
    reporter.start()
    reporter.send("category", category="charging")
    assert "Were you given a receipt" in reporter.get("q-charging-paper").content.decode()


def test_a_second_installation_changes_nothing(site: Any) -> None:
    Question.objects.filter(code="charging-paper").update(text="改过的问题")
    Choice.objects.filter(question__code="subsidy-kind").delete()
    assert defaults.install() == 0
    assert Question.objects.get(code="charging-paper").text == "改过的问题"
    assert not Choice.objects.filter(question__code="subsidy-kind").exists()


def test_queries(site: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(1):
        assert own_questions.asked("bribery", {}) == []
    with django_assert_max_num_queries(3):
        assert own_questions.asked("charging", {})
