"""The root key: it signs the first office and its holders, then its private half is dropped (VAULT: root).

The public half lies in VAR_DIR/vault-root, or in VAULT_ROOT where hosts share a database. Between vault_init
and the first office the private half lies in VAR_DIR/secrets/vault-root, with the public keys of the holders.
Dropping it unlinks the file: what the disk keeps of it, nobody can wipe (docs/security.md).
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from nacl.signing import SigningKey

from complaints.vault.errors import NotReady
from complaints.vault.stores import write_once, write_whole


@dataclass(frozen=True, repr=False)
class PendingRoot:
    """The root's private half, and the holders' public keys (X25519, Ed25519) that it will sign."""

    key: SigningKey
    holders: tuple[bytes, ...]
    signs: tuple[bytes, ...]


def public_file() -> Path:
    """Where the public half lies, as hex."""
    return Path(settings.VAR_DIR) / "vault-root"


def pending_file() -> Path:
    """Where the private half lies until the first office is signed."""
    return Path(settings.VAR_DIR) / "secrets" / "vault-root"


def public() -> bytes:
    """The root's Ed25519 public key. Raises NotReady where none is pinned, or two are and they differ."""
    pinned = getattr(settings, "VAULT_ROOT", "")
    with contextlib.suppress(FileNotFoundError):
        kept = public_file().read_text(encoding="ascii").strip()
        if pinned and kept != pinned.lower():
            raise NotReady("VAULT_ROOT is not the key in VAR_DIR/vault-root: one belongs to another site")
        pinned = kept
    if not pinned:
        raise NotReady("no root key is pinned: run vault_init, or set VAULT_ROOT")
    try:
        key = bytes.fromhex(pinned)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise NotReady("the pinned root key must be 64 hex digits")
    return key


def known() -> bool:
    """Whether a root key is pinned here."""
    return bool(getattr(settings, "VAULT_ROOT", "")) or public_file().exists()


def make(holders: tuple[bytes, ...], signs: tuple[bytes, ...]) -> PendingRoot:
    """A new root key. Raises FileExistsError where one was made before."""
    key = SigningKey.generate()
    write_once(
        pending_file(),
        json.dumps(
            {
                "root": bytes(key).hex(),
                "holders": [public.hex() for public in holders],
                "signs": [public.hex() for public in signs],
            }
        ),
    )
    write_whole(public_file(), bytes(key.verify_key).hex())
    return PendingRoot(key, holders, signs)


def pending() -> PendingRoot:
    """The private half, before the first office. Raises NotReady once it was dropped."""
    try:
        kept = json.loads(pending_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotReady("the root key has signed its office already, or vault_init has not run") from None
    return PendingRoot(
        SigningKey(bytes.fromhex(kept["root"])),
        tuple(bytes.fromhex(item) for item in kept["holders"]),
        tuple(bytes.fromhex(item) for item in kept.get("signs", [])),
    )


def drop() -> None:
    """Unlink the private half."""
    pending_file().unlink(missing_ok=True)
