"""What keeps tests apart from each other: stores of their own. And what makes many keys bearable."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest


class Settings:
    """Django's settings; what is set here is put back in the end. Like pytest-django's, but for any scope."""

    def __init__(self) -> None:
        self.__dict__["_changes"] = ExitStack()

    def __getattr__(self, name: str) -> Any:
        from django.conf import settings

        return getattr(settings, name)

    def __setattr__(self, name: str, value: Any) -> None:
        from django.test import override_settings

        self._changes.enter_context(override_settings(**{name: value}))


@contextmanager
def changed_settings() -> Iterator[Settings]:
    """Settings that may be set until the end."""
    settings = Settings()
    with settings._changes:
        yield settings


@contextmanager
def own_stores(settings: Any, folder: Path) -> Iterator[None]:
    """Cache, media, sealed files, indexes, logs and pins under `folder`; Elasticsearch's by a prefix.

    `settings` is pytest-django's, or `Settings`: they put everything back by themselves.
    """
    from django.core.cache import caches

    settings.VAR_DIR = folder
    settings.SECRETS_DIR = folder / "secrets"
    settings.FIND_DIR = folder / "find"
    settings.MEDIA_ROOT = folder / "media"
    settings.EMAIL_FILE_PATH = str(folder / "mail")
    settings.PAGE_CACHE_SECONDS = 0  # most tests never commit: no change would clear it
    stores = {name: dict(store) for name, store in settings.STORAGES.items()}
    if "location" in stores["sealed"].get("OPTIONS", {}):
        stores["sealed"]["OPTIONS"] = stores["sealed"]["OPTIONS"] | {"location": str(folder / "files")}
    stores["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = stores
    if "diskcache" in settings.CACHES["default"]["BACKEND"]:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(folder / "cache")}}
    else:
        own = {"LOCATION": redis(settings.REDIS_URL, 1), "KEY_PREFIX": uuid4().hex}
        settings.CACHES = {"default": {**settings.CACHES["default"], **own}}
    for name in ("find", "media", "files", "secrets"):
        (folder / name).mkdir(exist_ok=True)
    prefix = settings.ELASTICSEARCH_PREFIX = f"test-{uuid4().hex[:12]}"
    with questions() as asked:
        yield
    if settings.ELASTICSEARCH_URL and asked():
        forget(settings.ELASTICSEARCH_URL, prefix)
    for cache in caches.all(initialized_only=True):
        cache.close()


def redis(url: str, first: int) -> str:
    """The Redis database of this process of pytest: `first` and up, for at most five processes.

    To clear a cache empties its whole database, and a broker's jobs go to whoever asks: neither is shared.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    assert worker < 5, "Redis has sixteen databases: at most five processes of pytest"
    return f"{url.rsplit('/', 1)[0]}/{first + worker}"


@contextmanager
def questions() -> Iterator[Callable[[], int]]:
    """Counts what this process asks of Elasticsearch meanwhile: who asked nothing has no index to delete."""
    from elastic_transport import Transport

    real, asked = Transport.perform_request, count()

    def perform(self: Transport, *args: Any, **kwargs: Any) -> Any:
        next(asked)
        return real(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "perform_request", perform)
        yield lambda: next(asked)


def forget(url: str, prefix: str) -> None:
    """Deletes the Elasticsearch indexes whose name begins with `prefix`."""
    from elasticsearch import Elasticsearch

    with Elasticsearch(url) as elastic:
        names = list(elastic.indices.get(index=f"{prefix}*", allow_no_indices=True))
        if names:
            elastic.indices.delete(index=",".join(names))


def cheapen_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with its least cost, in this process; nothing in the project itself can lower a cost."""
    from nacl.encoding import RawEncoder
    from nacl.pwhash import argon2id

    real = argon2id.kdf

    def kdf(
        size: int,
        password: bytes,
        salt: bytes,
        opslimit: int = 0,
        memlimit: int = 0,
        encoder: Any = RawEncoder,
    ) -> bytes:
        return real(size, password, salt, argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN, encoder)

    monkeypatch.setattr(argon2id, "kdf", kdf)
