"""Three new holders in the place of the old: two of these agree, and nothing that they sign later counts."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from accounts.keys import KeySeed
from django.core.management import CommandError, call_command

from complaints.vault import checking, directory, offices, recovery
from complaints.vault.errors import BadSeal, DirectoryBroken, Refused
from complaints.vault.models import DirectoryEntry, Wrap
from tests.complaints.vault.conftest import PASSWORD
from tests.complaints.vault.test_recovery import lose, pair


def replaced(cast, name="chief"):
    """The new codes, and how many epochs were sealed anew."""
    told: list[str] = []
    count = recovery.replace_holders(
        pair=pair(cast), user=cast.users[name], seed=cast.seeds[name], tell=told.extend
    )
    return told, count


def test_it_works(guarded):
    cast = guarded
    before = recovery.drill(pair(cast))
    told, count = replaced(cast)
    assert count == len(before) == 4
    with pytest.raises(Refused):
        pair(cast)
    fresh = recovery.pair_of(told[2], told[0])
    assert [item.well for item in recovery.drill(fresh)] == [True] * 4
    assert checking.check().faults == []
    assert Wrap.objects.filter(user=None, kind__in=offices.SEED_KINDS.values()).count() == 4 * 3


def test_the_old_open_nothing_that_is_there(guarded):
    old = pair(guarded)
    chains = [directory.verify(office) for office in (guarded.root, guarded.lower)]
    replaced(guarded)
    for chain in chains:
        for purpose in chain.last.epochs:
            with pytest.raises(BadSeal):
                recovery.open_seed(chain, old, purpose, 1)


def test_what_comes_later_is_sealed_to_the_new(cast):
    told, _count = replaced(cast)
    cast.person("third")
    later = offices.create_office(
        parent=cast.lower,
        code="third",
        name="镇纪委",
        administrator=cast.users["third"],
        granter=cast.seeds["head"],
        granted_by=cast.users["head"],
    )
    lose(cast, "head", "third")
    fresh = recovery.pair_of(told[0], told[1])
    for office in (cast.lower, later):
        user = cast.person(f"new-{office.code}")
        recovery.recover(office=office, pair=fresh, user=user, seed=cast.seeds[user.username])
        assert cast.seed(office, user.username, epoch=2)
    again: list[str] = []
    recovery.replace_holders(
        pair=fresh, user=cast.users["chief"], seed=cast.seeds["chief"], tell=again.extend
    )
    assert all(item.well for item in recovery.drill(recovery.pair_of(again[1], again[2])))
    assert checking.check().faults == []


def test_an_administrator_alone_cannot_name_holders(cast):
    """With the office's key, own key and the database: who holds codes opens everything, identities too."""
    chain = directory.verify(cast.root)
    own = [KeySeed.new() for _ in range(3)]
    fields = {
        "holders": [item.box_public.hex() for item in own],
        "signs": [item.sign_public.hex() for item in own],
        "pair": [0, 1],
    }
    signers = [("office", cast.seed(cast.root, "chief").signing), ("member", cast.seeds["chief"].signing)]
    theirs = [*signers, ("holder", own[0].signing), ("holder", own[1].signing)]
    for chosen in (signers, theirs):
        with pytest.raises(DirectoryBroken):
            offices.append(chain, "holders", fields, cast.users["chief"], chosen)
        DirectoryEntry.objects.filter(office=cast.root, number=len(chain.states)).delete()
    assert directory.verify(cast.root)


@pytest.mark.parametrize("where", ["root", "lower"])
def test_who_must_have_signed(cast, where):
    replaced(cast)
    entry = (
        DirectoryEntry.objects.filter(office=getattr(cast, where), kind="holders").order_by("number").last()
    )
    first, *rest = entry.signatures
    other = KeySeed.new()
    forged = {
        "by": "holder",
        "key": other.sign_public.hex(),
        "signature": other.signing.sign(directory.CONTEXT + bytes(entry.body)).signature.hex(),
    }
    wrong = [
        [first, *rest[:-1]],
        [first, *rest[:-1], rest[-2]],
        [first, *rest[::-1]],
        [first, *rest[:-1], forged],
    ]
    for place in range(64):
        flipped = bytearray.fromhex(rest[-1]["signature"])
        flipped[place] ^= 1
        wrong.append([first, *rest[:-1], {**rest[-1], "signature": flipped.hex()}])
    for signatures in wrong:
        DirectoryEntry.objects.filter(pk=entry.pk).update(signatures=signatures)
        with pytest.raises(DirectoryBroken):
            directory.verify(cast.lower)


@pytest.mark.parametrize("born", ["before", "after"])
def test_what_old_holders_sign_later_does_not_count(cast, born):
    """Neither by naming the time in which they were holders, nor for an office that is younger."""
    old, then, thief = pair(cast), directory.verify(cast.root), cast.person("thief")
    replaced(cast)
    office = cast.lower
    if born == "after":
        cast.person("third")
        office = offices.create_office(
            parent=cast.lower,
            code="third",
            name="镇纪委",
            administrator=cast.users["third"],
            granter=cast.seeds["head"],
            granted_by=cast.users["head"],
        )
    chain = directory.verify(office)
    office_seed = cast.seed(office, "head" if born == "before" else "third")
    keys = offices.staff_keys(thief)
    for top in (then.last.hash, chain.top.last.hash, b"\1" * 32):
        fields = {
            "user": thief.pk,
            "role": "administrator",
            **keys.fields(),
            "holders": list(old.numbers),
            "top": top.hex(),
        }
        signers = [("office", office_seed.signing), *(("holder", key.signing) for key in old.keys)]
        with pytest.raises(DirectoryBroken):
            offices.append(chain, "recovery", fields, thief, signers)
        DirectoryEntry.objects.filter(office=office, number=len(chain.states)).delete()
    assert directory.verify(office)


def test_codes_that_reach_nobody_change_nothing(real_cast):
    def tell(codes):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        recovery.replace_holders(
            pair=pair(real_cast), user=real_cast.users["chief"], seed=real_cast.seeds["chief"], tell=tell
        )
    assert all(item.well for item in recovery.drill(pair(real_cast)))
    assert checking.check().faults == []


def test_who_may_not(cast):
    for name in ("head", "stranger"):
        cast.person(name)
        with pytest.raises(Refused):
            replaced(cast, name)


def test_the_command(real_cast, tmp_path):
    codes, password, new = tmp_path / "old", tmp_path / "password", tmp_path / "new.json"
    codes.write_text("\n".join(real_cast.codes[1:]))
    password.write_text(PASSWORD)
    out, given = StringIO(), {"codes": codes, "password": password, "administrator": "chief"}
    with pytest.raises(CommandError, match="never to a log"):
        call_command("vault_holders", stdout=out, **given)
    call_command("vault_holders", stdout=out, out=new, **given)
    told = json.loads(new.read_text())["holders"]
    assert not [code for code in told if code in out.getvalue()]
    assert new.stat().st_mode & 0o777 == 0o600
    assert out.getvalue().rstrip().endswith("2 epochs are sealed to them.")
    assert all(item.well for item in recovery.drill(recovery.pair_of(*told[:2])))
    with pytest.raises(CommandError, match="is there already"):
        call_command("vault_holders", stdout=out, out=new, **given)
    with pytest.raises(CommandError):
        call_command("vault_holders", stdout=out, out=tmp_path / "more", **given)  # the old codes
    assert not (tmp_path / "more").exists()
