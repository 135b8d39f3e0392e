"""Accounts: made, opened, changed, reset."""

import logging

import pytest
from accounts import services
from accounts.keys import KeySeed
from accounts.models import StaffKey, StaffKeyWrap, User
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError

from .conftest import PASSWORD, code_of

NEW = "another long pass phrase"


@pytest.fixture
def user(db, cheap_kdf):
    return services.create_staff(username="a", password=PASSWORD, family_name="林", given_name="一舟")


def test_it_works(user):
    seed = services.open_seed(user=user, password=PASSWORD)
    assert seed.box_public == bytes(user.staff_key.box_public)
    assert seed.sign_public == bytes(user.staff_key.sign_public)
    assert user.check_password(PASSWORD)
    assert (user.name, user.is_superuser, user.language) == ("林一舟", False, "zh-hans")


def test_a_wrong_password_opens_nothing(user):
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=user, password=NEW)


def test_the_same_key_under_a_new_password(user):
    before = services.open_seed(user=user, password=PASSWORD).seed
    services.rewrap(user=user, old=PASSWORD, new=NEW)
    assert services.open_seed(user=user, password=NEW).seed == before
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert user.staff_key.replaced_at is None
    assert StaffKeyWrap.objects.count() == 1
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=user, password=PASSWORD)


def test_rewrapping_needs_the_old_password_and_a_good_new_one(user):
    with pytest.raises(services.WrongPassword):
        services.rewrap(user=user, old=NEW, new=NEW)
    for bad in ("short", "1234567890123456", "password1234"):
        with pytest.raises(ValidationError):
            services.rewrap(user=user, old=PASSWORD, new=bad)
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_reset_makes_a_new_pair_and_says_so(user):
    before = bytes(user.staff_key.box_public)
    services.reset_key(user=user, password=NEW)
    key = StaffKey.objects.get(user=user)
    assert bytes(key.box_public) != before
    assert key.replaced_at is not None
    assert services.open_seed(user=user, password=NEW).box_public == bytes(key.box_public)
    assert key.wraps.count() == 1


def test_a_public_half_that_was_exchanged_is_noticed(user, caplog):
    StaffKey.objects.update(sign_public=KeySeed.new().sign_public)
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=user, password=PASSWORD)
    StaffKey.objects.update(box_public=KeySeed.new().box_public)
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=user, password=PASSWORD)


def test_a_wrap_of_another_person_does_not_open(user):
    other = services.create_staff(username="b", password=PASSWORD)
    wrap = StaffKeyWrap.objects.get(key__user=other)
    StaffKeyWrap.objects.filter(key__user=user).update(salt=wrap.salt, sealed=wrap.sealed)
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=user, password=PASSWORD)


def test_someone_without_a_key(db, cheap_kdf):
    with pytest.raises(services.WrongPassword):
        services.open_seed(user=User.objects.create(username="c"), password=PASSWORD)


@pytest.mark.parametrize("wrong", [
    {"password": "short"}, {"username": ""}, {"username": "a b"}, {"language": "xx"},
    {"username": "linyizhou-linyizhou", "password": "linyizhou-linyizhou"},
])  # fmt: skip
def test_a_bad_account_is_not_made(db, cheap_kdf, wrong):
    with pytest.raises(ValidationError):
        services.create_staff(**({"username": "d", "password": PASSWORD} | wrong))
    assert not User.objects.exists()


def test_a_name_is_taken_once(user):
    with pytest.raises(ValidationError):
        services.create_staff(username="a", password=PASSWORD)


def test_totp_secret_lies_sealed(user):
    secret = services.add_totp(user)
    row = Authenticator.objects.get(user=user)
    assert secret not in str(row.data)
    assert row.wrap().validate_code(code_of(secret))


def test_a_second_totp_replaces_the_first(user):
    first = services.add_totp(user)
    assert services.add_totp(user) != first
    assert Authenticator.objects.filter(user=user).count() == 1


def test_the_log_has_no_password(user, caplog):
    caplog.set_level(logging.DEBUG, logger="security")
    logging.getLogger("security").addHandler(caplog.handler)
    try:
        services.rewrap(user=user, old=PASSWORD, new=NEW)
        services.reset_key(user=user, password=PASSWORD)
    finally:
        logging.getLogger("security").removeHandler(caplog.handler)
    assert "password changed" in caplog.text
    assert "password reset" in caplog.text
    assert PASSWORD not in caplog.text
    assert NEW not in caplog.text
