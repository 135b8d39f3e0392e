"""Who holds which seed."""

from __future__ import annotations

import pytest
from ledger.models import Event

from complaints.vault import directory, holders, offices, root, services, wraps
from complaints.vault.errors import NotAMember, NotReady, Refused
from complaints.vault.models import Membership, Wrap


def test_it_works(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    seed = cast.seed(cast.lower, "hand")
    epoch = directory.current_epoch(cast.lower)
    assert seed.box_public == bytes(epoch.box_public)
    assert seed.seed == cast.seed(cast.lower, "head").seed != cast.seed(cast.root, "chief").seed
    assert offices.open_canary(cast.lower, seed)


def test_each_entry_is_an_event(cast):
    kinds = [event.details["kind"] for event in Event.objects.filter(kind="directory")]
    assert sorted(kinds) == ["child", "holders", "office", "office"]


@pytest.mark.parametrize("role", ["triage", "handler", "administrator"])
def test_most_roles_hold_the_office_seed_only(cast, role):
    cast.grant(cast.lower, "one", role, by="head")
    assert cast.seed(cast.lower, "one")
    for purpose in ("identity", "approval"):
        with pytest.raises(NotAMember):
            cast.seed(cast.lower, "one", purpose)


def test_an_auditor_holds_no_seed(cast):
    cast.grant(cast.lower, "eye", "auditor", by="head")
    with pytest.raises(NotAMember):
        cast.seed(cast.lower, "eye")
    assert not Wrap.objects.filter(user=cast.users["eye"]).exists()


def test_guardians_hold_one_half_each(guarded):
    keeper = guarded.seed(guarded.root, "keeper", "identity")
    judge = guarded.seed(guarded.root, "judge", "approval")
    assert keeper.seed != judge.seed
    for name, other in (
        ("keeper", "approval"),
        ("judge", "identity"),
        ("chief", "identity"),
        ("chief", "approval"),
    ):
        with pytest.raises(NotAMember):
            guarded.seed(guarded.root, name, other)


def test_a_second_custodian_gets_a_new_epoch_that_both_hold(guarded):
    guarded.grant(guarded.root, "second", "custodian", by="chief")
    assert (
        guarded.seed(guarded.root, "second", "identity").seed
        == guarded.seed(guarded.root, "keeper", "identity").seed
    )
    assert guarded.seed(guarded.root, "keeper", "identity", 1)
    with pytest.raises(NotAMember):  # what was sealed before stays with the first
        guarded.seed(guarded.root, "second", "identity", 1)
    assert directory.current_epoch(guarded.root, "identity").number == 2


def test_an_administrator_who_is_a_guardian_hands_the_seed_on(guarded):
    guarded.grant(guarded.root, "keeper", "administrator", by="chief")
    guarded.grant(guarded.root, "second", "custodian", by="keeper")
    assert guarded.seed(guarded.root, "second", "identity", 1)
    assert directory.current_epoch(guarded.root, "identity").number == 1


@pytest.mark.parametrize(("first", "second"), [("custodian", "approver"), ("approver", "custodian")])
def test_nobody_is_both_guardians(cast, first, second):
    cast.grant(cast.root, "both", first, by="chief")
    with pytest.raises(Refused):
        cast.grant(cast.root, "both", second, by="chief")
    assert Membership.objects.filter(user=cast.users["both"]).count() == 1


def test_only_an_administrator_grants(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    for by in ("hand", "chief"):  # the chief administers another office
        with pytest.raises(Refused):
            cast.grant(cast.lower, "third", "handler", by=by)
    with pytest.raises(Refused):  # another person's seed
        offices.grant(
            office=cast.lower,
            user=cast.person("third"),
            role="handler",
            granter_seed=cast.seeds["hand"],
            granter=cast.users["head"],
        )


def test_only_an_administrator_makes_an_office_below(cast):
    for name in ("head", "hand"):
        cast.person(name)
        with pytest.raises(Refused):
            offices.create_office(
                parent=cast.root,
                code="third",
                name="第三",
                administrator=cast.users["head"],
                granter=cast.seeds[name],
                granted_by=cast.users[name],
            )


def test_the_same_role_twice_is_refused(cast):
    with pytest.raises(Refused):
        cast.grant(cast.lower, "head", "administrator", by="head")


def test_a_role_in_the_database_alone_opens_nothing(cast):
    cast.person("thief")
    Membership.objects.create(
        office=cast.lower,
        user=cast.users["thief"],
        role="handler",
        granted_at=Membership.objects.first().granted_at,
    )
    with pytest.raises(NotAMember):
        cast.seed(cast.lower, "thief")


def test_a_member_who_ended_opens_nothing(cast):
    cast.grant(cast.lower, "hand", "handler", by="head")
    Membership.objects.filter(user=cast.users["hand"]).update(ended_at="2026-01-01T00:00:00Z")
    with pytest.raises(NotAMember):
        cast.seed(cast.lower, "hand")


def test_after_a_reset_a_colleague_grants_again(cast):
    from accounts.keys import KeySeed
    from accounts.models import StaffKey

    cast.grant(cast.lower, "hand", "handler", by="head")
    fresh = KeySeed.new()
    StaffKey.objects.filter(user=cast.users["hand"]).update(
        box_public=fresh.box_public, sign_public=fresh.sign_public
    )
    cast.seeds["hand"] = fresh
    with pytest.raises(NotAMember):
        cast.seed(cast.lower, "hand")
    cast.grant(cast.lower, "hand", "handler", by="head")
    assert cast.seed(cast.lower, "hand")
    assert Wrap.objects.filter(user=cast.users["hand"]).count() == 1


def test_two_holders_open_every_seed_and_one_none(guarded):
    keys = [holders.from_code(code) for code in guarded.codes]
    for purpose, kind in offices.SEED_KINDS.items():
        epoch = directory.current_epoch(guarded.root, purpose)
        for one, other in ((0, 1), (0, 2), (1, 2)):
            pair = wraps.recipient_hash(keys[one].box_public + keys[other].box_public)
            wrap = Wrap.objects.get(
                kind=kind, subject=guarded.root.uuid, recipient=pair, generation=epoch.number
            )
            place = {"kind": kind, "subject": guarded.root.uuid, "generation": epoch.number}
            seed = holders.open_seed(keys[one], keys[other], wrap.sealed, **place)
            assert seed.box_public == bytes(epoch.box_public)
            for left, right in ((one, one), (other, other), (other, one)):
                with pytest.raises(wraps.BadSeal):
                    holders.open_seed(keys[left], keys[right], wrap.sealed, **place)


def test_the_root_signs_once(real_cast):
    assert not root.pending_file().exists()
    assert services.initialise().codes is None
    with pytest.raises(NotReady):
        root.pending()


def test_without_vault_init_there_is_no_office(db, cheap_kdf):
    from accounts import services as accounts

    user = accounts.create_staff(username="chief", password="correct horse battery staple")
    seed = accounts.open_seed(user=user, password="correct horse battery staple")
    with pytest.raises(NotReady):
        offices.create_root(
            code="root", name="市", administrator=user, administrator_seed=seed, outside_address=""
        )
    assert not services.site_ready()


def test_a_fingerprint_is_thirty_digits_of_both_keys(cast):
    words = offices.fingerprint(cast.users["head"])
    assert [len(word) for word in words.split(" ")] == [5] * 6
    assert words != offices.fingerprint(cast.users["chief"])


def test_a_reset_key_loses_the_other_roles_until_they_are_granted(guarded):
    from accounts.keys import KeySeed
    from accounts.models import StaffKey

    guarded.grant(guarded.root, "keeper", "triage", by="chief")
    fresh = guarded.seeds["keeper"] = KeySeed.new()
    StaffKey.objects.filter(user=guarded.users["keeper"]).update(
        box_public=fresh.box_public, sign_public=fresh.sign_public
    )
    guarded.grant(guarded.root, "keeper", "triage", by="chief")
    held = Membership.objects.filter(user=guarded.users["keeper"], ended_at=None)
    assert [row.role for row in held] == ["triage"]
    assert not directory.verify(guarded.root).last.with_role("custodian")
    guarded.grant(guarded.root, "keeper", "custodian", by="chief")
    assert guarded.seed(guarded.root, "keeper", "identity")


def test_grants_at_once_make_one_chain(real_cast):
    import threading

    from django.db import connection

    names = [f"hand{number}" for number in range(4)]
    for name in names:
        real_cast.person(name)
    failed = []

    def one(name):
        try:
            real_cast.grant(real_cast.lower, name, "handler", by="head")
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(directory.verify(real_cast.lower).last.with_role("handler")) == 4
    for name in names:
        assert real_cast.seed(real_cast.lower, name)
