"""Writing events: the leaf, byte for byte, and what is refused."""

import base64
import datetime as dt
import hashlib
import json
import uuid

import pytest
from django.db import transaction
from django.utils import timezone
from ledger import leaves, notes, services
from ledger.models import Event

TAG, CELL = bytes(range(16)), bytes(range(32))


@pytest.fixture
def event(db):
    return services.record(
        kind="replied",
        actor="user:7",
        tag=TAG,
        at=dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC),
        details={"号": [1, True, None, "二"]},
        cell_hash=CELL,
    )


def test_the_leaf_is_the_documented_one(event):
    event = Event.objects.get(pk=event.pk)  # as the database gives it back
    public = f'{{"date":"2026-03-01","event":"{event.uuid}","kind":"replied","tag":"{TAG.hex()}"}}'
    private = (
        f'{{"actor":"user:7","cell":"{CELL.hex()}",'
        '"details":{"at":"2026-03-01T09:30:00.000000Z","号":[1,true,null,"二"]}}'
    )
    pub = hashlib.sha256(bytes(event.salt_public) + public.encode()).digest()
    priv = hashlib.sha256(bytes(event.salt_private) + private.encode()).digest()
    assert bytes(event.leaf_hash) == hashlib.sha256(b"\0" + pub + priv).digest()
    assert leaves.leaf_of(event) == bytes(event.leaf_hash)


def test_a_reporters_act_has_a_day_and_no_time(db):
    event = services.record(kind="submitted", actor="reporter", tag=TAG)
    assert event.at is None
    assert event.date == timezone.localdate()
    assert b'"at"' not in leaves.private_json(actor="reporter", cell=b"", details={}, at=None)


def test_the_day_is_that_of_the_site(db):
    late = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)  # already the 2nd in Shanghai
    assert services.record(kind="x", actor="system", at=late).date == dt.date(2026, 3, 2)


def test_salts_are_fresh(db):
    first, second = (services.record(kind="x", actor="system") for _ in range(2))
    assert len({first.salt_public, first.salt_private, second.salt_public, second.salt_private}) == 4


@pytest.mark.django_db(transaction=True)
def test_it_must_be_in_a_transaction():
    with pytest.raises(services.NotInTransaction):
        services.record(kind="x", actor="system")
    assert not Event.objects.exists()
    with transaction.atomic():
        services.record(kind="x", actor="system")
    assert Event.objects.count() == 1


@pytest.mark.parametrize("details", [
    {"at": "now"}, {"x": 1.5}, {"x": 2**53}, {"x": "\0"}, {"x": "\ud800"}, {1: "x"}, {"x": b"bytes"},
    {"x": uuid.UUID(int=0)},
])  # fmt: skip
def test_details_without_one_form_are_refused(db, details):
    with pytest.raises(ValueError):
        services.record(kind="x", actor="system", details=details)


@pytest.mark.parametrize("wrong", [{"kind": ""}, {"tag": b"short"}, {"cell_hash": b"short"}])
def test_wrong_sizes_are_refused(db, wrong):
    with pytest.raises(ValueError):
        services.record(**({"kind": "x", "actor": "system"} | wrong))


def test_every_member_is_committed_to(event):
    event.refresh_from_db()
    changes = {
        "kind": "closed", "actor": "user:8", "tag": bytes(16), "date": dt.date(2026, 3, 2),
        "at": event.at + dt.timedelta(microseconds=1), "details": {"号": []}, "cell_hash": bytes(32),
        "uuid": uuid.uuid4(), "salt_public": bytes(32), "salt_private": bytes(32),
    }  # fmt: skip
    for field, value in changes.items():
        before = getattr(event, field)
        setattr(event, field, value)
        assert leaves.leaf_of(event) != bytes(event.leaf_hash), field
        setattr(event, field, before)


def test_the_acknowledgement_is_signed_and_is_no_checkpoint(event, settings):
    note = services.acknowledgement(event)
    public = bytes(notes.signing_key().verify_key)
    text = notes.verify(note, vkey=notes.vkey(notes.key_name(), public))
    origin, day, leaf, end = text.split("\n")
    assert origin == f"{notes.key_name()}/acknowledgement"
    assert not day.isdigit()
    assert (day, end) == ("date 2026-03-01", "")
    assert base64.b64decode(leaf.removeprefix("leaf ")) == bytes(event.leaf_hash)
    for secret in (str(event.uuid), TAG.hex(), "user:7"):
        assert secret not in note


def test_private_json_sorts_as_rfc_8785():
    out = leaves.private_json(actor="a", cell=b"", details={"b": 1, "a": {"d": 1, "c": 2}}, at=None)
    assert out == b'{"actor":"a","cell":"","details":{"a":{"c":2,"d":1},"b":1}}'
    assert json.loads(out)
