"""Two of three holder codes: the drill, and an office that nobody could open any more."""

from __future__ import annotations

import itertools
import json
from io import StringIO

import pytest
from accounts.keys import KeySeed
from accounts.models import StaffKey
from django.core.management import CommandError, call_command
from ledger.models import Event

from complaints.vault import checking, directory, holders, offices, recovery, tips
from complaints.vault.errors import BadSeal, DirectoryBroken, Mistyped, NotAMember, Refused
from complaints.vault.models import DirectoryEntry, Membership, Wrap

PASSWORD = "correct horse battery staple"


def pair(cast, one=0, other=2):
    return recovery.pair_of(cast.codes[one], cast.codes[other])


def lose(cast, *names):
    """These have forgotten their passwords: new pairs, nothing is sealed to them."""
    for name in names:
        fresh = KeySeed.new()
        StaffKey.objects.filter(user=cast.users[name]).update(
            box_public=fresh.box_public, sign_public=fresh.sign_public
        )
        cast.seeds[name] = fresh


def test_any_two_codes_open_everything_in_any_order(guarded):
    for one, other in itertools.permutations(range(3), 2):
        tried = recovery.drill(pair(guarded, one, other))
        assert len(tried) == 4
        assert all(item.well for item in tried)
    assert Event.objects.filter(kind="drill").count() == 6
    assert checking.check().faults == []


def test_a_drill_tells_what_does_not_open(guarded):
    Wrap.objects.filter(user=None, subject=guarded.lower.uuid, kind="office-seed").delete()
    closed = [item for item in recovery.drill(pair(guarded)) if not item.well]
    assert [(item.office, item.purpose, item.epoch) for item in closed] == [("lower", "office", 1)]


def test_codes_that_do_not_serve(cast):
    stranger = holders.code_of(KeySeed.new())
    with pytest.raises(Refused):
        recovery.pair_of(cast.codes[0], cast.codes[0])
    with pytest.raises(Refused):
        recovery.pair_of(cast.codes[0], stranger)
    with pytest.raises(Mistyped):
        recovery.pair_of(cast.codes[0], cast.codes[1][:-1] + "0")


def test_an_office_whose_people_are_gone(guarded):
    """The head has lost the password: two holders give the office to somebody new, and old tips open."""
    cast = guarded
    cast.grant(cast.lower, "hand", "handler", by="head")
    reporter = KeySeed.new()
    done = tips.seal_tip(
        tip_uuid=cast.lower.uuid, office=cast.lower, reporter=reporter, cells=[], identity=None
    )
    Wrap.objects.bulk_create(done.wraps)
    lose(cast, "head", "hand")
    user = cast.person("new")
    job = recovery.recover(office=cast.lower, pair=pair(cast), user=user, seed=cast.seeds["new"])
    assert job.total == 1
    chain = directory.verify(cast.lower)
    assert set(chain.last.members) == {(user.pk, "administrator")}
    assert chain.epoch_numbers["office"] == 2
    assert cast.seed(cast.lower, "new", epoch=2)
    older = cast.seed(cast.lower, "new", epoch=1)
    assert tips.open_as_office(tip_uuid=cast.lower.uuid, office_seed=older).talk == done.talk_key
    for name in ("head", "hand"):
        with pytest.raises(NotAMember):
            cast.seed(cast.lower, name)
    cast.grant(cast.lower, "hand", "handler", by="new")  # and work goes on
    assert cast.seed(cast.lower, "hand")
    assert checking.check().faults == []


def test_the_topmost_office(cast):
    lose(cast, "chief")
    user = cast.person("new")
    recovery.recover(office=cast.root, pair=pair(cast, 1, 2), user=user, seed=cast.seeds["new"])
    assert cast.seed(cast.root, "new", epoch=2)
    assert set(directory.verify(cast.root).last.with_role("administrator")) == {user.pk}
    assert directory.current_epoch(cast.lower)  # the chain below still stands on it


def test_guardians_who_are_gone(guarded):
    cast = guarded
    done = tips.seal_tip(
        tip_uuid=cast.root.uuid, office=cast.root, reporter=KeySeed.new(), cells=[], identity='{"name": "张"}'
    )
    Wrap.objects.bulk_create(done.wraps)
    done.cells[-1].save(force_insert=True)
    lose(cast, "keeper")
    new = cast.person("new")
    handed = recovery.hand_guardian(
        office=cast.root,
        pair=pair(cast),
        administrator=cast.users["chief"],
        seed=cast.seeds["chief"],
        user=new,
        role="custodian",
    )
    assert handed == [1]
    text = tips.open_identity(
        tip_uuid=cast.root.uuid,
        custodian_seed=cast.seed(cast.root, "new", "identity", 1),
        approver_seed=cast.seed(cast.root, "judge", "approval"),
    )
    assert json.loads(text) == {"name": "张"}


def test_a_recovery_that_holders_have_not_signed(cast):
    user = cast.person("thief")
    recovery.recover(office=cast.lower, pair=pair(cast), user=user, seed=cast.seeds["thief"])
    entry = DirectoryEntry.objects.get(kind="recovery")
    office, first, second = entry.signatures
    stranger = KeySeed.new()
    message = directory.CONTEXT + bytes(entry.body)
    by_stranger = {
        "by": "holder",
        "key": stranger.sign_public.hex(),
        "signature": stranger.signing.sign(message).signature.hex(),
    }
    wrong = [[office, first, first], [office, first, by_stranger], [first, second], [office, second, first]]
    for place in range(64):
        flipped = bytearray.fromhex(second["signature"])
        flipped[place] ^= 1
        wrong.append([office, first, {**second, "signature": flipped.hex()}])
    assert directory.verify(cast.lower)
    for signatures in wrong:
        DirectoryEntry.objects.filter(pk=entry.pk).update(signatures=signatures)
        with pytest.raises(DirectoryBroken):
            directory.verify(cast.lower)


def test_holders_cannot_be_one_and_the_same(cast):
    user = cast.person("thief")
    two = pair(cast)
    twice = recovery.Pair((0, 0), (two.keys[0], two.keys[0]))
    with pytest.raises(BadSeal):
        recovery.recover(office=cast.lower, pair=twice, user=user, seed=cast.seeds["thief"])
    seed = cast.seed(cast.lower, "head")
    chain = directory.verify(cast.lower)
    with pytest.raises(DirectoryBroken):
        recovery._name(chain, twice, user, offices.staff_keys(user), seed)


def test_the_command(guarded, tmp_path):
    cast = guarded
    codes, password = tmp_path / "codes", tmp_path / "password"
    codes.write_text(f"{cast.codes[2]}\n{cast.codes[0]}\n")
    password.write_text(PASSWORD + "\n")
    out = StringIO()
    call_command("vault_recover", "--check", codes=codes, stdout=out)
    assert "4 epochs, 0 closed" in out.getvalue()
    lose(cast, "head")
    cast.person("new")
    call_command(
        "vault_recover", office="lower", administrator="new", codes=codes, password=password, stdout=out
    )
    assert Membership.objects.filter(user=cast.users["new"], role="administrator", ended_at=None).exists()
    for code in cast.codes:
        assert code not in out.getvalue()
    for wrong in ({}, {"check": True, "office": "lower"}, {"office": "none", "administrator": "new"}):
        with pytest.raises(CommandError):
            call_command("vault_recover", codes=codes, password=password, stdout=out, **wrong)
    codes.write_text(f"{cast.codes[2]}\n{cast.codes[0][:-1]}\n")
    with pytest.raises(CommandError, match="14 groups"):
        call_command("vault_recover", "--check", codes=codes, stdout=out)


def test_one_canary_a_seed_opens_for_its_member(guarded, tmp_path):
    password, out = tmp_path / "password", StringIO()
    password.write_text(PASSWORD)
    call_command("vault_check", member="keeper", password=password, stdout=out, stderr=out)
    assert "CANARY root office: opens" in out.getvalue()
    assert "CANARY root identity: opens" in out.getvalue()
    assert "approval" not in out.getvalue()
    Wrap.objects.filter(kind="canary", subject=guarded.root.uuid).update(sealed=b"x" * 100)
    with pytest.raises(SystemExit):
        call_command("vault_check", member="keeper", password=password, stdout=out, stderr=out)
    assert "CANARY root office: CLOSED" in out.getvalue()
