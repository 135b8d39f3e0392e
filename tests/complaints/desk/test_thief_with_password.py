"""A thief with all that is stored, all code, and one person's password: what falls, and what does not."""

from __future__ import annotations

import pytest
from accounts import services as accounts
from accounts.keys import KeySeed

from complaints.desk import identity
from complaints.intake import services as intake
from complaints.vault import cells, jobs, members, tips, worker, wraps
from complaints.vault.errors import BadSeal
from complaints.vault.models import Cell, Wrap
from tests.complaints.desk.conftest import PASSWORD


def loot(seeds: list[KeySeed]) -> set[bytes]:
    """Every key that these open, and those that these open in turn: each wrap tried by its bytes alone."""
    found, todo = {seed.seed for seed in seeds}, list(seeds)
    while todo:
        seed = todo.pop()
        recipient = wraps.recipient_hash(seed.box_public)
        for wrap in Wrap.objects.filter(recipient=recipient):
            try:
                key = wraps.open_wrap(
                    seed.box,
                    bytes(wrap.sealed),
                    kind=wrap.kind,
                    subject=wrap.subject,
                    generation=wrap.generation,
                )
            except BadSeal:
                continue
            if key not in found:
                found.add(key)
                todo.append(KeySeed(key))
    return found


def read(keys: set[bytes], tip) -> set[str]:
    """The labels of a tip's cells that any of these keys opens."""
    opened = set()
    for cell in Cell.objects.filter(tip=tip.uuid):
        for key in keys:
            try:
                cells.open_cell(
                    key,
                    label=cell.label,
                    tip=cell.tip,
                    row=cell.uuid,
                    generation=cell.generation,
                    sealed=bytes(cell.sealed),
                )
            except BadSeal:
                continue
            opened.add(cell.label)
    return opened


@pytest.fixture
def scene(desk):
    """A named tip of the lake, one of the city."""
    lake = desk.tip(identity=intake.Identity(name="张三", phone="13800000000"))
    return desk, lake, desk.tip(region="town")


def stolen(desk, name):
    """The key that the password opens, as the thief's own script would do it."""
    return loot([accounts.open_seed(user=desk.users[name], password=PASSWORD)])


def test_one_password_opens_its_office_and_no_identity(scene):
    desk, lake, city = scene
    for name in ("triage", "head", "custodian", "approver"):
        keys = stolen(desk, name)
        opened = read(keys, lake)
        assert {"subject", "narrative", "times"} <= opened
        assert "identity" not in opened
        assert read(keys, city) == set()
    # An auditor's opens nothing at all.
    assert read(stolen(desk, "auditor"), lake) | read(stolen(desk, "auditor"), city) == set()


def test_custodian_and_approver_together_open_the_identity(scene):
    """The check that the checks above can fail."""
    desk, lake, _city = scene
    both = stolen(desk, "custodian") | stolen(desk, "approver")
    halves = {bytes(a ^ b for a, b in zip(one, other, strict=True)) for one in both for other in both}
    assert "identity" in read(halves, lake)


def test_a_request_that_was_answered_and_used_leaves_nothing_to_a_custodian(scene):
    desk, lake, _city = scene
    asked = identity.ask(user=desk.users["custodian"], number=lake.number, reason="归还账本")
    identity.agree(asked=asked, user=desk.users["approver"], seed=desk.seeds["approver"])
    asked.refresh_from_db()
    identity.look(asked=asked, user=desk.users["custodian"], seed=desk.seeds["custodian"])
    keys = stolen(desk, "custodian")
    halves = {bytes(a ^ b for a, b in zip(one, other, strict=True)) for one in keys for other in keys}
    assert "identity" not in read(keys | halves, lake)


def test_after_removal_and_rotation_a_new_copy_opens_nothing_new(scene):
    from outbox.services import run_due

    desk, lake, _city = scene
    old = stolen(desk, "handler")  # a copy from before, kept
    worker.forget()
    worker.announce()
    members.remove(
        office=desk.lake,
        user=desk.users["handler"],
        remover=desk.users["head"],
        remover_seed=desk.seeds["head"],
    )
    jobs.offer(desk.users["triage"], desk.seeds["triage"])
    assert run_due(queue="vault") == 1
    worker.forget()
    before = set(Cell.objects.values_list("pk", flat=True))
    desk.answer(lake, "后来写的")
    later = desk.tip()
    keys = loot([KeySeed(key) for key in old]) | stolen(desk, "handler")
    assert read(keys, later) == set()
    fresh = Cell.objects.filter(tip=lake.uuid).exclude(pk__in=before)
    assert fresh.count() == 1
    for cell in fresh:
        for key in keys:
            with pytest.raises(BadSeal):
                cells.open_cell(
                    key, label=cell.label, tip=cell.tip, row=cell.uuid,
                    generation=cell.generation, sealed=bytes(cell.sealed),
                )  # fmt: skip
    assert tips  # what the thief uses instead is the loop above, not our own reading
