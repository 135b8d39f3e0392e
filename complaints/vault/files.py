"""Sealed files: what is uploaded is sealed as it arrives, and never lies on the disk in clear (VAULT: file).

    "qf1F" ‖ header 24 ‖ secretstream chunks of 65,536 + 17, AD of each = file uuid ‖ chunk number u64

The content is padded with zeros to its Padmé size; name, type, true size and SHA-256 stand in a cell.
libsodium itself notices neither a missing end nor bytes after it: `open_file` does.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import Storage, storages
from nacl import bindings
from nacl.exceptions import CryptoError
from workdays import clock

from complaints.vault.errors import Corrupt
from complaints.vault.models import SealedFile
from complaints.vault.padding import padme
from complaints.vault.stores import sync_folder

MAGIC = b"qf1F"
CHUNK_BYTES = 65_536
TAG_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


@dataclass(frozen=True)
class Written:
    """A blob that lies synced in the store."""

    uuid: UUID
    name: str  # in the store
    size: int  # padded, in clear in the row
    true_size: int  # goes into the cell, as does the hash
    sha256: bytes

    def row(
        self, *, draft: UUID | None = None, tip: UUID | None = None, cell: UUID | None = None
    ) -> SealedFile:
        """The unsaved row that names the blob."""
        return SealedFile(
            uuid=self.uuid,
            name=self.name,
            size=self.size,
            draft=draft,
            tip=tip,
            cell=cell,
            created_on=clock.today(),
        )


def store() -> Storage:
    """Where blobs lie: STORAGES["sealed"]."""
    return storages["sealed"]


class SealedWriter:
    """Seals what it is given, chunk by chunk, into a blob with a random name. Holds one chunk at a time.

    As a context manager it closes at the end, and leaves no blob behind if the block fails.
    """

    def __init__(self, file_uuid: UUID, key: bytes) -> None:
        """`key`: 32 bytes of its own for this file."""
        if len(key) != bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES:
            raise ValueError("a file key has 32 bytes")
        self.uuid = file_uuid
        self.name = _new_name()
        self.true_size = 0
        self.written: Written | None = None
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._number = 0
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        self._blob = _Blob(self.name)
        self._blob.write(MAGIC + header)

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write(self, data: bytes) -> None:
        """Seal more of the content; any length."""
        if self.written is not None:
            raise ValueError("the file is closed")
        self._hash.update(data)
        self.true_size += len(data)
        self._add(data)

    def close(self) -> Written:
        """Pad, mark the end, sync file and folder. Again: the same answer."""
        if self.written is None:
            size = padme(self.true_size)
            self._pad(size - self.true_size)
            self._push(bytes(self._buffer), FINAL)
            self._buffer.clear()
            self._blob.close()
            self.written = Written(self.uuid, self.name, size, self.true_size, self._hash.digest())
        return self.written

    def abort(self) -> None:
        """Leave no blob behind."""
        self._buffer.clear()
        self._blob.discard()

    def _pad(self, missing: int) -> None:
        while missing:
            part = min(missing, CHUNK_BYTES)
            self._add(bytes(part))
            missing -= part

    def _add(self, data: bytes) -> None:
        view = memoryview(data)
        while len(view):
            # A full chunk waits until more comes: only the last one carries FINAL.
            if len(self._buffer) == CHUNK_BYTES:
                self._push(bytes(self._buffer), MESSAGE)
                self._buffer.clear()
            room = CHUNK_BYTES - len(self._buffer)
            self._buffer += view[:room]
            view = view[room:]

    def _push(self, chunk: bytes, tag: int) -> None:
        ad = _ad(self.uuid, self._number)
        self._number += 1
        self._blob.write(bindings.crypto_secretstream_xchacha20poly1305_push(self._state, chunk, ad, tag))


def open_file(file_uuid: UUID, key: bytes, size: int) -> Iterator[bytes]:
    """The true content, at most 65,536 bytes at a time; `size` is the true size, from the cell.

    Raises Corrupt where a byte was changed, the end is missing, or anything follows it. That can come after
    parts were handed out: what must not be half done, is done after the last part.
    """
    name = SealedFile.objects.filter(uuid=file_uuid).values_list("name", flat=True).first()
    if name is None:
        raise Corrupt("there is no such file")
    return open_blob(name, file_uuid, key, size)


def open_blob(name: str, file_uuid: UUID, key: bytes, size: int) -> Iterator[bytes]:
    """`open_file` by the blob's name in the store."""
    try:
        source = store().open(name, "rb")
    except FileNotFoundError:
        raise Corrupt("the blob is missing") from None
    with source:
        yield from _plain(source, file_uuid, key, size)


def disk_is_full() -> bool:
    """Whether less is free than UPLOAD_FREE_BYTES where blobs lie; never for a store that is elsewhere."""
    if (path := _local_path("x")) is None:
        return False
    while not path.is_dir():
        path = path.parent
    return shutil.disk_usage(path).free < settings.UPLOAD_FREE_BYTES


def delete_blob(name: str) -> None:
    """Remove a blob from the store; nothing happens where it is gone."""
    store().delete(name)
    with suppress(NotImplementedError, OSError):
        sync_folder(Path(store().path(name)).parent)


def _plain(source: IO[bytes] | Any, file_uuid: UUID, key: bytes, size: int) -> Iterator[bytes]:
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    if source.read(len(MAGIC)) != MAGIC:
        raise Corrupt("not a sealed file")
    header = source.read(HEADER_BYTES)
    if len(header) != HEADER_BYTES:
        raise Corrupt("the file is cut")
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    number, seen, tag = 0, 0, MESSAGE
    while tag != FINAL:
        sealed = source.read(CHUNK_BYTES + TAG_BYTES)
        if len(sealed) < TAG_BYTES:
            raise Corrupt("the file ends before its end")
        try:
            chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(
                state, sealed, _ad(file_uuid, number)
            )
        except (CryptoError, RuntimeError):
            raise Corrupt("a chunk does not open") from None
        if part := chunk[: max(0, size - seen)]:
            yield part
        seen += len(chunk)
        number += 1
    if source.read(1):
        raise Corrupt("bytes follow the end")
    if seen != padme(size):
        raise Corrupt("the size is another")


def _ad(file_uuid: UUID, number: int) -> bytes:
    return file_uuid.bytes + number.to_bytes(8, "big")


def _new_name() -> str:
    """Random; two digits of it are the folder."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}"


class _Blob:
    """A new file in the store: on a local disk synced and dated to the day, elsewhere as the store may."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = _local_path(name)
        self._out: Any = _create(self.path) if self.path else store().open(name, "wb")

    def write(self, data: bytes) -> None:
        self._out.write(data)

    def close(self) -> None:
        """Synced, with the folder, and the modification time set to the day: the hour is not kept."""
        if self.path is None:
            self._out.close()
            return
        self._out.flush()
        midnight = clock.first_moment(clock.today())
        day = midnight.timestamp()
        os.utime(self._out.fileno(), (day, day))
        os.fsync(self._out.fileno())
        self._out.close()
        sync_folder(self.path.parent)

    def discard(self) -> None:
        with suppress(OSError, ValueError):
            getattr(self._out, "drop", self._out.close)()
        store().delete(self.name)


def _local_path(name: str) -> Path | None:
    try:
        return Path(store().path(name))
    except NotImplementedError:
        return None


def _create(path: Path) -> IO[bytes]:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_folder(path.parent.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "wb")
