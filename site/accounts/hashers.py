"""The only password hasher: Argon2id keyed with the pepper."""

from __future__ import annotations

import hmac
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, mask_hash
from django.utils.translation import gettext_noop as _
from nacl.utils import random

from accounts.keys import MEMLIMIT, OPSLIMIT, SALT_BYTES, stretch


class PepperedArgon2Hasher(BasePasswordHasher):
    """`qf-argon2id$t$m$salt$hash`, salt and hash in hex; the pepper is not in the database."""

    algorithm = "qf-argon2id"

    def salt(self) -> str:
        """32 hex digits."""
        return random(SALT_BYTES).hex()

    def encode(self, password: str, salt: str) -> str:
        """The encoded hash. Raises ValueError where the salt is not 16 bytes in hex."""
        raw = bytes.fromhex(salt)
        if len(raw) != SALT_BYTES:
            raise ValueError("a salt has 16 bytes in hex")
        digest = stretch(password, raw, label="qf1-password").hex()
        return f"{self.algorithm}${OPSLIMIT}${MEMLIMIT}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        """The parts of an encoded hash."""
        algorithm, time_cost, memory_cost, salt, digest = encoded.split("$")
        return {
            "algorithm": algorithm,
            "time_cost": int(time_cost),
            "memory_cost": int(memory_cost),
            "salt": salt,
            "hash": digest,
        }

    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password is the one that was encoded; compared in constant time."""
        return hmac.compare_digest(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def must_update(self, encoded: str) -> bool:
        """Whether the costs have changed since; verify would then fail, and need a reader of old costs."""
        parts = self.decode(encoded)
        return (parts["time_cost"], parts["memory_cost"]) != (OPSLIMIT, MEMLIMIT)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """What an administrator may see."""
        parts = self.decode(encoded)
        return {
            _("algorithm"): self.algorithm,
            _("salt"): mask_hash(parts["salt"]),
            _("hash"): mask_hash(parts["hash"]),
        }

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: every hash has the same cost."""
