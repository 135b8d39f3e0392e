"""The signed directory: whoever changes it in SQL stops the sealing."""

from __future__ import annotations

import json
from io import StringIO
from uuid import UUID

import pytest
import rfc8785
from accounts.keys import KeySeed
from config import env
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from complaints.vault import directory, pins, root, services, tips
from complaints.vault.errors import DirectoryBroken, NotReady
from complaints.vault.models import DirectoryEntry, Epoch, Office


def entries(office):
    return DirectoryEntry.objects.filter(office=office).order_by("number")


def broken(office):
    with pytest.raises(DirectoryBroken):
        directory.current_epoch(office)
    with pytest.raises(DirectoryBroken):
        tips.seal_tip(tip_uuid=office.uuid, office=office, reporter=KeySeed.new(), cells=[], identity=None)
    return True


def set_signature(entry, number, **changed):
    signatures = [dict(item) for item in entry.signatures]
    signatures[number] |= changed
    DirectoryEntry.objects.filter(pk=entry.pk).update(signatures=signatures)


def test_it_works(guarded):
    for office in (guarded.root, guarded.lower):
        epoch = directory.current_epoch(office)
        assert (epoch.number, epoch.purpose) == (1, "office")
    assert directory.current_epoch(guarded.root, "identity").number == 1
    chain = directory.verify(guarded.lower)
    assert chain.top.office == guarded.root
    assert len(chain.top.last.holders) == 3
    assert services.site_ready()


def test_an_office_without_guardians_has_no_such_epoch(cast):
    with pytest.raises(NotReady):
        directory.current_epoch(cast.lower, "identity")


def test_bodies_are_canonical_and_chained(guarded):
    previous = directory.FIRST
    for entry in entries(guarded.root):
        body = bytes(entry.body)
        assert rfc8785.dumps(json.loads(body)) == body
        assert bytes(entry.previous) == previous
        previous = bytes(entry.hash)


def test_no_flipped_byte_of_any_signature_is_missed(guarded):
    for entry in DirectoryEntry.objects.all():
        for number, item in enumerate(entry.signatures):
            for place in range(64):
                wrong = bytearray.fromhex(item["signature"])
                wrong[place] ^= 1
                set_signature(entry, number, signature=wrong.hex())
                with pytest.raises(DirectoryBroken):
                    directory.verify(guarded.lower)
            set_signature(entry, number)
    assert directory.current_epoch(guarded.lower)


def test_no_flipped_byte_of_any_body_is_missed(guarded):
    # Every seventh byte, from another start in each entry: a replay is a few milliseconds.
    for entry in DirectoryEntry.objects.all():
        body = bytes(entry.body)
        for place in range(entry.number % 7, len(body), 7):
            wrong = bytearray(body)
            wrong[place] ^= 1
            DirectoryEntry.objects.filter(pk=entry.pk).update(body=bytes(wrong))
            with pytest.raises(DirectoryBroken):
                directory.verify(guarded.lower)
        DirectoryEntry.objects.filter(pk=entry.pk).update(body=body)
    assert directory.current_epoch(guarded.lower)


def test_a_changed_body_with_a_matching_hash_is_not_signed(cast):
    entry = entries(cast.lower).first()
    body = json.loads(bytes(entry.body))
    body["epoch"] = directory.Keys(*[KeySeed.new().box_public] * 2).fields()
    raw = rfc8785.dumps(body)
    DirectoryEntry.objects.filter(pk=entry.pk).update(body=raw, hash=directory.entry_hash(raw))
    assert broken(cast.lower)


@pytest.mark.parametrize("change", ["none", "one", "twice", "swapped", "other key"])
def test_exactly_those_who_must_have_signed(cast, change):
    entry = entries(cast.root).get(number=3)
    one, two = entry.signatures
    stranger = KeySeed.new()
    forged = {
        "by": "member",
        "key": stranger.sign_public.hex(),
        "signature": stranger.signing.sign(directory.CONTEXT + bytes(entry.body)).signature.hex(),
    }
    wrong = {
        "none": [],
        "one": [one],
        "twice": [one, one],
        "swapped": [two, one],
        "other key": [one, forged],
    }[change]
    DirectoryEntry.objects.filter(pk=entry.pk).update(signatures=wrong)
    assert broken(cast.root)


@pytest.mark.parametrize(
    "signatures", [None, {}, 7, ["x"], [{"by": "root"}], [{"by": 1, "key": 2, "signature": 3}] * 2]
)
def test_signatures_that_are_no_signatures(cast, signatures):
    entry = entries(cast.root).get(number=3)
    with connection.cursor() as cursor:
        pk = entry.pk.hex if connection.vendor == "sqlite" else entry.pk
        cursor.execute(
            "UPDATE vault_directoryentry SET signatures = %s WHERE uuid = %s", [json.dumps(signatures), pk]
        )
    assert broken(cast.root)


def test_an_entry_removed_from_the_middle(guarded):
    entries(guarded.root).get(number=4).delete()
    assert broken(guarded.root)


def test_the_first_entry_removed(cast):
    entries(cast.lower).delete()
    assert broken(cast.lower)


def test_entries_in_another_order(guarded):
    one, two = entries(guarded.root).get(number=4), entries(guarded.root).get(number=5)
    rows = entries(guarded.root)
    rows.filter(pk=one.pk).update(number=99)
    rows.filter(pk=two.pk).update(number=4)
    rows.filter(pk=one.pk).update(number=5)
    assert broken(guarded.root)


def test_an_entry_replayed(guarded):
    entry = entries(guarded.root).get(number=4)
    last = entries(guarded.root).last()
    DirectoryEntry.objects.create(
        office=guarded.root,
        number=last.number + 1,
        kind=entry.kind,
        body=entry.body,
        previous=last.hash,
        hash=b"\1" * 32,
        signatures=entry.signatures,
    )
    assert broken(guarded.root)


def test_an_entry_of_one_office_moved_to_another(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    entry = entries(cast.lower).last()
    DirectoryEntry.objects.filter(pk=entry.pk).update(office=cast.root, number=entries(cast.root).count() + 1)
    assert broken(cast.root)


def slip_in(cast, office, signer_office: KeySeed, signer: KeySeed, fields, kind="member", by=None):
    """An entry that fits the chain, written by somebody with these keys."""
    chain = directory.verify(office)
    directory.append(
        office=office,
        kind=kind,
        number=len(chain.states),
        previous=chain.last.hash,
        fields=fields,
        by=by if by is not None else cast.users["head"].pk,
        signers=[("office", signer_office.signing), ("member", signer.signing)],
    )


def member_fields(cast, name="thief", role="administrator"):
    cast.person(name)
    seed = cast.seeds[name]
    keys = directory.Keys(seed.box_public, seed.sign_public)
    return {"user": cast.users[name].pk, "role": role, **keys.fields()}


def test_an_entry_slipped_in_with_keys_of_its_own(cast):
    slip_in(cast, cast.lower, KeySeed.new(), KeySeed.new(), member_fields(cast))
    assert broken(cast.lower)


def test_the_office_seed_alone_which_every_member_holds_is_not_enough(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    seed = cast.seed(cast.lower, "hand")
    slip_in(cast, cast.lower, seed, cast.seeds["hand"], member_fields(cast), by=cast.users["hand"].pk)
    assert broken(cast.lower)


def test_an_administrator_of_another_office_is_not_enough(cast):
    seed = cast.seed(cast.lower, "head")
    slip_in(cast, cast.lower, seed, cast.seeds["chief"], member_fields(cast), by=cast.users["chief"].pk)
    assert broken(cast.lower)


def test_an_epoch_of_a_member_who_is_no_administrator(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    mine = KeySeed.new()
    fields = {"purpose": "office", "epoch": 2, "box": mine.box_public.hex(), "sign": mine.sign_public.hex()}
    seed, by = cast.seed(cast.lower, "hand"), cast.users["hand"].pk
    slip_in(cast, cast.lower, seed, cast.seeds["hand"], fields, kind="epoch", by=by)
    assert broken(cast.lower)


def test_even_an_administrator_cannot_make_one_person_both_guardians(cast):
    cast.grant(cast.lower, "keeper", "custodian", by="head")
    seed = cast.seed(cast.lower, "head")
    slip_in(cast, cast.lower, seed, cast.seeds["head"], member_fields(cast, "keeper", "approver"))
    assert broken(cast.lower)


def test_new_holders_in_a_lower_office_are_refused(cast):
    seed = cast.seed(cast.lower, "head")
    fields = {"holders": [KeySeed.new().box_public.hex()] * 3}
    slip_in(cast, cast.lower, seed, cast.seeds["head"], fields, kind="holders")
    assert broken(cast.lower)


def test_an_office_that_the_one_above_does_not_name(cast):
    entries(cast.root).get(kind="child").delete()
    assert broken(cast.lower)
    assert directory.current_epoch(cast.root)  # its own keys are still true


def test_an_office_moved_under_another(cast):
    Office.objects.filter(pk=cast.lower.pk).update(parent=None)
    assert broken(Office.objects.get(pk=cast.lower.pk))


def test_an_office_above_itself(cast):
    Office.objects.filter(pk=cast.root.pk).update(parent=cast.lower)
    assert broken(Office.objects.get(pk=cast.lower.pk))


@pytest.mark.parametrize("field", ["box_public", "sign_public"])
def test_a_key_swapped_in_the_row_of_the_epoch(cast, field):
    Epoch.objects.filter(office=cast.lower).update(**{field: KeySeed.new().box_public})
    assert broken(cast.lower)


def test_the_row_of_the_epoch_deleted(cast):
    Epoch.objects.filter(office=cast.lower).delete()
    assert broken(cast.lower)


def test_another_root(cast, settings):
    settings.VAULT_ROOT = KeySeed.new().sign_public.hex()
    with pytest.raises(NotReady):  # two pinned roots that differ
        directory.current_epoch(cast.root)
    root.public_file().unlink()
    assert broken(cast.root)


@pytest.mark.parametrize("text", ["zz", "00", "0" * 63])
def test_a_root_that_is_no_key(cast, settings, text):
    root.public_file().write_text(text)
    with pytest.raises(NotReady):
        directory.current_epoch(cast.root)


# Pins


def test_a_rollback_is_noticed(real_cast):
    cast = real_cast
    cast.grant(cast.lower, "hand", "handler", by="head")
    entries(cast.lower).last().delete()
    assert broken(cast.lower)
    assert directory.verify(cast.lower)  # it can still be read


def test_a_rollback_is_noticed_by_the_file_alone(real_cast):
    real_cast.grant(real_cast.lower, "hand", "handler", by="head")
    pins._memory.clear()
    entries(real_cast.lower).last().delete()
    assert broken(real_cast.lower)


def test_a_rollback_is_noticed_by_memory_alone(real_cast):
    real_cast.grant(real_cast.lower, "hand", "handler", by="head")
    pins._file(real_cast.lower.uuid).unlink()
    entries(real_cast.lower).last().delete()
    assert broken(real_cast.lower)


def test_a_rollback_of_the_office_above_is_noticed(real_cast):
    real_cast.grant(real_cast.root, "hand", "handler", by="chief")
    entries(real_cast.root).last().delete()
    assert broken(real_cast.lower)


def test_a_fork_is_noticed(real_cast):
    """An administrator signs another entry in place of the last: true signatures, another history."""
    cast = real_cast
    seed = cast.seed(cast.lower, "head")
    cast.grant(cast.lower, "hand", "handler", by="head")
    entries(cast.lower).last().delete()
    from django.db import transaction

    with transaction.atomic():
        slip_in(cast, cast.lower, seed, cast.seeds["head"], member_fields(cast, "thief", "handler"))
    assert directory.verify(cast.lower)
    assert broken(cast.lower)


def test_what_was_rolled_back_by_the_database_itself_is_not_pinned(real_cast):
    from django.db import transaction

    cast = real_cast
    cast.person("hand")
    with transaction.atomic():
        cast.grant(cast.lower, "hand", "handler", by="head")
        transaction.set_rollback(True)
    assert directory.current_epoch(cast.lower)
    cast.grant(cast.lower, "hand", "triage", by="head")
    assert directory.current_epoch(cast.lower)


def test_a_pin_that_cannot_be_read_stops_sealing(real_cast):
    pins._memory.clear()
    pins._file(real_cast.lower.uuid).write_text("{")
    assert broken(real_cast.lower)


def test_a_pin_never_goes_back(real_cast):
    office = real_cast.root.uuid
    kept = pins._file(office).read_text()
    pins.advance(office, pins.Pin(1, b"\0" * 32, {"office": 1}))
    pins._memory.clear()
    pins.advance(office, pins.Pin(1, b"\0" * 32, {"office": 1}))
    assert pins._file(office).read_text() == kept


def test_verifying_costs_two_queries_more_than_the_epoch(guarded, django_assert_max_num_queries):
    office = Office.objects.get(pk=guarded.lower.pk)
    with django_assert_max_num_queries(3):
        directory.current_epoch(office)


def test_a_row_of_an_epoch_too_many(cast):
    epoch = directory.current_epoch(cast.lower)
    Epoch.objects.create(
        office=cast.lower,
        purpose="office",
        number=2,
        box_public=KeySeed.new().box_public,
        sign_public=KeySeed.new().sign_public,
        created_at=epoch.created_at,
    )
    assert broken(cast.lower)


def test_pins_from_the_environment(real_cast, settings, monkeypatch):
    """A host whose var/ is new each time: it knows from its settings how far a chain had come."""
    office, chain = real_cast.lower, directory.verify(real_cast.lower)
    real_cast.grant(office, "hand", "handler", by="head")
    out = StringIO()
    call_command("vault_check", "--pins", stdout=out)
    monkeypatch.setenv("VAULT_PINS", out.getvalue().partition("VAULT_PINS=")[2])
    settings.VAULT_PINS = env.pins("VAULT_PINS")
    pins._memory.clear()
    pins._file(office.uuid).unlink()
    assert directory.current_epoch(office)
    DirectoryEntry.objects.filter(office=office, number=len(chain.states)).delete()
    pins._memory.clear()
    pins._file(office.uuid).unlink()
    with pytest.raises(DirectoryBroken):
        directory.current_epoch(office)


@pytest.mark.parametrize("given", ["x", "a:1:00", f"{UUID(int=1)}:one:00", f"{UUID(int=1)}:1:zz"])
def test_pins_that_cannot_be_read_stop_the_start(monkeypatch, given):
    monkeypatch.setenv("VAULT_PINS", given)
    with pytest.raises(ImproperlyConfigured, match="VAULT_PINS"):
        env.pins("VAULT_PINS")
