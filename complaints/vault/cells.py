"""Cells: sealed texts, bound to their place (VAULT: cell).

    01 ‖ generation u16 ‖ nonce 24 ‖ XChaCha20-Poly1305(padded UTF-8)
    AAD = "qf1\\0" label "\\0" tip uuid ‖ row uuid ‖ generation u16

A row, label, tip or generation that is swapped in the database does not open.
"""

from __future__ import annotations

import hashlib
import os
import re
from uuid import UUID

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from complaints.vault.errors import BadSeal
from complaints.vault.padding import pad_text, unpad_text

VERSION = 1
NONCE_BYTES = 24
HEAD_BYTES = 3
LABEL = re.compile(r"[a-z][a-z0-9-]{0,39}")


def seal_cell(key: bytes, *, label: str, tip: UUID, row: UUID, generation: int, text: str) -> bytes:
    """The sealed bytes of `text` under the 32-byte `key`; `generation` is that of the key, 1 to 65,535.

    Raises ValueError for a label or generation that cannot be, or text that is not Unicode.
    """
    aad = _aad(label, tip, row, generation)
    nonce = os.urandom(NONCE_BYTES)
    padded = pad_text(text.encode("utf-8"))
    box = crypto_aead_xchacha20poly1305_ietf_encrypt(padded, aad, nonce, key)
    return bytes([VERSION]) + generation.to_bytes(2, "big") + nonce + box


def open_cell(key: bytes, *, label: str, tip: UUID, row: UUID, generation: int, sealed: bytes) -> str:
    """The text of a cell that stands at exactly this place. Raises BadSeal for anything else."""
    sealed = bytes(sealed)
    if sealed[:HEAD_BYTES] != bytes([VERSION]) + generation.to_bytes(2, "big"):
        raise BadSeal("cell: version or generation")
    nonce, box = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    if len(nonce) != NONCE_BYTES:
        raise BadSeal("cell: too short")
    try:
        padded = crypto_aead_xchacha20poly1305_ietf_decrypt(
            box, _aad(label, tip, row, generation), nonce, key
        )
        return unpad_text(padded).decode("utf-8")
    except (CryptoError, ValueError):
        # `from None`: the error that libsodium raised has the sealed bytes and the key in its frames.
        raise BadSeal("cell: does not open") from None


def cell_hash(sealed: bytes) -> bytes:
    """SHA-256 of the sealed bytes: what the ledger commits to."""
    return hashlib.sha256(bytes(sealed)).digest()


def _aad(label: str, tip: UUID, row: UUID, generation: int) -> bytes:
    if not LABEL.fullmatch(label):
        raise ValueError("a label is lower-case ASCII")
    if not 0 < generation < 2**16:
        raise ValueError("a generation is 1 to 65,535")
    place = tip.bytes + row.bytes + generation.to_bytes(2, "big")
    return b"qf1\0" + label.encode("ascii") + b"\0" + place
