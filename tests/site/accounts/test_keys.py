"""Seeds, wraps and the password hash: the documented forms, at their real cost."""

import hashlib
import pickle
import unicodedata

import pytest
from accounts import keys
from accounts.keys import KeySeed, SealBroken
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from nacl.public import SealedBox
from nacl.pwhash import argon2id

SEED = KeySeed(bytes(range(32)))


def test_kdf_is_blake2b_with_person():
    expected = hashlib.blake2b(b"x", digest_size=32, key=b"k" * 32, person=b"qf1-box").digest()
    assert keys.kdf(b"k" * 32, "qf1-box", b"x") == expected


def test_a_seed_gives_its_pairs():
    assert bytes(SEED.box) == keys.kdf(SEED.seed, "qf1-box")
    assert bytes(SEED.signing) == keys.kdf(SEED.seed, "qf1-sign")
    assert SEED.index_key == keys.kdf(SEED.seed, "qf1-find")
    assert SealedBox(SEED.box).decrypt(SealedBox(SEED.box.public_key).encrypt(b"m")) == b"m"
    SEED.signing.verify_key.verify(SEED.signing.sign(b"m"))
    assert KeySeed(SEED.seed).box_public == SEED.box_public == bytes(SEED.box.public_key)


def test_a_seed_does_not_leak_by_printing_or_pickling():
    assert SEED.seed.hex() not in repr(SEED)
    assert repr(SEED.seed) not in f"{SEED!r} {SEED}"
    with pytest.raises(TypeError):
        pickle.dumps(SEED)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_has_32_bytes(size):
    with pytest.raises(ValueError):
        KeySeed(bytes(size))


def test_the_key_encryption_key_is_the_documented_one(settings):
    password, salt = "Ångström ﬁve 一二三四", bytes(16)
    keyed = hashlib.blake2b(
        unicodedata.normalize("NFKC", password).encode(),
        digest_size=32, key=settings.VAULT_PEPPER, person=b"qf1-kek",
    ).digest()  # fmt: skip
    expected = argon2id.kdf(32, keyed, salt, opslimit=3, memlimit=64 * 2**20)
    assert keys.stretch(password, salt, label="qf1-kek") == expected


def test_a_wrap_opens_with_its_password_only(cheap_kdf, settings):
    salt, sealed = keys.seal_for_password(SEED, "right ﬁ password")
    opened = keys.open_with_password(sealed, salt, "right fi password", box_public=SEED.box_public)
    assert opened.seed == SEED.seed
    for password, public in (("wrong password", SEED.box_public), ("right ﬁ password", bytes(32))):
        with pytest.raises(SealBroken):
            keys.open_with_password(sealed, salt, password, box_public=public)
    settings.VAULT_PEPPER = bytes(32)  # the database alone opens nothing
    with pytest.raises(SealBroken):
        keys.open_with_password(sealed, salt, "right ﬁ password", box_public=SEED.box_public)


def test_a_session_wrap_is_bound_to_cookie_nonce_and_person():
    sealed = keys.seal_for_session(SEED, cookie=b"c" * 32, nonce=b"n" * 16, user=7)
    right = {"cookie": b"c" * 32, "nonce": b"n" * 16, "user": 7}
    assert keys.open_from_session(sealed, **right).seed == SEED.seed
    for wrong in ({"cookie": b"d" * 32}, {"nonce": b"m" * 16}, {"user": 8}):
        with pytest.raises(SealBroken):
            keys.open_from_session(sealed, **(right | wrong))


@pytest.mark.parametrize("change", [lambda s: b"", lambda s: s[:-1], lambda s: b"\x02" + s[1:],
                                    lambda s: s[:-1] + bytes([s[-1] ^ 1])])  # fmt: skip
def test_changed_bytes_do_not_open(change):
    sealed = keys.seal(b"k" * 32, b"plain", b"aad")
    assert keys.unseal(b"k" * 32, sealed, b"aad") == b"plain"
    with pytest.raises(SealBroken):
        keys.unseal(b"k" * 32, change(sealed), b"aad")


def test_the_password_hash_needs_the_pepper(settings):
    encoded = make_password("清风 correct horse")
    assert identify_hasher(encoded).algorithm == "qf-argon2id"
    assert encoded.split("$")[1:3] == ["3", str(64 * 2**20)]
    assert check_password("清风 correct horse", encoded)
    assert not check_password("清风 correct hors", encoded)
    settings.VAULT_PEPPER = bytes(32)
    assert not check_password("清风 correct horse", encoded)


def test_the_password_hash_is_no_help_against_the_wrap(cheap_kdf):
    salt = bytes(16)
    assert keys.stretch("p", salt, label="qf1-kek") != keys.stretch("p", salt, label="qf1-password")


def test_two_hashes_of_one_password_differ(cheap_kdf):
    assert make_password("清风 correct horse") != make_password("清风 correct horse")


@pytest.mark.parametrize("salt", ["00", "zz" * 16, ""])
def test_a_wrong_salt_is_refused(salt):
    from accounts.hashers import PepperedArgon2Hasher

    with pytest.raises((ValueError, AssertionError)):
        PepperedArgon2Hasher().encode("p", salt)
