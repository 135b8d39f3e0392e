"""The decrypted pages of a SQLCipher 4 file: what somebody who has its key reads out of it, freed pages too.

AES-256 in CBC mode, pages of 4,096 bytes; the last 48 of each hold its initialisation vector and its MAC, the
first 16 of the file hold the salt (https://www.zetetic.net/sqlcipher/design/).
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE, RESERVED, SALT = 4096, 48, 16
_WAL_HEADER, _FRAME_HEADER = 32, 24


def decrypted(path: Path, key: bytes) -> bytes:
    """All pages of the file and of its write-ahead log, one after another."""
    data = path.read_bytes()
    pages = [data[at : at + PAGE] for at in range(0, len(data), PAGE)]
    first = _open(pages[0], key, SALT) if pages else b""
    clear = [first, *(_open(page, key) for page in pages[1:])]
    log = path.with_name(path.name + "-wal")
    if log.exists():
        data = log.read_bytes()[_WAL_HEADER:]
        starts = range(_FRAME_HEADER, len(data), _FRAME_HEADER + PAGE)
        frames = [data[at : at + PAGE] for at in starts]
        clear += [_open(page, key, skip) for page in frames for skip in (0, SALT)]
    return b"".join(clear)


def _open(page: bytes, key: bytes, skip: int = 0) -> bytes:
    vector = page[PAGE - RESERVED : PAGE - RESERVED + 16]
    body = page[skip : PAGE - RESERVED]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(body) + decryptor.finalize()
