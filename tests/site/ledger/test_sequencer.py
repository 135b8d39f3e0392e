"""Appending: order by lot, padding to 64, one process at a time, nothing half done."""

import threading

import pytest
from django.db import connection, transaction
from ledger import merkle, sequencer, services, tree
from ledger.models import Event, Node, Sequencer


def record(n):
    with transaction.atomic():
        return [services.record(kind="x", actor="system", details={"n": i}) for i in range(n)]


def in_tree():
    return [bytes(h) for h in Event.objects.filter(position__isnull=False).order_by("position")
            .values_list("leaf_hash", flat=True)]  # fmt: skip


def test_it_works(db):
    record(3)
    assert sequencer.append_pending() == 3
    head = tree.head()
    assert head.size == 64
    assert head.root == merkle.root(in_tree())
    assert Event.objects.filter(kind=sequencer.PADDING).count() == 61
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(range(64))


def test_an_empty_tree(db):
    assert sequencer.append_pending() == 0
    assert tree.head() == tree.Head(0, merkle.EMPTY_ROOT, None)


def test_nothing_waits_nothing_changes(db):
    record(1)
    sequencer.append_pending()
    before = tree.head()
    assert sequencer.append_pending() == 0
    assert tree.head() == before


@pytest.mark.parametrize("count", [64, 65, 128])
def test_padding_only_up_to_the_next_64(db, count):
    record(count)
    sequencer.append_pending()
    assert tree.head().size == -(-count // 64) * 64


def test_growth_over_many_batches_and_every_proof(db):
    roots = {0: merkle.EMPTY_ROOT}
    for count in (1, 70, 5, 200, 64):
        record(count)
        sequencer.append_pending()
        roots[tree.head().size] = tree.head().root
    leaves, size = in_tree(), tree.head().size
    assert size == 64 + 128 + 64 + 256 + 64
    assert tree.head().root == merkle.root(leaves)
    for position in (0, 1, 63, 64, 200, size - 1):
        proof = tree.inclusion_proof(position, size)
        assert proof == merkle.inclusion_proof(position, leaves)
        merkle.verify_inclusion(leaves[position], position, size, proof, roots[size])
    for old, root in roots.items():
        assert tree.root_at(old) == root
        if not old:
            continue
        merkle.verify_consistency(old, size, tree.consistency_proof(old, size), root, roots[size])
    assert Node.objects.count() == sum(size >> level for level in range(size.bit_length()))


def test_a_large_backlog_goes_in_batches(db, monkeypatch):
    monkeypatch.setattr(sequencer, "MOST", 128)
    record(300)
    assert sequencer.append_pending() == 300
    assert tree.head().size == 320
    assert tree.head().root == merkle.root(in_tree())


def test_the_order_is_drawn_by_lot(db):
    made = [event.uuid for event in record(64)]
    sequencer.append_pending()
    order = list(Event.objects.order_by("position").values_list("uuid", flat=True))
    assert sorted(order) == sorted(made)
    assert order != made
    assert order != sorted(made)


def test_a_crash_in_the_middle_leaves_nothing(db, monkeypatch):
    record(3)
    with monkeypatch.context() as patch:
        patch.setattr(sequencer, "_grow", lambda *a: (_ for _ in ()).throw(MemoryError()))
        with pytest.raises(MemoryError):
            sequencer.append_pending()
    assert tree.head().size == 0
    assert not Event.objects.exclude(position=None).exists()
    assert Event.objects.count() == 3  # no padding of the batch that was not
    assert sequencer.append_pending() == 3
    assert tree.head().root == merkle.root(in_tree())


@pytest.mark.django_db(transaction=True)
def test_four_at_once_append_each_event_once():
    record(200)
    errors, counts = [], []

    def run():
        try:
            counts.append(sequencer.append_pending())
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert sum(counts) == 200
    assert Sequencer.objects.get().size == 256
    assert tree.head().root == merkle.root(in_tree())


def test_no_proof_beyond_the_tree(db):
    record(1)
    sequencer.append_pending()
    for wrong in (lambda: tree.inclusion_proof(0, 65), lambda: tree.inclusion_proof(64, 64),
                  lambda: tree.consistency_proof(1, 65), lambda: tree.consistency_proof(65, 64)):  # fmt: skip
        with pytest.raises(ValueError):
            wrong()


def test_reading_costs_few_queries(db, django_assert_max_num_queries):
    record(200)
    sequencer.append_pending()
    with django_assert_max_num_queries(2):
        tree.head()
    with django_assert_max_num_queries(2):
        tree.inclusion_proof(77, 256)
