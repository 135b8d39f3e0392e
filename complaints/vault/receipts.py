"""Receipts: 24 random digits and a check digit, the reporter's only key (VAULT: receipt master)."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from accounts.keys import KeySeed
from accounts.slots import kdf_slot
from nacl.pwhash import argon2id

from complaints.vault.errors import Busy, Mistyped, NotReady
from complaints.vault.models import ReceiptSalt

__all__ = [
    "Busy",
    "Master",
    "Mistyped",
    "derive",
    "grouped",
    "kdf_slot",
    "live_versions",
    "new_receipt",
    "parse",
]

DIGITS = 24
LONGEST = 200  # signs that somebody may type around 25 digits
PASSES = 2
MEMORY_BYTES = 19 * 2**20

# Damm's quasigroup of order 10 (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004, p. 111).
DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


@dataclass(frozen=True, repr=False)
class Master:
    """What comes out of a receipt: the look-up id (32 bytes, stored), and the reporter's seed (never)."""

    lookup_id: bytes
    reporter: KeySeed
    salt_version: int = 1


def new_receipt() -> str:
    """A new receipt of 25 digits: 24 random (79.7 bits) and the check digit."""
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    return digits + str(check_digit(digits))


def grouped(receipt: str) -> str:
    """The receipt as it is shown: five groups of five digits, joined by spaces."""
    return " ".join(receipt[i : i + 5] for i in range(0, len(receipt), 5))


def parse(text: str) -> str:
    """The 25 digits that were typed: NFKC, any space, dash or invisible mark dropped.

    Raises Mistyped("length") where it is not 25 digits, Mistyped("check") where the check digit differs.
    """
    if len(text) > LONGEST:
        raise Mistyped("length")
    folded = unicodedata.normalize("NFKC", text)
    # Z*: spaces; Pd: dashes; Cf: zero-width marks that a copied text may bring; Cc: line ends and tabs.
    kept = "".join(c for c in folded if unicodedata.category(c) not in {"Zs", "Zl", "Zp", "Pd", "Cf", "Cc"})
    if len(kept) != DIGITS + 1 or not (kept.isascii() and kept.isdigit()):
        raise Mistyped("length")
    if check_digit(kept) != 0:
        raise Mistyped("check")
    return kept


def check_digit(digits: str) -> int:
    """Damm's check digit; 0 for digits that end in theirs. Misses no single error, no neighbour swap."""
    state = 0
    for digit in digits:
        state = DAMM[state][int(digit)]
    return state


def live_versions() -> list[int]:
    """The salt versions under which receipts may have been made, newest first."""
    rows = ReceiptSalt.objects.filter(retired=False).order_by("-version")
    return list(rows.values_list("version", flat=True))


def derive(receipt: str, salt_version: int | None = None, *, timeout: float = 5) -> Master:
    """The look-up id and reporter seed of a receipt: Argon2id, 28 ms and 19 MiB, under the host's limit.

    Never call it inside a transaction. `salt_version` None: the newest. Raises Mistyped, Busy, NotReady.
    """
    digits = parse(receipt)[:DIGITS]
    row = _salt(salt_version)
    with kdf_slot(timeout):
        out = argon2id.kdf(
            64, digits.encode("ascii"), bytes(row.salt), opslimit=PASSES, memlimit=MEMORY_BYTES
        )
    return Master(lookup_id=out[:32], reporter=KeySeed(out[32:]), salt_version=row.version)


def _salt(version: int | None) -> ReceiptSalt:
    rows = ReceiptSalt.objects.filter(retired=False)
    rows = rows if version is None else rows.filter(version=version)
    row = rows.order_by("-version").first()
    if row is None:
        raise NotReady("no salt of receipts: run vault_init")
    return row
