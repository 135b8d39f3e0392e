"""What the outbox does for the desk: twice is as once, also where the worker died in between."""

from __future__ import annotations

from typing import Any

import pytest
from ledger.models import Event
from workdays import clock, rules
from workdays.models import Day

from complaints.desk import bulk
from complaints.desk.models import Asked, DestructionItem, JobItem
from complaints.intake.models import Tip
from complaints.vault import jobs, members, worker
from complaints.vault.models import Wrap
from tests.complaints.desk import test_retention as ending
from tests.faults.twice import as_once


def test_deadlines_are_counted_again(desk: Any) -> None:
    tip = desk.tip(identity=None)
    due = rules.deadline("disposal_opinion", clock.today(), strict=False).due
    Tip.objects.filter(pk=tip.pk).update(due_on=due, due_rule="disposal_opinion")
    Day.objects.create(date=due, kind="holiday", name="演示假", source="演示通知")

    def look() -> Any:
        moved = Event.objects.filter(kind="recomputed", tag=bytes(tip.tag))
        return Tip.objects.get(pk=tip.pk).due_on, moved.count()

    as_once("desk.recompute", "calendar", look)


def test_a_job_over_several_tips(desk: Any) -> None:
    tips, user = [desk.tip(str(n)) for n in range(2)], desk.users["triage"]
    job = bulk.begin(
        user=user, act="claim", value="", chosen=[bulk.Chosen(tip.pk, tip.revision) for tip in tips]
    )

    def look() -> Any:
        results = sorted(JobItem.objects.values_list("result", flat=True))
        return results, Event.objects.filter(kind="claimed").count()

    as_once("desk.job", str(job.pk), look)
    assert look() == (["done", "done"], 2)


def test_what_was_asked_above(desk: Any) -> None:
    tip = desk.tip()
    as_once("desk.asked-above", f"{tip.pk}:disposal_opinion:2026-03-02", Asked.objects.count)


def test_destruction(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ending.rule(desk)
    ending.ended(desk, monkeypatch, 2)
    stays = desk.tip("留着的")
    row = ending.agreed(desk, ending.listed(desk), "approver", "head")

    def look() -> Any:
        left = sorted(Tip.objects.values_list("pk", flat=True))
        return left, sorted(DestructionItem.objects.values_list("result", flat=True))

    as_once("desk.destroy", str(row.pk), look)
    assert look() == ([stays.pk], ["destroyed", "destroyed"])


def test_tips_sealed_anew(desk: Any) -> None:
    worker.forget()
    worker.announce()
    try:
        tip = desk.tip()
        (job,) = members.remove(
            office=desk.lake,
            user=desk.users["handler"],
            remover=desk.users["head"],
            remover_seed=desk.seeds["head"],
        )
        jobs.offer(desk.users["triage"], desk.seeds["triage"])

        def look() -> Any:
            job.refresh_from_db()
            return (
                (job.done, job.finished_at is None),
                Tip.objects.values_list("talk_generation", "case_generation").get(pk=tip.pk),
                sorted(Wrap.objects.filter(subject=tip.pk).values_list("pk", flat=True)),
                Event.objects.filter(kind="resealed").count(),
            )

        as_once("vault.job", str(job.pk), look)
    finally:
        worker.forget()
