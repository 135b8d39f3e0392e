"""Leaving an office: new epochs, tips sealed anew by the worker, and what the one who left still opens."""

from __future__ import annotations

import pytest
from outbox.models import Entry, Heartbeat

from complaints.desk import largework, opening
from complaints.intake import services as intake
from complaints.intake.models import Tip
from complaints.vault import checking, directory, jobs, members, offices, receipts, tips, worker
from complaints.vault.errors import BadSeal, NotAMember, Refused
from complaints.vault.models import Cell, Epoch, Job, Membership, WorkerGrant, Wrap


@pytest.fixture(autouse=True)
def living_worker(db):
    """This process is the vault worker, too."""
    worker.forget()
    worker.announce()
    yield
    worker.forget()


def remove(desk, name, roles=None, by="head"):
    return members.remove(
        office=desk.lake,
        user=desk.users[name],
        remover=desk.users[by],
        remover_seed=desk.seeds[by],
        roles=roles,
    )


def work(desk, name="triage"):
    """A colleague's session grants the keys, the worker does what is due."""
    from outbox.services import run_due

    jobs.offer(desk.users[name], desk.seeds[name])
    return run_due(queue="vault")


def text_of(desk, name, tip, label="narrative"):
    tip = Tip.objects.get(pk=tip.pk)
    _keys, _seed, cells = opening.open_tip(user=desk.users[name], seed=desk.seeds[name], tip=tip)
    return [cell.text for cell in cells if cell.label == label]


def test_it_works(desk):
    tip = desk.tip(narrative="窗口收了押金")
    old = offices.open_office_seed(desk.users["handler"], desk.seeds["handler"], desk.lake)
    (job,) = remove(desk, "handler")
    assert (job.total, job.done, job.finished_at) == (1, 0, None)
    assert text_of(desk, "triage", tip) == ["窗口收了押金"]  # readable meanwhile
    assert work(desk) == 1
    job.refresh_from_db()
    assert job.finished_at
    assert (job.total, job.done) == (1, 1)
    tip.refresh_from_db()
    assert (tip.epoch, tip.talk_generation, tip.case_generation) == (2, 2, 2)
    assert text_of(desk, "triage", tip) == ["窗口收了押金"]
    assert not WorkerGrant.objects.exists()
    with pytest.raises(NotAMember):
        tips.open_as_office(tip_uuid=tip.uuid, office_seed=old)
    report = checking.check()
    assert (report.faults, report.unheld) == ([], [])


def test_the_reporter_reads_on_and_writes_under_the_new_key(desk):
    tip = desk.tip()
    remove(desk, "handler")
    work(desk)
    desk.answer(tip, "我再补充一句")
    cell = Cell.objects.filter(tip=tip.uuid, label="message").get()
    assert cell.generation == 2
    assert text_of(desk, "triage", tip, "message") == ["我再补充一句"]


def test_who_left_opens_nothing_new(desk):
    """With every key of before, and all that is stored afterwards."""
    tip = desk.tip()
    before = desk.open("handler", tip)
    seeds = [before["office_seed"], desk.seeds["handler"]]
    known = [*before["keys"].talk_keys.values(), *before["keys"].case_keys.values()]
    remove(desk, "handler")
    work(desk)
    desk.answer(tip, "新写的话")
    later = desk.tip(subject="后来的一件")
    after = desk.open("triage", Tip.objects.get(pk=tip.pk))
    desk_note = tips.new_cell(after["keys"], tip_uuid=tip.uuid, label="note", text="新的记录")
    desk_note.save(force_insert=True)
    for seed in seeds:
        with pytest.raises(NotAMember):
            offices.open_office_seed(desk.users["handler"], seed, desk.lake)
        for uuid in (tip.uuid, later.uuid):
            with pytest.raises(NotAMember):
                tips.open_as_office(tip_uuid=uuid, office_seed=seed)
    known += opens_with(seeds, known)
    fresh = Cell.objects.filter(label__in=["message", "note"], tip=tip.uuid) | Cell.objects.filter(
        tip=later.uuid
    )
    assert fresh.count() > 4
    for cell in fresh:
        for key in known:
            with pytest.raises(BadSeal):
                tips.cells.open_cell(
                    key,
                    label=cell.label,
                    tip=cell.tip,
                    row=cell.uuid,
                    generation=cell.generation,
                    sealed=bytes(cell.sealed),
                )


def opens_with(seeds, keys):
    """Every key in every wrap that these open, and in those that they open in turn."""
    from accounts.keys import KeySeed

    found, todo = [], [*seeds, *(KeySeed(key) for key in keys)]
    while todo:
        seed = todo.pop()
        recipient = tips.wraps.recipient_hash(seed.box_public)
        for wrap in Wrap.objects.filter(recipient=recipient):
            try:
                key = tips.wraps.open_wrap(
                    seed.box,
                    bytes(wrap.sealed),
                    kind=wrap.kind,
                    subject=wrap.subject,
                    generation=wrap.generation,
                )
            except BadSeal:
                continue
            if key not in found:
                found.append(key)
                todo.append(KeySeed(key))
    return found


def test_a_role_of_two_that_ends_leaves_the_epoch(desk):
    desk.member("handler", "triage")
    assert remove(desk, "handler", ["handler"]) == []
    assert Epoch.objects.filter(office=desk.lake, purpose="office").count() == 1
    assert [row.role for row in Membership.objects.filter(user=desk.users["handler"], ended_at=None)] == [
        "triage"
    ]
    assert checking.check().faults == []


def test_a_custodian_who_leaves_takes_the_identity_epoch(desk):
    desk.member("second", "custodian")
    desk.tip(identity=intake.Identity(name="张三", phone="13800000000"))
    made = remove(desk, "custodian")
    assert {job.purpose for job in made} == {"office", "identity"}
    assert directory.current_epoch(desk.lake, "identity").number == 3  # the second's grant made one, too
    assert work(desk, "second") == 2  # the office's seed, and the half that the second has held
    assert checking.check().faults == []
    assert checking.check().unheld == []


def test_identity_halves_follow_the_epoch(desk):
    desk.member("custodian", "administrator")
    desk.users["second"] = desk.person("second")
    offices.grant(
        office=desk.lake,
        user=desk.users["second"],
        role="custodian",
        granter_seed=desk.seeds["custodian"],
        granter=desk.users["custodian"],
    )
    tip = desk.tip(identity=intake.Identity(name="张三", phone="13800000000"))
    remove(desk, "second")
    assert work(desk, "custodian") == 2
    keeper = offices.open_office_seed(desk.users["custodian"], desk.seeds["custodian"], desk.lake, "identity")
    judge = offices.open_office_seed(desk.users["approver"], desk.seeds["approver"], desk.lake, "approval")
    assert "张三" in tips.open_identity(tip_uuid=tip.uuid, custodian_seed=keeper, approver_seed=judge)
    assert not Job.objects.filter(finished_at=None).exists()


def test_who_cannot_be_removed(desk):
    desk.person("nobody")
    for name in ("head", "nobody"):
        with pytest.raises(Refused):
            remove(desk, name)


def test_the_last_administrator_stays(desk):
    desk.member("handler", "administrator")
    remove(desk, "head", by="handler")
    with pytest.raises(Refused):
        remove(desk, "handler", by="handler")
    assert checking.check().faults == []


def test_only_an_administrator_removes(desk):
    for by in ("triage", "chief"):
        with pytest.raises(Refused):
            remove(desk, "handler", by=by)


def test_removals_in_a_row(desk):
    """The second comes before the first one's work is done: its job covers both."""
    tip = desk.tip()
    (first,) = remove(desk, "handler")
    (second,) = remove(desk, "auditor", ["auditor"]) or remove(desk, "approver", None)[:1]
    first.refresh_from_db()
    assert first.finished_at
    assert not first.done
    work(desk)
    tip.refresh_from_db()
    assert tip.epoch == 3
    assert text_of(desk, "triage", tip)
    assert text_of(desk, "head", tip)
    assert checking.check().faults == []
    assert second.office == desk.lake


def test_a_dead_workers_grant_is_dead_and_the_next_session_goes_on(desk, monkeypatch):
    """kill -9 between two batches: nothing lost, nothing twice, and the row opens for nobody."""
    made = [desk.tip(subject=f"第{number}件") for number in range(5)]
    (job,) = remove(desk, "handler")
    monkeypatch.setattr(largework, "BATCH", 2)
    done = largework.batch
    calls = []

    def dies(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt  # no handler of ours catches it, as none catches a kill
        return done(*args)

    monkeypatch.setattr(largework, "batch", dies)
    with pytest.raises(KeyboardInterrupt):
        work(desk)
    job.refresh_from_db()
    assert job.done == 2
    grant = WorkerGrant.objects.get()
    worker.forget()  # the memory is gone
    monkeypatch.setattr(largework, "batch", done)
    grant.worker = worker.key().box_public
    grant.save()
    with pytest.raises(BadSeal):
        jobs.keys_of(job)
    Heartbeat.objects.filter(name__startswith=worker.PREFIX).delete()
    grant.worker = bytes(32)
    grant.save()
    largework.run(str(job.pk))  # the entry is tried again: no keys, it waits
    assert not WorkerGrant.objects.exists()
    assert Job.objects.get().finished_at is None
    worker.forget()
    worker.announce()
    assert jobs.offer(desk.users["triage"], desk.seeds["triage"]) == 1
    largework.run(str(job.pk))
    job.refresh_from_db()
    assert (job.done, job.total) == (5, 5)
    assert job.finished_at
    for tip in made:
        assert text_of(desk, "triage", tip)
        assert Wrap.objects.filter(subject=tip.uuid, kind="talk").count() == 2
    largework.run(str(job.pk))  # once more does nothing
    assert Entry.objects.filter(kind=jobs.KIND).exists()


def test_a_worker_that_is_not_ours_gets_nothing(desk):
    from accounts.keys import KeySeed
    from workdays import clock

    desk.tip()
    Heartbeat.objects.filter(name__startswith=worker.PREFIX).delete()
    Heartbeat.objects.create(
        name=worker.PREFIX + "planted", at=clock.now(), public_key=KeySeed.new().box_public, mac=bytes(32)
    )
    remove(desk, "handler")
    assert jobs.offer(desk.users["triage"], desk.seeds["triage"]) == 0
    assert not WorkerGrant.objects.exists()


def test_a_planted_generation_is_not_believed(desk):
    """Who writes into the database can seal a key of their own to an epoch, and gets no word for it."""
    import os

    tip = desk.tip()
    epoch = directory.current_epoch(desk.lake)
    for kind in ("talk", "case"):
        wrap = tips._to_epoch(kind, tip.uuid, os.urandom(32), epoch, 2)
        wrap.signature = desk.seeds["handler"].signing.sign(b"anything").signature
        wrap.save(force_insert=True)
    assert desk.open("triage", tip)["keys"].generation == 1
    assert text_of(desk, "triage", tip)


def test_the_index_is_built_anew(desk):
    from complaints.desk import finding

    tip = desk.tip(subject="押金不退")
    seed = offices.open_office_seed(desk.users["triage"], desk.seeds["triage"], desk.lake)
    index = finding.SealedOffice(desk.lake, seed, user=desk.users["triage"], user_seed=desk.seeds["triage"])
    index.catch_up()
    index.close()
    old = index.path
    assert old.exists()
    remove(desk, "handler")
    work(desk)
    assert not old.exists()
    seed = offices.open_office_seed(desk.users["triage"], desk.seeds["triage"], desk.lake)
    index = finding.SealedOffice(desk.lake, seed, user=desk.users["triage"], user_seed=desk.seeds["triage"])
    assert index.catch_up().pending == 0
    assert index.path != old
    assert index.engine.change() >= tip.change
    index.close()


def test_opening_many_renewed_tips_asks_no_more_questions_for_more(desk, django_assert_num_queries):
    made = [desk.tip(subject=f"第{number}件") for number in range(6)]
    remove(desk, "handler")
    work(desk)
    seed = offices.open_office_seed(desk.users["triage"], desk.seeds["triage"], desk.lake)
    with django_assert_num_queries(2):
        found = tips.open_many_as_office(tip_uuids=[tip.uuid for tip in made], office_seed=seed)
    assert len(found) == 6


def test_a_report_that_comes_in_between_is_sealed_to_the_new_epoch(desk):
    remove(desk, "handler")
    assert desk.tip().epoch == 2
    assert receipts  # the intake's own path
