"""The same index inside SQLCipher: the search of tips.

Without its key the file shows its size and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from search.engines.fts5 import Fts5Engine


class SealedEngine(Fts5Engine):
    """An index in the encrypted file `path`, opened with a raw key of 32 bytes (opening costs 20 to 45 ms).

    A wrong key and a damaged file look alike: IndexDamaged. Close it (or use `with`) when the session locks.
    """

    def __init__(self, path: Path | str, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the key of an index has 32 bytes")
        super().__init__(path)
        self._key = bytes(key)

    def _unlock(self, connection: Any) -> None:
        # SQLCipher's own log goes to stderr and may name pages of the file.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
