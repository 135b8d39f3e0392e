"""Three holders outside the system: any two of them open any seed (VAULT: holders).

Each has one X25519 key whose seed is a code on paper. A code is 32 bytes in Crockford's base 32 with a
checksum of 20 bits, in groups of four.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from uuid import UUID

from accounts.keys import KeySeed

from complaints.vault import wraps
from complaints.vault.errors import Mistyped

COUNT = 3
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEED_DIGITS = 52  # 260 bits, of which four are zero
CHECK_DIGITS = 4


def new_seeds() -> tuple[KeySeed, ...]:
    """Three new holders."""
    return tuple(KeySeed(os.urandom(32)) for _ in range(COUNT))


def code_of(holder: KeySeed) -> str:
    """The code to write down: 14 groups of four letters and digits."""
    digits = _digits(int.from_bytes(holder.seed, "big"), SEED_DIGITS) + _check(holder.seed)
    return "-".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def from_code(code: str) -> KeySeed:
    """The holder's key. O is read as 0, I and L as 1. Raises Mistyped("length") or Mistyped("check")."""
    kept = "".join(c for c in code.upper() if c.isalnum()).translate(str.maketrans("OIL", "011"))
    if len(kept) != SEED_DIGITS + CHECK_DIGITS or set(kept) - set(ALPHABET):
        raise Mistyped("length")
    number = 0
    for digit in kept[:SEED_DIGITS]:
        number = number * 32 + ALPHABET.index(digit)
    seed = number.to_bytes(33, "big")[1:]
    if number >= 2**256 or kept[SEED_DIGITS:] != _check(seed):
        raise Mistyped("check")
    return KeySeed(seed)


def pairs(publics: tuple[bytes, ...]) -> list[tuple[bytes, bytes]]:
    """Every pair of holders' public keys, in the order of the directory."""
    return list(itertools.combinations(publics, 2))


def open_seed(
    one: KeySeed, other: KeySeed, sealed: bytes, *, kind: str, subject: UUID, generation: int
) -> KeySeed:
    """The seed that was sealed to this pair, `one` before `other` in the directory's order; else BadSeal."""
    return KeySeed(
        wraps.open_as_pair(one.box, other.box, sealed, kind=kind, subject=subject, generation=generation)
    )


def _digits(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def _check(seed: bytes) -> str:
    digest = hashlib.blake2b(seed, digest_size=4, person=b"qf1-holder").digest()
    return _digits(int.from_bytes(digest, "big") >> 12, CHECK_DIGITS)
