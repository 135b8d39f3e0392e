"""Pins: how far each office's directory had come when something was last sealed (VAULT: signed directory).

They lie outside the database, in VAR_DIR/pins, and in the memory of each process: who puts an older database
back, or forks the chain of an office, does not put these back with it. A host whose VAR_DIR does not last has
them from its environment (VAULT_PINS, as `vault_check --pins` prints them).
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from complaints.vault.errors import DirectoryBroken
from complaints.vault.stores import write_whole


@dataclass(frozen=True)
class Pin:
    """An entry's number, its hash, and the highest epoch of each purpose at that entry."""

    number: int
    hash: bytes
    epochs: Mapping[str, int]


_memory: dict[tuple[str, UUID], Pin] = {}
_memory_lock = threading.Lock()


def check(office: UUID, hashes: Sequence[bytes], epochs: Mapping[str, int]) -> None:
    """Raise DirectoryBroken unless the chain (hash of entry 1, 2, …) goes through what was pinned."""
    for pin in _pins(office):
        if len(hashes) < pin.number:
            raise DirectoryBroken("the directory of an office is shorter than it was: it was rolled back")
        if hashes[pin.number - 1] != pin.hash:
            raise DirectoryBroken("the directory of an office is not the one it was: it was forked")
        if any(epochs.get(purpose, 0) < number for purpose, number in pin.epochs.items()):
            raise DirectoryBroken("an office has lost an epoch: its directory was rolled back")


def advance(office: UUID, pin: Pin) -> None:
    """Pin this entry, unless a later one is pinned. Call it for committed entries only."""
    known = _memory.get(_place(office))
    if known is not None and known.number >= pin.number:
        return
    with _locked():
        kept = _read(office)
        if kept is None or kept.number < pin.number:
            content = {"number": pin.number, "hash": pin.hash.hex(), "epochs": dict(pin.epochs)}
            write_whole(_file(office), json.dumps(content))
    with _memory_lock:
        known = _memory.get(_place(office))
        if known is None or known.number < pin.number:
            _memory[_place(office)] = pin


def _pins(office: UUID) -> list[Pin]:
    known = (_memory.get(_place(office)), _read(office), _given(office))
    return [pin for pin in known if pin is not None]


def _given(office: UUID) -> Pin | None:
    """What the environment pins of this office."""
    given = settings.VAULT_PINS.get(str(office))
    return Pin(given[0], given[1], {}) if given else None


def told(office: UUID) -> str:
    """The latest pin of an office as VAULT_PINS has it, "" where there is none."""
    pin = max(_pins(office), key=lambda pin: pin.number, default=None)
    return f"{office}:{pin.number}:{pin.hash.hex()}" if pin else ""


def _place(office: UUID) -> tuple[str, UUID]:
    return str(settings.VAR_DIR), office


def _file(office: UUID) -> Path:
    return Path(settings.VAR_DIR) / "pins" / f"{office}.json"


def _read(office: UUID) -> Pin | None:
    try:
        kept = json.loads(_file(office).read_text(encoding="utf-8"))
        return Pin(int(kept["number"]), bytes.fromhex(kept["hash"]), dict(kept["epochs"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DirectoryBroken("a pin cannot be read; see VAR_DIR/pins") from error


@contextmanager
def _locked() -> Iterator[None]:
    """One writer of pins a host."""
    folder = Path(settings.VAR_DIR) / "pins"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
