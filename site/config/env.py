"""Reading the environment: each value is typed, and a wrong one stops the start and names its variable."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE points to (for secrets), or the default."""
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE points to {file}, which cannot be read.") from error
    return os.environ.get(name, default)


def flag(name: str, default: bool) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off; anything else stops the start."""
    value = text(name).lower()
    if value in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return default if value == "" else value in ("1", "true", "yes", "on")
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number; anything else stops the start."""
    value = text(name)
    try:
        return int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def matching(name: str, pattern: str, default: str) -> str:
    """Text of the given form, or the default; anything else stops the start."""
    value = text(name) or default
    if not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name} cannot be {value!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated words, without blanks."""
    return [w.strip() for w in text(name, default).split(",") if w.strip()]


def url(name: str, *schemes: str) -> str:
    """An address with one of the schemes, or "" where the variable is not set."""
    value = text(name)
    if value and value.partition("://")[0] not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(s + '://' for s in schemes)}.")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not an address: its host or port cannot be read.") from error
    if value and parts.scheme not in ("filesystem", "unix") and not (parts.hostname or port):
        raise ImproperlyConfigured(f"{name} names no host.")
    return value


def store(name: str, folder: Path) -> dict[str, Any]:
    """Where sealed files lie, for STORAGES: the folder, or the bucket of NAME_URL.

    NAME_URL is s3://host[:port]/bucket (TLS) or s3+http://… (for a store on loopback), with NAME_KEY,
    NAME_SECRET and, where the store wants one, NAME_REGION.
    """
    address = url(f"{name}_URL", "s3", "s3+http")
    if not address:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder), "base_url": None},
        }
    parts = urlsplit(address)
    bucket = parts.path.strip("/")
    if not bucket or "/" in bucket:
        raise ImproperlyConfigured(f"{name}_URL must end in the name of a bucket: s3://host/bucket.")
    plain = parts.scheme == "s3+http"
    if plain and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ImproperlyConfigured(
            f"{name}_URL may be s3+http:// only on this host; use s3://, which is TLS."
        )
    key, secret = text(f"{name}_KEY"), text(f"{name}_SECRET")
    if not key or not secret:
        raise ImproperlyConfigured(f"{name}_KEY and {name}_SECRET must be set where {name}_URL is.")
    return {
        "BACKEND": "complaints.vault.s3.Store",
        "OPTIONS": {
            "endpoint_url": f"{'http' if plain else 'https'}://{parts.netloc}",
            "bucket_name": bucket,
            "access_key": key,
            "secret_key": secret,
            "region_name": text(f"{name}_REGION") or "us-east-1",
            "addressing_style": "path",
            "default_acl": None,
            "querystring_auth": False,
            "file_overwrite": True,
        },
    }


def required(name: str, value: str, *, production: bool, what: str) -> str:
    """`value`, which production cannot do without; `what` says in the sentence what it is for."""
    if production and not value:
        raise ImproperlyConfigured(f"{name} is not set. In production it must name {what}.")
    return value


def folder(name: str, default: Path) -> Path:
    """A folder for this process alone, made where it is missing."""
    path = Path(text(name) or default)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} is {path}, which cannot be made ({error.strerror}).") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name} is {path}, where this process may not write.")
    return path


def public_key(name: str) -> str:
    """A public key of 32 bytes as hex, or "" where it is not set."""
    value = text(name)
    try:
        good = len(bytes.fromhex(value)) in (0, 32)
    except ValueError:
        good = False
    if not good:
        raise ImproperlyConfigured(f"{name} must be 64 hex digits.")
    return value


def pins(name: str) -> dict[str, tuple[int, bytes]]:
    """`uuid:number:hash` with commas between: for an office's uuid the number of an entry and its SHA-256."""
    found = {}
    for word in words(name):
        try:
            office, number, digest = word.split(":")
            found[str(UUID(office))] = int(number), bytes.fromhex(digest)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must be uuid:number:hash, as vault_check --pins says."
            ) from error
    return found


def secret(name: str, file: Path, *, production: bool, size: int = 32) -> bytes:
    """A secret of `size` bytes as hex: from the environment, else from `file` (made once, mode 0600).

    In production it must come from the environment: a key that lies beside the database guards nothing.
    """
    value = text(name)
    if not value:
        if production:
            raise ImproperlyConfigured(f"{name} is not set. In production it must be {2 * size} hex digits.")
        value = _kept(file, size)
    try:
        key = bytes.fromhex(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {2 * size} hex digits.") from error
    if len(key) != size:
        raise ImproperlyConfigured(f"{name} must be {2 * size} hex digits, not {len(value)}.")
    return key


def _kept(file: Path, size: int) -> str:
    """The hex in `file`; two processes that start at once agree on one value."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as out:
        value = os.urandom(size).hex()
        out.write(value)
    return value
