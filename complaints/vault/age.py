"""What leaves the house sealed: a stream in the age format (C2SP age.md, v1), to a key or to a passphrase.

Anybody opens it with a tool of their own (age, rage, typage), so no program of ours has to be trusted or kept
by the office that receives it. Only sealing is here: nothing of ours is ever opened with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator

from accounts import slots
from nacl.bindings import crypto_aead_chacha20poly1305_ietf_encrypt, crypto_scalarmult, crypto_scalarmult_base
from nacl.exceptions import CryptoError

CHUNK = 65_536
TAG = 16
LOG_N = 16  # scrypt's work: 64 MiB, as much as this house's own passwords
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
PASSPHRASE_LEAST = 14  # characters, as for staff


class BadRecipient(ValueError):
    """What was typed is no age public key, or a passphrase that is too short."""


def to_key(recipient: str, content: Iterable[bytes]) -> Iterator[bytes]:
    """`content` sealed to one X25519 recipient ("age1…"). Raises BadRecipient before the first byte."""
    public = recipient_key(recipient)
    file_key, ephemeral = os.urandom(16), os.urandom(32)
    share = crypto_scalarmult_base(ephemeral)
    secret = crypto_scalarmult(ephemeral, public)
    wrap_key = _hkdf(secret, share + public, b"age-encryption.org/v1/X25519")
    stanza = [f"-> X25519 {_b64(share)}", _b64(_seal(wrap_key, file_key))]
    return _stream(file_key, stanza, content)


def to_passphrase(passphrase: str, content: Iterable[bytes]) -> Iterator[bytes]:
    """`content` sealed under a passphrase. Costs one scrypt, under the host's limit for slow derivations.

    Raises BadRecipient, slots.Busy; call it outside any transaction.
    """
    if len(passphrase) < PASSPHRASE_LEAST:
        raise BadRecipient
    file_key, salt = os.urandom(16), os.urandom(16)
    with slots.kdf_slot():
        wrap_key = hashlib.scrypt(
            passphrase.encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=2**LOG_N, r=8, p=1,
            maxmem=2**27, dklen=32,
        )  # fmt: skip
    stanza = [f"-> scrypt {_b64(salt)} {LOG_N}", _b64(_seal(wrap_key, file_key))]
    return _stream(file_key, stanza, content)


def sealed_size(header: int, size: int) -> int:
    """How many bytes a content of `size` becomes, with a header of so many."""
    chunks = max(1, -(-size // CHUNK))
    return header + 16 + size + chunks * TAG


def recipient_key(text: str) -> bytes:
    """The 32 bytes of an age public key (Bech32, BIP 173, "age"). Raises BadRecipient."""
    text = text.strip()
    if text != text.lower() or not text.startswith("age1") or len(text) != 62:
        raise BadRecipient
    values = [CHARSET.find(letter) for letter in text[4:]]
    if -1 in values or _polymod([*_expanded("age"), *values]) != 1:
        raise BadRecipient
    number = 0
    for value in values[:-6]:
        number = number << 5 | value
    if number & 0b1111:  # 52 letters are 260 bits: the last four are nothing
        raise BadRecipient
    public = (number >> 4).to_bytes(32, "big")
    try:
        crypto_scalarmult(os.urandom(32), public)
    except CryptoError:
        raise BadRecipient from None  # a point of low order
    return public


# Parts --------------------------------------------------------------------------------------------------


def _stream(file_key: bytes, stanza: list[str], content: Iterable[bytes]) -> Iterator[bytes]:
    head = "\n".join(["age-encryption.org/v1", *stanza, "---"]).encode()
    mac = hmac.digest(_hkdf(file_key, b"", b"header"), head, "sha256")
    nonce = os.urandom(16)
    yield head + b" " + _b64(mac).encode() + b"\n" + nonce
    yield from _payload(_hkdf(file_key, nonce, b"payload"), content)


def _payload(key: bytes, content: Iterable[bytes]) -> Iterator[bytes]:
    """STREAM: chunks of 64 KiB under a counter, whose last byte marks the end."""
    waiting, number = bytearray(), 0
    for part in content:
        waiting += part
        while len(waiting) > CHUNK:  # a full chunk waits until more comes: only the last one ends it
            yield _chunk(key, number, bytes(waiting[:CHUNK]), last=False)
            del waiting[:CHUNK]
            number += 1
    yield _chunk(key, number, bytes(waiting), last=True)


def _chunk(key: bytes, number: int, plain: bytes, *, last: bool) -> bytes:
    nonce = number.to_bytes(11, "big") + bytes([last])
    return bytes(crypto_aead_chacha20poly1305_ietf_encrypt(plain, None, nonce, key))


def _seal(key: bytes, file_key: bytes) -> bytes:
    return bytes(crypto_aead_chacha20poly1305_ietf_encrypt(file_key, None, bytes(12), key))


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) of one block: 32 bytes."""
    inner = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(inner, info + b"\x01", "sha256")


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: Iterable[int]) -> int:
    """The checksum of BIP 173."""
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, constant in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= constant if top >> bit & 1 else 0
    return check
