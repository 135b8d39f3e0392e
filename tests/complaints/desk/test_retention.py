"""Retention: what is due, who may have it destroyed, and that nothing of it stands anywhere afterwards."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from ledger import sequencer, verify
from ledger.models import Event
from outbox.services import run_due
from workdays import clock

from complaints.desk import finding, retention, retention_destroy, services, sorting
from complaints.desk.models import DestructionItem, DestructionList, RetentionRule
from complaints.desk.retention import Moved
from complaints.desk.services import Refused
from complaints.intake import uploads
from complaints.intake.models import Category, Message, State, Tip
from complaints.vault import members, offices
from complaints.vault.files import store
from complaints.vault.models import Cell, SealedFile, Wrap
from tests.support import bytesearch

WORDS = ("龘靐齉犇羴猋骉麤毳淼", "zqdestroyedcanaryqz")
LONG_AGO = 400  # days


def rule(desk: Any, months: int = 12, state: str = State.CLOSED, category: Category | None = None) -> Any:
    return RetentionRule.objects.create(
        category=category,
        state=state,
        months=months,
        source="档案管理规定",
        by=desk.users["chief"],
        at=clock.now(),
    )


def ended(
    desk: Any, monkeypatch: Any, count: int = 1, *, state: str = State.CLOSED, **given: Any
) -> list[Tip]:
    """Tips that came in and ended long ago."""
    now = clock.now()
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: now - dt.timedelta(days=LONG_AGO))
        tips = [desk.tip(**given) for _ in range(count)]
        Tip.objects.filter(pk__in=[tip.pk for tip in tips]).update(
            state=state, due_on=None, due_rule="", unread=False, closed_at=clock.now()
        )
    return list(Tip.objects.filter(pk__in=[tip.pk for tip in tips]).order_by("number"))


def listed(desk: Any) -> DestructionList:
    row = retention.make_list(desk.lake)
    assert row is not None
    return row


def agreed(desk: Any, row: DestructionList, *names: str) -> DestructionList:
    for name in names:
        retention.agree(row=row, user=desk.users[name], version=row.version)
    row.refresh_from_db()
    return row


def numbers(rows: list[retention.Due]) -> list[str]:
    return sorted(item.tip.number for item in rows)


# What is due --------------------------------------------------------------------------------------------


def test_without_a_rule_nothing_is_due(desk: Any, monkeypatch: Any) -> None:
    ended(desk, monkeypatch)
    assert retention.due(desk.lake) == []
    assert retention.make_lists() == 0


def test_the_most_specific_rule_counts_from_the_last_act(desk: Any, monkeypatch: Any) -> None:
    fees, penalty = Category.objects.get(code="fees"), Category.objects.get(code="penalty")
    child = Category.objects.create(code="parking", name="停车收费", parent=fees)
    rule(desk, 12), rule(desk, 240, category=penalty), rule(desk, 14, category=fees)
    (plain,), (kept,), (nested,) = (
        ended(desk, monkeypatch, category=code) for code in ("fees", "penalty", "parking")
    )
    assert child.parent_id == fees.pk
    assert retention.due(desk.lake) == []  # 13 months of 14, and 13 of 240
    RetentionRule.objects.filter(category=fees).update(ended_at=clock.now())
    assert numbers(retention.due(desk.lake)) == sorted([plain.number, nested.number])
    services.add_note(
        text="又问了一次", **{k: v for k, v in desk.open("triage", plain).items() if k != "office_seed"}
    )
    assert numbers(retention.due(desk.lake)) == [nested.number]
    assert kept.number not in numbers(retention.due(desk.lake, clock.today() + dt.timedelta(days=3650)))


FLAGS: tuple[dict[str, Any], ...] = (
    {"hold": True}, {"proposed": True}, {"objected": True}, {"waiting": True}, {"unread": True},
    {"due_on": dt.date(2030, 1, 1)}, {"state": State.DISPOSING}, {"state": State.REFUSED},
)  # fmt: skip


def test_what_is_held_or_waits_is_not_due(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    one, two = ended(desk, monkeypatch, 2)
    before = {name: getattr(one, name) for flag in FLAGS for name in flag}
    for flag in FLAGS:
        Tip.objects.filter(pk=one.pk).update(**flag)
        assert numbers(retention.due(desk.lake)) == [two.number], flag
        Tip.objects.filter(pk=one.pk).update(**before)
    assert len(retention.due(desk.lake)) == 2


def test_joined_tips_go_together_or_stay_together(desk: Any, monkeypatch: Any) -> None:
    rule(desk), rule(desk, state=State.REPEAT)
    one, two, free = ended(desk, monkeypatch, 3)
    Tip.objects.filter(pk=one.pk).update(state=State.SUBMITTED)
    one.refresh_from_db()
    now = clock.now()
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: now - dt.timedelta(days=LONG_AGO))
        sorting.link(tip=one, user=desk.users["triage"], other=two, kind="merged", revision=one.revision)
    assert len(retention.due(desk.lake)) == 3
    Tip.objects.filter(pk=two.pk).update(hold=True)
    assert numbers(retention.due(desk.lake)) == [free.number]


@pytest.mark.once
@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2026-03-31", 1, "2026-02-28"), ("2024-03-31", 1, "2024-02-29"), ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-31", 12, "2025-12-31"), ("2026-05-31", 3, "2026-02-28"), ("2026-07-31", 1, "2026-06-30"),
        ("2026-07-31", 1200, "1926-07-31"), ("2026-07-31", 2026 * 12, "0001-01-01"),
    ],
)  # fmt: skip
def test_months_are_counted_back_by_the_calendar(day: str, months: int, before: str) -> None:
    assert retention.months_before(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(before)


# Two persons --------------------------------------------------------------------------------------------


def test_one_list_a_month_and_two_persons(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    tips = ended(desk, monkeypatch, 2)
    row = listed(desk)
    assert retention.make_list(desk.lake) is None
    assert [item.number for item in row.items.all()] == [tip.number for tip in tips]
    assert agreed(desk, row, "approver").answer == "open"
    with pytest.raises(Refused):
        retention.agree(row=row, user=desk.users["approver"], version=row.version)
    for name in ("triage", "handler", "auditor", "custodian", "outsider", "chief"):
        with pytest.raises(PermissionDenied):
            retention.agree(row=row, user=desk.users[name], version=row.version)
    assert Tip.objects.count() == 2
    assert agreed(desk, row, "head").answer == "approved"
    assert Tip.objects.count() == 2, "a worker does it"
    while run_due():
        pass
    assert Tip.objects.count() == 0
    kinds = Event.objects.filter(kind__startswith="destruction").values_list("kind", "actor")
    assert sorted(kinds) == sorted(
        [
            ("destruction-listed", "system"),
            ("destruction-agreed", f"user:{desk.users['approver'].pk}"),
            ("destruction-agreed", f"user:{desk.users['head'].pk}"),
        ]
    )


def test_the_database_refuses_one_person_twice_and_none(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    ended(desk, monkeypatch)
    rows = DestructionList.objects.filter(pk=listed(desk).pk)
    one = desk.users["approver"]
    for values in ({"first_by": one, "second_by": one}, {"answer": "approved", "first_by": one}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**values)


def test_who_lost_the_role_has_agreed_to_nothing(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    ended(desk, monkeypatch)
    row = agreed(desk, listed(desk), "approver")
    desk.member("second", "approver")
    members.remove(
        office=desk.lake,
        user=desk.users["approver"],
        remover=desk.users["head"],
        remover_seed=desk.seeds["head"],
    )
    with pytest.raises(PermissionDenied):
        retention.decline(row=row, user=desk.users["approver"], version=row.version)
    with pytest.raises(retention.FirstLost):
        retention.agree(row=row, user=desk.users["head"], version=row.version)
    row.refresh_from_db()
    assert (row.answer, row.first_by) == ("open", desk.users["head"])
    assert agreed(desk, row, "second").answer == "approved"


def test_two_administrators_are_not_enough(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    ended(desk, monkeypatch)
    desk.member("other-head", "administrator")
    row = agreed(desk, listed(desk), "head")
    with pytest.raises(Refused):
        retention.agree(row=row, user=desk.users["other-head"], version=row.version)
    assert agreed(desk, row, "approver").answer == "approved"


def test_an_old_page_approves_nothing(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    one, two = ended(desk, monkeypatch, 2)
    row = listed(desk)
    retention.take_off(row=row, number=one.number, user=desk.users["approver"])
    with pytest.raises(Moved):
        retention.agree(row=row, user=desk.users["approver"], version=row.version)
    row.refresh_from_db()
    agreed(desk, row, "approver", "head")
    with pytest.raises(Moved):
        retention.decline(row=row, user=desk.users["approver"], version=row.version)
    run_due()
    assert list(Tip.objects.values_list("number", flat=True)) == [one.number]
    assert [(i.number, i.result) for i in row.items.all()] == [
        (one.number, "taken-off"),
        (two.number, "destroyed"),
    ]


def test_declined_nothing_goes_and_it_comes_again(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    ended(desk, monkeypatch)
    row = listed(desk)
    retention.decline(row=row, user=desk.users["head"], version=row.version)
    retention_destroy.work(str(row.pk))
    assert Tip.objects.count() == 1
    assert retention.make_list(desk.lake) is None
    next_month = clock.now() + dt.timedelta(days=32)
    monkeypatch.setattr(clock, "now", lambda: next_month)
    assert retention.make_list(desk.lake) is not None


def test_what_moved_or_is_held_since_stays(desk: Any, monkeypatch: Any) -> None:
    rule(desk)
    held, spoken, worked, gone = ended(desk, monkeypatch, 4)
    row = agreed(desk, listed(desk), "approver", "head")
    Tip.objects.filter(pk=held.pk).update(hold=True)
    desk.answer(spoken, "还有一份材料。")
    sorting.set_priority(tip=worked, user=desk.users["approver"], priority=1, revision=worked.revision)
    while run_due():
        pass
    assert set(Tip.objects.values_list("number", flat=True)) == {held.number, spoken.number, worked.number}
    results = dict(row.items.values_list("number", "result"))
    assert results == {
        held.number: "kept",
        spoken.number: "kept",
        worked.number: "kept",
        gone.number: "destroyed",
    }
    for tip in (held, spoken, worked):
        assert Cell.objects.filter(tip=tip.pk, label="narrative").exists()


# Nothing stands anywhere --------------------------------------------------------------------------------


def everywhere() -> dict[str, bytes]:
    """Every column of every row; every file of the site's own folder; the database's file and its log."""
    found = {}
    for model in apps.get_models():
        for n, row in enumerate(model._base_manager.all().values_list()):
            parts = [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
            found[f"{model.__name__} {n}"] = b"\n".join(parts)
    folders = {
        Path(settings.VAR_DIR),
        Path(settings.FIND_DIR),
        Path(settings.LOG_DIR),
        Path(store().path("")),
    }
    for path in {path for folder in folders for path in folder.rglob("*") if path.is_file()}:
        found[str(path)] = path.name.encode() + b"\n" + path.read_bytes()
    if connection.vendor == "sqlite":
        main = Path(connection.settings_dict["NAME"])
        for path in main.parent.glob(f"{main.name}*"):
            found[str(path)] = path.read_bytes()
    else:
        found |= tables()
    return found


def tables() -> dict[str, bytes]:
    """The files of the tables of keys and texts, as the server has them on disk."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        found = {}
        for model in (Wrap, Cell):
            name = model._meta.db_table
            cursor.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [name])
            found[f"file of {name}"] = bytes(cursor.fetchone()[0])
    return found


def standing(needles: dict[str, bytes]) -> set[str]:
    places = everywhere()
    return {what for what, needle in needles.items() for data in places.values() if needle in data}


def test_destroyed_nothing_of_it_stands_anywhere(real_desk: Any, monkeypatch: Any) -> None:
    desk = real_desk
    rule(desk)
    words = {"subject": f"窗口 {WORDS[0]}", "narrative": f"{WORDS[1]} {WORDS[0]}"}
    file = uploads.seal_file(name=f"{WORDS[1]}.txt", content=[WORDS[0].encode() * 50])
    now = clock.now()
    with monkeypatch.context() as then:
        then.setattr(clock, "now", lambda: now - dt.timedelta(days=LONG_AGO))
        tip = desk.tip(files=[file], **words)
        opened = desk.open("triage", tip)
        services.reply(text=f"答复 {WORDS[1]}", revision=tip.revision, **opened)
        desk.answer(tip, f"补充 {WORDS[0]}")
        note = {name: value for name, value in opened.items() if name != "office_seed"}
        services.add_note(text=f"记 @林handler {WORDS[1]}", **note)
        services.record_opened(tip=tip, user=desk.users["handler"])
        stays = desk.tip("留下的")
    Tip.objects.filter(pk=tip.pk).update(state=State.CLOSED, due_on=None, waiting=False, unread=False)
    while run_due():
        pass
    index = opened_index(desk)
    assert index.catch_up().pending == 0
    index.close()
    sequencer.append_pending(whole=True)
    needles = needles_of(Tip.objects.get(pk=tip.pk))
    assert standing(needles) == set(needles), "all of it is seen by this search while it is there"
    blob = SealedFile.objects.get(tip=tip.pk).name

    row = agreed(desk, listed(desk), "approver", "head")
    while run_due():
        pass
    sequencer.append_pending(whole=True)
    row.refresh_from_db()
    assert row.answer == "destroyed"
    assert row.scrubbed_at is not None
    assert standing(needles) == set()
    hits = [hit for data in everywhere().values() for hit in bytesearch.found_in(data, WORDS)]
    assert hits == []
    assert not store().exists(blob)
    assert not list(Path(settings.FIND_DIR).glob("*.db")), "the index that knew it is unlinked"
    result = verify.Result()
    assert list(verify.verify(result)) == []
    assert result.destroyed >= 5
    # A trace without content, and the others are untouched.
    trace = DestructionItem.objects.get()
    assert (trace.number, trace.tip, trace.result) == (tip.number, None, "destroyed")
    (listing,) = Event.objects.filter(kind="destroyed")
    assert listing.details["by"] == sorted([desk.users["approver"].pk, desk.users["head"].pk])
    assert desk.open("triage", stays)["keys"]
    assert Message.objects.count() == 0
    index = opened_index(desk)
    assert index.catch_up().pending == 0
    index.close()
    shutil.rmtree(settings.FIND_DIR, ignore_errors=True)


def test_old_rows_are_dropped_whoever_may_still_see_them(real_desk: Any, monkeypatch: Any) -> None:
    """PostgreSQL keeps dead rows for every older transaction; and who reads the table is waited for."""
    if connection.vendor != "postgresql":
        assert retention_destroy.scrub()
        return
    import psycopg

    monkeypatch.setattr(retention_destroy, "LOCK_WAIT", "100ms")
    tip = real_desk.tip("还有人看得见的")
    needles = {name: each for name, each in needles_of(tip).items() if name.startswith("cell")}
    url = connection.get_connection_params()
    with psycopg.connect(**{name: url[name] for name in ("dbname", "user", "host", "port")}) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1")
        Cell.objects.filter(tip=tip.pk).delete()
        assert standing(needles) == set(needles)
        assert retention_destroy.scrub()
        assert standing(needles) == set()
        other.execute("SELECT count(*) FROM vault_cell")
        assert not retention_destroy.scrub()
    assert retention_destroy.scrub()


def opened_index(desk: Any) -> finding.SealedOffice:
    user, seed = desk.users["triage"], desk.seeds["triage"]
    office_seed = offices.open_office_seed(user, seed, desk.lake)
    return finding.SealedOffice(desk.lake, office_seed, user=user, user_seed=seed)


def needles_of(tip: Tip) -> dict[str, bytes]:
    """Sealed bytes that stand nowhere else, of every key, text, file and event of a tip, and its names."""
    found = {"number's look-up": bytes(tip.lookup_id), "tag": bytes(tip.tag)}
    for wrap in Wrap.objects.filter(subject=tip.pk):
        found[f"wrap {wrap.kind} {wrap.pk}"] = bytes(wrap.sealed)[40:72]
    for cell in Cell.objects.filter(tip=tip.pk):
        found[f"cell {cell.label} {cell.pk}"] = bytes(cell.sealed)[40:72]
        found[f"hash of cell {cell.pk}"] = bytes(cell.hash)
    for file in SealedFile.objects.filter(tip=tip.pk):
        found["name of the file"] = file.name.encode()[3:]
        with store().open(file.name, "rb") as blob:
            found["file"] = blob.read()[100:132]
    for event in Event.objects.filter(tag=bytes(tip.tag)):
        found[f"salt of {event.kind} {event.pk}"] = bytes(event.salt_private)
    return found
