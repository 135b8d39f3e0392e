"""Sealed files in an S3-compatible store (FILES_URL). It only ever sees ciphertext under random names.

What differs from a folder: a blob keeps the time at which it was written, which the store sets itself; a blob
appears whole, at the end of its upload; parts of uploads that never ended are the bucket's to expire
(docs/deploy.md).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3File, S3Storage

PART_BYTES = 8 * 2**20  # of an upload; as much as one upload holds in memory
CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    request_checksum_calculation="when_required",  # not every compatible store knows the newer ones
    response_checksum_validation="when_required",
)


class Reading(File[bytes]):
    """A blob read from the front, a piece at a time: nothing of it is kept here."""

    def __init__(self, name: str, body: Any, size: int) -> None:
        super().__init__(body, name)
        self._bytes = size

    @property
    def size(self) -> int:
        """Bytes of the blob."""
        return self._bytes

    def read(self, most: int = -1) -> bytes:
        """Exactly `most` bytes, fewer only at the end."""
        body: Any = self.file
        if most < 0:
            return bytes(_told(body.read))
        pieces: list[bytes] = []
        while most and (piece := _told(partial(body.read, most))):
            pieces.append(piece)
            most -= len(piece)
        return b"".join(pieces)


class Writing(S3File):
    """An upload in parts, of which nothing stays if it is dropped."""

    def drop(self) -> None:
        """Leave no blob and no part."""
        self._is_dirty = False
        self.close()


class Store(S3Storage):
    """django-storages' S3Storage, that streams what it reads. An unreachable store is an OSError."""

    def get_default_settings(self) -> dict[str, Any]:
        """Without any of the AWS_… settings of other storages."""
        own = {"client_config": CONFIG, "max_memory_size": 2 * PART_BYTES}
        return dict(super().get_default_settings()) | own

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        key = self._normalize_name(name)
        if "w" in mode:
            return Writing(key, mode, self, buffer_size=PART_BYTES)
        answer = _told(lambda: self.bucket.Object(key).get())
        return Reading(name, answer["Body"], int(answer["ContentLength"]))

    def exists(self, name: str) -> bool:
        """Whether the blob is there."""
        return bool(_told(lambda: super(Store, self).exists(name)))

    def delete(self, name: str) -> None:
        """Nothing happens where it is gone."""
        _told(lambda: super(Store, self).delete(name))


def _told(act: Callable[[], Any]) -> Any:
    """What `act` gives; FileNotFoundError, or another OSError without the store's words."""
    try:
        return act()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404", "NotFound"):
            raise FileNotFoundError from None
        raise OSError("the store of sealed files refused") from None
    except BotoCoreError as error:
        raise OSError(f"the store of sealed files cannot be reached ({type(error).__name__})") from None
