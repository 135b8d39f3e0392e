"""Wraps: a 32-byte key sealed to one recipient (VAULT: wrap).

    SealedBox("qf1W" ‖ kind u8 ‖ tip or office uuid 16 ‖ generation u32 ‖ BLAKE2b-128(recipient) ‖ key 32)

Every field is checked on opening, so a wrap that is moved to another row, or sealed by somebody else for
another purpose, does not open as this one.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from complaints.vault.errors import BadSeal

MAGIC = b"qf1W"
KEY_BYTES = 32
# The byte of each kind is part of the format: numbers are added, never reused.
KINDS = {
    "office-seed": 1,
    "identity-seed": 2,
    "approval-seed": 3,
    "talk": 4,
    "case": 5,
    "identity-a": 6,
    "identity-b": 7,
    "chain": 8,
    "canary": 9,
    "reason": 10,
    "joint": 11,
}


def recipient_hash(public: bytes) -> bytes:
    """BLAKE2b-128 of a recipient's X25519 public key (or of two, one after the other): 16 bytes."""
    return hashlib.blake2b(bytes(public), digest_size=16).digest()


def seal_wrap(*, kind: str, subject: UUID, generation: int, recipient: bytes, key: bytes) -> bytes:
    """`key` sealed to the X25519 public key `recipient`, 32 bytes."""
    plain = _plain(kind, subject, generation, recipient_hash(recipient), key)
    return bytes(SealedBox(PublicKey(recipient)).encrypt(plain))


def open_wrap(box: PrivateKey, sealed: bytes, *, kind: str, subject: UUID, generation: int) -> bytes:
    """The key, if it was sealed to `box` as exactly this kind, subject and generation; else BadSeal."""
    return _read(_unbox(box, sealed), kind, subject, generation, recipient_hash(bytes(box.public_key)))


def seal_to_pair(
    *, kind: str, subject: UUID, generation: int, first: bytes, second: bytes, key: bytes
) -> bytes:
    """`key` in nested boxes: it opens with both private keys, first `second`'s, then `first`'s."""
    plain = _plain(kind, subject, generation, recipient_hash(first + second), key)
    inner = SealedBox(PublicKey(first)).encrypt(plain)
    return bytes(SealedBox(PublicKey(second)).encrypt(inner))


def open_as_pair(
    first: PrivateKey, second: PrivateKey, sealed: bytes, *, kind: str, subject: UUID, generation: int
) -> bytes:
    """The key out of nested boxes; BadSeal where either key or any field differs."""
    pair = recipient_hash(bytes(first.public_key) + bytes(second.public_key))
    return _read(_unbox(first, _unbox(second, sealed)), kind, subject, generation, pair)


def signed_part(*, kind: str, subject: UUID, generation: int, recipient: bytes, sealed: bytes) -> bytes:
    """What the writing office signs: the fields in clear and the hash of the sealed bytes.

    `recipient` is the 16-byte hash, as it stands in the row.
    """
    fields = _fields(kind, subject, generation, recipient)
    return b"qf1-wrap\0" + fields + hashlib.sha256(bytes(sealed)).digest()


def _fields(kind: str, subject: UUID, generation: int, recipient: bytes) -> bytes:
    return MAGIC + bytes([KINDS[kind]]) + subject.bytes + generation.to_bytes(4, "big") + bytes(recipient)


def _plain(kind: str, subject: UUID, generation: int, recipient: bytes, key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError("a wrapped key has 32 bytes")
    return _fields(kind, subject, generation, recipient) + key


def _unbox(box: PrivateKey, sealed: bytes) -> bytes:
    try:
        return bytes(SealedBox(box).decrypt(bytes(sealed)))
    except (CryptoError, ValueError):
        raise BadSeal("wrap: does not open") from None


def _read(plain: bytes, kind: str, subject: UUID, generation: int, recipient: bytes) -> bytes:
    fields, key = plain[:-KEY_BYTES], plain[-KEY_BYTES:]
    if not hmac.compare_digest(fields, _fields(kind, subject, generation, recipient)):
        raise BadSeal("wrap: for something else")
    return key
