"""Suggestions for triage: learned from an office's own decided tips, shown, never applied."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from complaints.desk import finding, finding_similar, finding_triage
from complaints.intake.models import State, Tip
from complaints.vault import offices
from search import suggest, teach

FEES = "城东市场的管理员每月收取卫生费和押金，不开票据，说是规定，第{n}次反映。"
FINES = "执法队处罚不公，同样的占道只罚了一家，罚款数额没有依据，第{n}次反映。"


@pytest.fixture
def index(desk: Any) -> Any:
    user, seed = desk.users["triage"], desk.seeds["triage"]
    office_seed = offices.open_office_seed(user, seed, desk.lake)
    with closing(finding.SealedOffice(desk.lake, office_seed, user=user, user_seed=seed)) as index:
        yield index


@pytest.fixture
def decided(desk: Any, index: Any, monkeypatch: pytest.MonkeyPatch) -> list[Tip]:
    """Ten tips of each category, taken on; the least that is learned from is as few."""
    monkeypatch.setattr(suggest, "LEAST_TEXTS", 20)
    monkeypatch.setattr(finding_triage, "LEAST", 20)
    made = [desk.tip(f"收费{n}", FEES.format(n=n)) for n in range(10)]
    made += [desk.tip(f"处罚{n}", FINES.format(n=n), category="penalty") for n in range(10)]
    Tip.objects.filter(pk__in=[tip.pk for tip in made]).update(state=State.ACCEPTED)
    index.catch_up(60)
    return made


def learn(index: Any) -> None:
    for kind, labels in finding_triage.labels_of(index).items():
        teach.learn(index.engine, kind, labels)


def test_a_suggestion_is_shown_and_changes_nothing(
    desk: Any, index: Any, decided: list[Tip], monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(index)
    tip = desk.tip("罚得不公", FINES.format(n=99))  # the reporter chose "fees"
    monkeypatch.setattr(finding_triage, "begin_if_due", lambda index: False)
    page = desk.client("triage").get(f"/desk/tips/{tip.number}/")
    assert "分办建议" in page.text
    assert "处罚不公" in page.text
    assert "和现在的不同" in page.text
    assert "把握" in page.text
    tip.refresh_from_db()
    assert (tip.category.code, tip.revision) == ("fees", 1)
    page = desk.client("triage").get("/desk/suggestions/")
    assert "从 20 件受理过的来件里学到" in page.text
    assert desk.client("auditor").get("/desk/suggestions/").status_code in (303, 403)
    assert desk.client("triage", unlocked=False).get("/desk/suggestions/").status_code == 303


def test_another_office_learns_and_sees_nothing(desk: Any, index: Any, decided: list[Tip]) -> None:
    learn(index)
    desk.tip("城里的事", FEES, region="town")
    user, seed = desk.users["outsider"], desk.seeds["outsider"]
    for other in finding_similar.indexes(user, seed):
        other.catch_up()
        assert finding_triage.records(other) == []
        assert finding_triage.labels_of(other) == {"category": {}, "region": {}}


def test_it_learns_when_enough_is_new(
    desk: Any, index: Any, decided: list[Tip], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    monkeypatch.setattr(teach, "begin", lambda path, key, labels: begun.append(dict(labels)))
    assert finding_triage.begin_if_due(index)
    assert set(begun[0]) == {"category", "region"}
    assert set(begun[0]["category"].values()) == {"fees", "penalty"}
    assert not finding_triage.begin_if_due(index), "not twice in an hour"
    monkeypatch.setattr(finding_triage, "PAUSE", finding_triage.PAUSE * 0)
    assert not finding_triage.begin_if_due(index), "nothing was decided since"
    monkeypatch.setattr(finding_triage, "GROWN", 1)
    assert finding_triage.begin_if_due(index)


def test_undecided_tips_are_not_learned_from(desk: Any, index: Any, decided: list[Tip]) -> None:
    desk.tip()
    Tip.objects.filter(pk=decided[0].pk).update(state=State.REPEAT)
    assert len(finding_triage.labels_of(index)["category"]) == 19


def test_the_model_goes_with_the_index(desk: Any, index: Any, decided: list[Tip]) -> None:
    learn(index)
    assert finding_triage.records(index)
    index.engine.destroy()
    index.catch_up(60)
    assert finding_triage.records(index) == []


def test_records_tell_what_was_judged_later(desk: Any, index: Any, decided: list[Tip]) -> None:
    learn(index)
    more = [desk.tip(f"收费又{n}", FEES.format(n=n + 50)) for n in range(3)]
    Tip.objects.filter(pk__in=[tip.pk for tip in more]).update(state=State.CLOSED)
    index.catch_up(60)
    learn(index)
    record = next(r for r in finding_triage.records(index) if r.kind == "category")
    assert record.count == 23
    assert record.lived_count == 3
    assert record.lived_right == sum(band.right for band in record.lived)
