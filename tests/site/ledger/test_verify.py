"""Whoever changes a row is found, and the event is named."""

import datetime as dt
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from ledger import leaves, sequencer, services, tree, verify
from ledger.models import Event, Node


@pytest.fixture
def ledger(db):
    with transaction.atomic():
        for i in range(70):
            services.record(kind="x", actor="system", details={"n": i}, at=None)
    sequencer.append_pending()
    with transaction.atomic():
        services.record(kind="waits", actor="system")


def faults():
    return [str(fault) for fault in verify.verify(verify.Result())]


def test_an_untouched_ledger(ledger, capsys):
    result = verify.Result()
    assert list(verify.verify(result)) == []
    assert (result.size, result.waiting, result.root) == (128, 1, tree.head().root)
    call_command("ledger_verify")
    assert tree.head().root.hex() in capsys.readouterr().out


def test_an_empty_ledger(db):
    assert faults() == []


@pytest.mark.parametrize("change", [
    {"kind": "y"}, {"date": dt.date(2020, 1, 1)}, {"actor": "user:1"}, {"details": {"n": -1}},
    {"tag": bytes(16)}, {"cell_hash": bytes(32)}, {"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
])  # fmt: skip
def test_a_changed_event_is_named(ledger, change):
    event = Event.objects.get(position=77)
    Event.objects.filter(pk=event.pk).update(**change)
    assert faults() == [f"event {event.uuid}: its content is not what its leaf commits to"]
    with pytest.raises(CommandError):
        call_command("ledger_verify")


def test_a_changed_event_with_its_leaf_made_anew(ledger):
    event = Event.objects.get(position=77)
    event.date = dt.date(2020, 1, 1)
    event.leaf_hash = leaves.leaf_of(event)
    event.save()
    found = faults()
    assert found[0] == f"event {event.uuid}: its leaf is not the one in the tree at 77"
    assert found[-1] == "the head's root is not that of the leaves"


def test_a_deleted_event(ledger):
    leaf = bytes(Event.objects.get(position=5).leaf_hash).hex()
    Event.objects.filter(position=5).delete()
    assert faults() == [f"no event stands at 5: it was deleted (leaf {leaf})"]


def test_an_event_deleted_before_it_was_appended_leaves_no_trace_but_a_changed_one_does(ledger):
    Event.objects.filter(kind="waits").update(actor="user:9")
    assert len(faults()) == 1


def test_two_events_exchanged(ledger):
    first, second = Event.objects.get(position=1), Event.objects.get(position=2)
    Event.objects.filter(pk=first.pk).update(position=None)
    Event.objects.filter(pk=second.pk).update(position=1)
    Event.objects.filter(pk=first.pk).update(position=2)
    assert sum("its leaf is not the one" in fault for fault in faults()) == 2


def test_a_changed_hash_inside_the_tree(ledger):
    Node.objects.filter(level=3, index=4).update(hash=bytes(32))
    assert faults() == ["the hash of subtree 4 of level 3 is not that of its leaves"]


def test_a_missing_hash(ledger):
    Node.objects.filter(level=7, index=0).delete()
    assert "the hash of subtree 0 of level 7 is missing" in faults()


def test_an_event_put_beyond_the_tree(ledger):
    Event.objects.filter(kind="waits").update(position=500)
    assert any("beyond the 128 leaves" in fault for fault in faults())


def test_over_several_chunks(ledger, monkeypatch):
    monkeypatch.setattr(verify, "CHUNK", 48)
    assert faults() == []
    Event.objects.filter(position=100).update(kind="y")
    assert len(faults()) == 1


def test_json(ledger, capsys):
    Event.objects.filter(position=5).update(kind="y")
    with pytest.raises(CommandError):
        call_command("ledger_verify", "--json")
    out = json.loads(capsys.readouterr().out)
    assert out["faults"] == 1
    assert out["first"][0]["event"]
