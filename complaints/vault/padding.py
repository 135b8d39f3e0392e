"""Padding: what is sealed shows a coarse size only."""

from __future__ import annotations

from nacl.bindings import sodium_pad, sodium_unpad

SMALLEST_CELL = 256


def pad_text(text: bytes) -> bytes:
    """`text` padded (ISO 7816-4, as libsodium does) to the next power of two, at least 256 bytes."""
    return sodium_pad(text, _block(len(text)))


def unpad_text(padded: bytes) -> bytes:
    """The text again. Raises ValueError where `padded` cannot come from pad_text."""
    size = len(padded)
    if size < SMALLEST_CELL or size & (size - 1):
        raise ValueError("not a padded size")
    try:
        text = sodium_unpad(padded, size)
    except Exception as error:
        raise ValueError("not padded") from error
    if _block(len(text)) != size:
        raise ValueError("padded too far")
    return text


def padme(size: int) -> int:
    """The Padmé size of `size` bytes: at most 12 % more, and it tells O(log log size) bits of the true one.

    Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019.
    """
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    zeros = exponent - exponent.bit_length()  # trailing zero bits that the padded size must have
    mask = (1 << max(zeros, 0)) - 1
    return (size + mask) & ~mask


def _block(size: int) -> int:
    """The power of two, at least 256, that holds `size` bytes and the mark."""
    return max(SMALLEST_CELL, 1 << size.bit_length())
