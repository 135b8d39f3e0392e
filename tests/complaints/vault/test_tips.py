"""Tips: sealed by the citizen, opened by office and reporter, and by nobody else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from accounts.keys import KeySeed

from complaints.vault import directory, tips, wraps
from complaints.vault.errors import BadSeal, NoIdentityOffice, NotAMember
from complaints.vault.models import Cell, Epoch, Office, Wrap

REPORTER = KeySeed(bytes([7] * 32))


@pytest.fixture
def sealed(guarded):
    return seal(guarded.lower, identity='{"name": "张三"}')


def seal(office, *, identity=None, texts=(("subject", "标题"), ("narrative", "经过"), ("note", "内部"))):
    tip = uuid4()
    done = tips.seal_tip(
        tip_uuid=tip,
        office=office,
        reporter=REPORTER,
        cells=[tips.NewCell(label, text) for label, text in texts],
        identity=identity,
    )
    Cell.objects.bulk_create(done.cells)
    Wrap.objects.bulk_create(done.wraps)
    return tip, done


def texts(read):
    return {item.label: item.text for item in read}


def test_the_office_reads_it(guarded, sealed):
    tip, _ = sealed
    keys = tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))
    read = tips.read_cells(keys, tip)
    assert texts(read).items() >= {"subject": "标题", "narrative": "经过", "note": "内部"}.items()
    assert not any(item.changed for item in read)
    assert "identity" not in texts(read)


def test_the_reporter_reads_what_is_the_reporters(sealed):
    tip, _ = sealed
    keys = tips.open_as_reporter(tip_uuid=tip, reporter=REPORTER)
    assert keys.case is None
    assert set(texts(tips.read_cells(keys, tip))) == {"subject", "narrative", "reporter-keys"}
    with pytest.raises(ValueError):
        tips.new_cell(keys, tip_uuid=tip, label="note", text="x")


def test_rows_come_unsaved_and_in_order(guarded):
    new = [tips.NewCell("message", "一"), tips.NewCell("file", "二")]
    done = tips.seal_tip(tip_uuid=uuid4(), office=guarded.lower, reporter=REPORTER, cells=new, identity=None)
    assert [cell.uuid for cell in done.cells[:2]] == [item.uuid for item in new]
    assert done.cells[2].label == "reporter-keys"
    assert not Cell.objects.filter(pk=done.cells[0].pk).exists()
    assert len(done.wraps) == 3


def test_another_office_or_reporter_opens_nothing(guarded, sealed):
    tip, _ = sealed
    with pytest.raises(NotAMember):
        tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.root, "chief"))
    with pytest.raises(NotAMember):
        tips.open_as_reporter(tip_uuid=tip, reporter=KeySeed.new())


def test_the_identity_opens_with_both_guardians_of_the_office_above(guarded, sealed):
    tip, done = sealed
    assert done.identity_office == guarded.root == tips.identity_office(guarded.lower)
    keeper = guarded.seed(guarded.root, "keeper", "identity")
    judge = guarded.seed(guarded.root, "judge", "approval")
    assert tips.open_identity(tip_uuid=tip, custodian_seed=keeper, approver_seed=judge) == '{"name": "张三"}'
    for one, other in ((keeper, keeper), (judge, judge), (judge, keeper)):
        with pytest.raises((NotAMember, BadSeal)):
            tips.open_identity(tip_uuid=tip, custodian_seed=one, approver_seed=other)


def test_one_half_is_not_the_key(guarded, sealed):
    from complaints.vault import cells

    tip, _ = sealed
    cell = Cell.objects.get(tip=tip, label="identity")
    place = {"label": "identity", "tip": tip, "row": cell.uuid, "generation": 1, "sealed": cell.sealed}
    for name, purpose, kind in (("keeper", "identity", "identity-a"), ("judge", "approval", "identity-b")):
        wrap = Wrap.objects.get(subject=tip, kind=kind)
        seed = guarded.seed(guarded.root, name, purpose)
        half = wraps.open_wrap(seed.box, wrap.sealed, kind=kind, subject=tip, generation=1)
        with pytest.raises(BadSeal):
            cells.open_cell(half, **place)


def test_guardians_of_the_office_itself_come_first(guarded):
    guarded.grant(guarded.lower, "keeper2", "custodian", by="head")
    assert tips.identity_office(guarded.lower) == guarded.root  # no approver yet
    guarded.grant(guarded.lower, "judge2", "approver", by="head")
    assert tips.identity_office(guarded.lower) == guarded.lower
    _, done = seal(guarded.lower, identity="x")
    assert {wrap.office_id for wrap in done.wraps if wrap.office_id} == {guarded.lower.pk}


def test_without_guardians_no_identity_is_taken(cast):
    assert tips.identity_office(cast.lower) is None
    with pytest.raises(NoIdentityOffice):
        tips.seal_tip(tip_uuid=uuid4(), office=cast.lower, reporter=REPORTER, cells=[], identity="x")


def test_an_anonymous_tip_has_no_identity(guarded):
    _, done = seal(guarded.lower)
    assert "identity" not in {cell.label for cell in done.cells}
    assert not {"identity-a", "identity-b"} & {wrap.kind for wrap in done.wraps}


@pytest.mark.parametrize("label", ["identity", "reporter-keys", "nothing", "canary-office"])
def test_labels_that_callers_may_not_seal(guarded, label):
    with pytest.raises(ValueError):
        seal(guarded.lower, texts=[(label, "x")])


def test_a_later_cell_is_read_with_the_rest(guarded, sealed):
    tip, done = sealed
    office = tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))
    tips.new_cell(office, tip_uuid=tip, label="message", text="请补充").save()
    tips.new_cell(done.talk_key, tip_uuid=tip, label="message", text="补充如下").save()
    reporter = tips.open_as_reporter(tip_uuid=tip, reporter=REPORTER)
    assert {item.text for item in tips.read_cells(reporter, tip, ["message"])} == {"请补充", "补充如下"}


def test_the_reporters_keys_are_those_sealed_at_submit(guarded, sealed):
    tip, _ = sealed
    keys = tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))
    stated = tips.reporter_keys(keys, tip)
    assert (stated.box, stated.sign) == (REPORTER.box_public, REPORTER.sign_public)


# What somebody with the database alone may try


@pytest.fixture
def opened(guarded, sealed):
    tip, _ = sealed
    return tip, tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))


def changed(tip, keys):
    return {item.label for item in tips.read_cells(keys, tip) if item.changed}


def test_swapped_cells_are_shown_as_changed(opened):
    tip, keys = opened
    one, two = (Cell.objects.get(tip=tip, label=label) for label in ("subject", "narrative"))
    Cell.objects.filter(pk=one.pk).update(sealed=two.sealed, hash=two.hash)
    assert changed(tip, keys) == {"subject"}
    assert "经过" not in texts(tips.read_cells(keys, tip, ["subject"])).values()


def test_a_cell_of_another_tip_is_shown_as_changed(guarded, opened):
    tip, keys = opened
    other, _ = seal(guarded.lower, texts=[("narrative", "别的")])
    Cell.objects.filter(tip=other, label="narrative").update(tip=tip)
    assert changed(tip, keys) == {"narrative"}


@pytest.mark.parametrize("generation", [0, 2, 70_000])
def test_a_cell_of_another_generation_is_shown_as_changed(opened, generation):
    tip, keys = opened
    Cell.objects.filter(tip=tip, label="narrative").update(generation=generation)
    assert changed(tip, keys) == {"narrative"}


def test_flipped_bytes_are_shown_as_changed(opened):
    tip, keys = opened
    cell = Cell.objects.get(tip=tip, label="narrative")
    for place in (0, 1, 5, 100, len(cell.sealed) - 1):
        wrong = bytearray(cell.sealed)
        wrong[place] ^= 1
        Cell.objects.filter(pk=cell.pk).update(sealed=bytes(wrong))
        assert changed(tip, keys) == {"narrative"}


def test_a_wrap_of_another_tip_does_not_open_this(guarded, opened):
    tip, _ = opened
    other, _ = seal(guarded.lower)
    Wrap.objects.filter(subject=tip).delete()
    Wrap.objects.filter(subject=other).update(subject=tip)
    with pytest.raises(NotAMember):
        tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))


def test_talk_and_case_keys_do_not_pass_for_each_other(guarded, opened):
    tip, _ = opened
    Wrap.objects.filter(subject=tip, kind="talk").delete()
    Wrap.objects.filter(subject=tip, kind="case").update(kind="talk")
    with pytest.raises(NotAMember):
        tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))


# Generations


def test_a_lower_generation_opens_by_the_chain(guarded, opened):
    tip, keys = opened
    newer = KeySeed.new()
    epoch = directory.current_epoch(guarded.lower)
    Wrap.objects.filter(subject=tip, kind="talk", office=guarded.lower).delete()
    made = []
    for recipient, kind, generation, key in (
        (bytes(epoch.box_public), "talk", 2, newer.seed),
        (newer.box_public, "chain", 1, keys.talk),
    ):
        place = {"kind": kind, "subject": tip, "generation": generation}
        sealed = wraps.seal_wrap(**place, recipient=recipient, key=key)
        made.append(Wrap.objects.create(**place, recipient=wraps.recipient_hash(recipient), sealed=sealed))
    with pytest.raises(NotAMember):  # a later generation that no office has signed
        tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))
    talk = made[0]
    message = wraps.signed_part(
        kind="talk", subject=tip, generation=2, recipient=talk.recipient, sealed=talk.sealed
    )
    talk.signature = guarded.seed(guarded.lower, "head").signing.sign(message).signature
    talk.save()
    again = tips.open_as_office(tip_uuid=tip, office_seed=guarded.seed(guarded.lower, "head"))
    assert (again.generation, again.talk_keys[1]) == (2, keys.talk)
    tips.new_cell(again, tip_uuid=tip, label="message", text="新").save()
    read = tips.read_cells(again, tip)
    assert texts(read)["narrative"] == "经过"
    assert texts(read)["message"] == "新"
    assert not any(item.changed for item in read)


def test_many_are_opened_in_few_queries(guarded, django_assert_max_num_queries):
    made = [seal(guarded.lower)[0] for _ in range(20)]
    seed = guarded.seed(guarded.lower, "head")
    with django_assert_max_num_queries(2):
        keys = tips.open_many_as_office(tip_uuids=made, office_seed=seed)
        read = tips.read_many(keys, ["narrative"])
    assert set(keys) == set(made) == set(read)
    assert all(texts(items) == {"narrative": "经过"} for items in read.values())


def test_a_moved_epoch_is_noticed(cast):
    epoch = directory.current_epoch(cast.lower)
    assert tips.epoch_unchanged(cast.lower, epoch)
    Epoch.objects.create(
        office=cast.lower,
        purpose="office",
        number=2,
        box_public=bytes(32),
        sign_public=bytes(32),
        created_at=epoch.created_at,
    )
    assert not tips.epoch_unchanged(cast.lower, epoch)


def test_a_closed_office_is_noticed(cast):
    epoch = directory.current_epoch(cast.lower)
    Office.objects.filter(pk=cast.lower.pk).update(active=False)
    assert not tips.epoch_unchanged(cast.lower, epoch)


# Messages of the office


def test_a_message_is_from_the_office_that_signed_it(guarded, opened):
    tip, keys = opened
    cell = tips.new_cell(keys, tip_uuid=tip, label="message", text="请补充")
    signature = tips.sign_message(guarded.seed(guarded.lower, "head"), cell)
    assert tips.is_from_office(guarded.lower, cell, signature)
    assert not tips.is_from_office(guarded.root, cell, signature)
    assert not tips.is_from_office(guarded.lower, cell, b"")
    other = tips.new_cell(keys, tip_uuid=tip, label="message", text="请补充")
    assert not tips.is_from_office(guarded.lower, other, signature)


def test_hashes_of_several_cells(guarded):
    _, done = seal(guarded.lower)
    one = done.cells[0]
    assert tips.cells_hash([one]) == bytes(one.hash)
    whole = tips.cells_hash(done.cells)
    assert whole == tips.cells_hash(reversed(done.cells)) != tips.cells_hash(done.cells[1:])
