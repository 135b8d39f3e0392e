"""Keys of people and offices: one 32-byte seed, from which everything else is derived.

Formats are those of docs/security.md, "Keys": KDF(k, label, x) = BLAKE2b-256(key=k, person=label, data=x).
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cached_property

from django.conf import settings
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_NPUBBYTES as NONCE_BYTES
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.secret import Aead
from nacl.signing import SigningKey
from nacl.utils import random

from accounts.slots import kdf_slot

SEED_BYTES = 32
SALT_BYTES = 16
VERSION = b"\x01"  # of everything sealed here, so that each part can be replaced later
OPSLIMIT, MEMLIMIT = 3, 64 * 2**20  # 97 ms on the cores it was measured on


class SealBroken(ValueError):
    """Sealed bytes that do not open: wrong key, wrong context, or changed on the way."""


def kdf(key: bytes, label: str, data: bytes = b"") -> bytes:
    """32 bytes derived from `key` (at most 64 bytes) for the use that `label` (at most 16 bytes) names."""
    return hashlib.blake2b(data, digest_size=32, key=key, person=label.encode("ascii")).digest()


class KeySeed:
    """A seed and what comes from it; it never prints itself and refuses to be pickled."""

    __slots__ = ("__dict__", "seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError("a key seed has 32 bytes")
        self.seed = bytes(seed)

    @classmethod
    def new(cls) -> KeySeed:
        """A fresh random seed."""
        return cls(random(SEED_BYTES))

    @cached_property
    def box(self) -> PrivateKey:
        """The X25519 private key: opens what was sealed to `box_public`."""
        return PrivateKey(kdf(self.seed, "qf1-box"))

    @cached_property
    def box_public(self) -> bytes:
        """32 bytes: the X25519 public key."""
        return bytes(self.box.public_key)

    @cached_property
    def signing(self) -> SigningKey:
        """The Ed25519 signing key."""
        return SigningKey(kdf(self.seed, "qf1-sign"))

    @cached_property
    def sign_public(self) -> bytes:
        """32 bytes: the Ed25519 public key."""
        return bytes(self.signing.verify_key)

    @cached_property
    def index_key(self) -> bytes:
        """32 bytes: the raw key of an office's encrypted index."""
        return kdf(self.seed, "qf1-find")

    def __repr__(self) -> str:
        return "KeySeed(…)"

    def __reduce__(self) -> str:
        raise TypeError("a key seed is not to be stored")


def stretch(password: str, salt: bytes, *, label: str) -> bytes:
    """32 bytes: Argon2id(BLAKE2b(pepper, NFKC password), salt, t=3, 64 MiB).

    It takes about 100 ms: never in a transaction.

    `label` keeps the stored password hash and the key-encryption key apart; without the pepper, which the
    database does not hold, no guess can be tried at all. Raises accounts.slots.Busy after 5 s without a slot.
    """
    keyed = kdf(settings.VAULT_PEPPER, label, unicodedata.normalize("NFKC", password).encode())
    with kdf_slot():
        return argon2id.kdf(32, keyed, salt, opslimit=OPSLIMIT, memlimit=MEMLIMIT)


def seal(key: bytes, plain: bytes, aad: bytes) -> bytes:
    """`01 ‖ nonce 24 ‖ XChaCha20-Poly1305(plain)` under a 32-byte key, bound to `aad`."""
    return VERSION + bytes(Aead(key).encrypt(plain, VERSION + aad))


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What `seal` sealed. Raises SealBroken."""
    if sealed[:1] != VERSION or len(sealed) < 1 + NONCE_BYTES + 16:
        raise SealBroken("unknown form")
    try:
        return bytes(Aead(key).decrypt(sealed[1:], VERSION + aad))
    except CryptoError:
        raise SealBroken("does not open") from None


def seal_for_password(seed: KeySeed, password: str) -> tuple[bytes, bytes]:
    """(salt, sealed): the seed under the key-encryption key of this password. Costs an Argon2id."""
    salt = random(SALT_BYTES)
    return salt, seal(stretch(password, salt, label="qf1-kek"), seed.seed, b"qf1-staff\0" + seed.box_public)


def open_with_password(sealed: bytes, salt: bytes, password: str, *, box_public: bytes) -> KeySeed:
    """The seed; SealBroken where password, pepper or key pair is another. Costs an Argon2id."""
    key = stretch(password, salt, label="qf1-kek")
    return KeySeed(unseal(key, sealed, b"qf1-staff\0" + box_public))


def seal_for_session(seed: KeySeed, *, cookie: bytes, nonce: bytes, user: int) -> bytes:
    """The seed under KDF(cookie, "qf1-desk", session nonce); AAD = user ‖ nonce."""
    return seal(kdf(cookie, "qf1-desk", nonce), seed.seed, b"%d\0" % user + nonce)


def open_from_session(sealed: bytes, *, cookie: bytes, nonce: bytes, user: int) -> KeySeed:
    """The seed that `seal_for_session` sealed. Raises SealBroken."""
    return KeySeed(unseal(kdf(cookie, "qf1-desk", nonce), sealed, b"%d\0" % user + nonce))
