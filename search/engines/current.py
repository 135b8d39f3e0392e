"""The index of disclosures: which one is in use, a new one beside it, and the change from one to the other.

Embedded tier: `FIND_DIR/disclosures.db` is a symbolic link to the file in use, replaced in one step;
SQLite names WAL and shared memory after the file itself, so an old and a new index never mix.
Production: an alias.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from search.engines.base import Engine
from search.engines.elastic import ElasticEngine
from search.engines.fts5 import Fts5Engine, destroy

_lock = threading.Lock()
_cache: dict[str, Engine] = {}
_STALE_SECONDS = 24 * 3600


def disclosures() -> Engine:
    """The index of disclosures in use: Elasticsearch where ELASTICSEARCH_URL is set, else FTS5.

    Cheap to call.
    """
    if settings.ELASTICSEARCH_URL:
        return _cached(f"{settings.ELASTICSEARCH_URL} {_alias()}", lambda: _elastic(_alias()))
    path = _file_in_use()
    return _cached(str(path), lambda: Fts5Engine(path))


def fresh() -> Engine:
    """A new, empty index beside the one in use."""
    name = secrets.token_hex(6)
    if settings.ELASTICSEARCH_URL:
        return _elastic(_alias(), concrete=f"{_alias()}-{name}")
    _sweep()
    return Fts5Engine(Path(settings.FIND_DIR) / f"disclosures-{name}.db")


def swap(new: Engine) -> None:
    """Put `new` (from `fresh`) in the place of the index in use, in one step, and drop the old one."""
    if isinstance(new, ElasticEngine):
        new.take_over()
    elif isinstance(new, Fts5Engine):
        _relink(new)


def discard(new: Engine) -> None:
    """Drop an index from `fresh` that will not be used."""
    if isinstance(new, ElasticEngine | Fts5Engine):
        new.destroy()


# Elasticsearch ----------------------------------------------------------------------------------------


def _alias() -> str:
    return f"{settings.ELASTICSEARCH_PREFIX}-disclosures"


def _elastic(alias: str, *, concrete: str = "") -> ElasticEngine:
    return ElasticEngine(
        settings.ELASTICSEARCH_URL,
        alias,
        concrete=concrete,
        api_key=settings.ELASTICSEARCH_API_KEY,
        ca=settings.ELASTICSEARCH_CA,
    )


# FTS5 -------------------------------------------------------------------------------------------------


def _link() -> Path:
    return Path(settings.FIND_DIR) / "disclosures.db"


def _file_in_use() -> Path:
    """The file behind the link; the link is made with the first name where there is none."""
    link = _link()
    with suppress(OSError):
        return link.parent / os.readlink(link)
    link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.symlink("disclosures-0.db", link)
    return link.parent / os.readlink(link)


def _relink(new: Fts5Engine) -> None:
    old, link = _file_in_use(), _link()
    new.optimize()
    new.close()
    aside = link.with_name(f"disclosures.{secrets.token_hex(6)}.link")
    os.symlink(new.path.name, aside)
    os.replace(aside, link)
    if old != new.path:
        destroy(old)  # processes that have it open read on until they look at the link again


def _sweep() -> None:
    """Unlink what a rebuild that died has left."""
    in_use = _file_in_use()
    for path in in_use.parent.glob("disclosures-*.db"):
        if path != in_use and time.time() - path.stat().st_mtime > _STALE_SECONDS:
            destroy(path)


def _cached(name: str, make: Callable[[], Engine]) -> Engine:
    key = f"{os.getpid()} {name}"  # a connection must not cross a fork
    with _lock:
        engine = _cache.get(key)
        if engine is None:
            _cache.clear()  # the one before is no longer in use; its connections close with it
            engine = _cache[key] = make()
        return engine
