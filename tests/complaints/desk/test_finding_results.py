"""Text and filters together: the pages are the truth, at any selectivity, by rank and by date."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db.models import QuerySet

from complaints.desk import results
from complaints.intake.models import State, Tip
from complaints.vault.models import Office
from search import synonyms
from search.models import Synonym

WORDS = ("押金", "押金 OR 占道", '"押金不退" -采砂', "-押金", "砂")


def read_all(desk: Any, tips: QuerySet[Tip], **how: Any) -> list[Tip]:
    """All pages, one after another; none is longer than a page."""
    user, seed = desk.users["triage"], desk.seeds["triage"]
    offices = list(Office.objects.filter(pk__in=[desk.lake.pk, desk.city.pk]).order_by("pk"))
    found: list[Tip] = []
    after = ""
    for _ in range(500):
        page = results.search(user=user, seed=seed, offices=offices, tips=tips, after=after, **how)
        assert len(page.tips) <= results.PAGE
        found += page.tips
        if not (after := page.following):
            return found
    raise AssertionError("the pages do not end")


def holds(query: str, text: str) -> bool:
    """Plain Python for the queries above."""
    if " OR " in query:
        return any(holds(part, text) for part in query.split(" OR "))
    return all(
        (part[1:] not in text) if part.startswith("-") else (part.strip('"') in text)
        for part in query.split()
    )


@pytest.fixture
def texts(desk: Any) -> dict[Any, str]:
    """Tip → its words, in two offices, over several days, categories and states."""
    desk.member("triage", "triage", desk.city)
    made: dict[Any, str] = {}
    parts = ("押金不退", "夜里采砂", "占道经营", "别的事")
    for n, (one, other) in enumerate(itertools.product(parts, repeat=2)):
        text = f"{one}，{other}"
        region, category = ("town", "penalty") if n % 5 == 0 else ("lake", "fees")
        made[desk.tip(one, other, region=region, category=category).pk] = text
    for n, pk in enumerate(made):
        day = Tip.objects.get(pk=pk).received_on - dt.timedelta(days=n % 4)
        state = State.CLOSED if n % 3 == 0 else State.SUBMITTED
        Tip.objects.filter(pk=pk).update(received_on=day, state=state)
    return made


@pytest.mark.parametrize(
    ("within", "block", "seconds"),
    [(20_000, 500, 2.0), (0, 2, 2.0), (0, 3, -1.0)],
    ids=["ids to the index", "blocks", "a page a block"],
)
def test_pages_are_the_truth(
    desk: Any, texts: dict[Any, str], monkeypatch: pytest.MonkeyPatch, within: int, block: int, seconds: float
) -> None:
    for name, value in (("PAGE", 3), ("WITHIN_MAX", within), ("BLOCK", block), ("FIND_S", seconds)):
        monkeypatch.setattr(results, name, value)
    mine = Tip.objects.all()
    filters: list[tuple[QuerySet[Tip], bool]] = [
        (mine, False),
        (mine.filter(state=State.SUBMITTED), True),
        (mine.filter(pk=next(iter(texts))), True),
        (mine.none(), True),
    ]
    for (rows, filtered), newest, query in itertools.product(filters, (False, True), WORDS):
        allowed = set(rows.values_list("pk", flat=True))
        truth = {pk for pk, text in texts.items() if pk in allowed and holds(query, text)}
        found = read_all(desk, rows, text=query, filtered=filtered, newest=newest)
        assert len(found) == len(truth), (query, newest)
        assert {tip.pk for tip in found} == truth, (query, newest)
        if newest:  # office after office, each by date
            for office in {tip.office_id for tip in found}:
                days = [tip.received_on for tip in found if tip.office_id == office]
                assert days == sorted(days, reverse=True)


def test_the_total_is_right_where_it_is_told(desk: Any, texts: dict[Any, str]) -> None:
    user, seed = desk.users["triage"], desk.seeds["triage"]
    offices = list(Office.objects.filter(pk__in=[desk.lake.pk, desk.city.pk]))
    rows = Tip.objects.filter(state=State.SUBMITTED)
    for tips, filtered in ((Tip.objects.all(), False), (rows, True)):
        page = results.search(
            user=user, seed=seed, offices=offices, tips=tips, text="押金", filtered=filtered, newest=True
        )
        allowed = set(tips.values_list("pk", flat=True))
        assert page.total == sum("押金" in text for pk, text in texts.items() if pk in allowed)


def test_words_are_understood_as_the_public_search_understands_them(
    desk: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """Numbers however they are written, and the editors' synonyms, which the page names."""
    Synonym.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        Synonym.objects.create(words="押金\n保证金")
    made = {
        "law": desk.tip("处罚没有依据", "违反《行政处罚法》第三十四条"),
        "money": desk.tip("不退钱", "退房以后保证金不退"),
    }
    user, seed = desk.users["triage"], desk.seeds["triage"]

    def found(text: str) -> Any:
        return results.search(
            user=user, seed=seed, offices=[desk.lake], tips=Tip.objects.all(), text=text, filtered=False
        )

    assert [tip.pk for tip in found("第34条").tips] == [made["law"].pk]
    assert [tip.pk for tip in found("行政处罚法 34条").tips] == [made["law"].pk]
    page = found("押金")
    assert [tip.pk for tip in page.tips] == [made["money"].pk]
    assert page.also == ["保证金"]
    assert not found('"押金"').tips, "what is quoted is what is written"
    Synonym.objects.all().delete()
    synonyms.forget()
