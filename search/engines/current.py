"""The index of disclosures: which one is in use, one that is being built beside it, and the one before.

Embedded tier: three symbolic links in `FIND_DIR`, each replaced in one step; SQLite names WAL and shared
memory after the file itself, so that two indexes never mix. Production: three aliases, one request.

| link | alias | names |
|---|---|---|
| `disclosures.db` | `PREFIX-disclosures` | the index in use |
| `disclosures.building` | `PREFIX-disclosures-building` | the one that a rebuild fills, or left half full |
| `disclosures.previous` | `PREFIX-disclosures-previous` | the one before, for going back |
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings

from search.engines.base import Engine, EngineError
from search.engines.fts5 import Fts5Engine, destroy

if TYPE_CHECKING:
    from search.engines.elastic import ElasticEngine

_lock = threading.Lock()
_cache: dict[str, tuple[str, Engine]] = {}
IN_USE, BUILDING, PREVIOUS = "db", "building", "previous"


def disclosures() -> Engine:
    """The index of disclosures in use: Elasticsearch where ELASTICSEARCH_URL is set, else FTS5.

    Cheap to call.
    """
    if settings.ELASTICSEARCH_URL:
        return _alias()
    path = _file_in_use()
    return _cached(IN_USE, _name_of(path), lambda: Fts5Engine(path))


def building() -> Engine | None:
    """The index that a rebuild fills now, or that one which died has left half full; None where none is."""
    return _beside(BUILDING)


def previous() -> Engine | None:
    """The index that was in use before this one; None where none is kept."""
    return _beside(PREVIOUS)


def fresh() -> Engine:
    """A new, empty index beside the one in use. What no link or alias names any more is dropped."""
    name = secrets.token_hex(6)
    if settings.ELASTICSEARCH_URL:
        _alias().sweep()
        new: Engine = _elastic(concrete=f"{_alias_name()}-{name}")
        new.count()  # which makes it, and names it
        return new
    path = Path(settings.FIND_DIR) / f"disclosures-{name}.db"
    _point(BUILDING, path)
    _sweep()
    return Fts5Engine(path)


def swap(new: Engine) -> None:
    """Put `new` (from `fresh`, `building` or `previous`) in the place of the index in use, in one step; keep
    that as the previous one, and drop the previous one before it.
    """
    if isinstance(new, Fts5Engine):
        _relink(new)
    else:
        cast("ElasticEngine", new).take_over()


def discard(new: Engine) -> None:
    """Drop an index that will not be used."""
    if isinstance(new, Fts5Engine):
        _link(BUILDING).unlink(missing_ok=True)
        new.destroy()
    else:
        cast("ElasticEngine", new).destroy()


def _beside(role: str) -> Engine | None:
    if settings.ELASTICSEARCH_URL:
        name = _alias().named(role)
        return _cached(role, name, lambda: _elastic(concrete=name)) if name else None
    path = _behind(role)
    if path is None or not path.exists() or path == _behind(IN_USE):
        return None
    return _cached(role, _name_of(path), lambda: Fts5Engine(path))


# Elasticsearch ----------------------------------------------------------------------------------------


def _alias_name() -> str:
    return f"{settings.ELASTICSEARCH_PREFIX}-disclosures"


def _alias() -> ElasticEngine:
    name = f"{settings.ELASTICSEARCH_URL} {_alias_name()}"
    return cast("ElasticEngine", _cached(IN_USE, name, lambda: _elastic()))


def _elastic(*, concrete: str = "") -> ElasticEngine:
    # With its large client, so only where there is such an engine.
    from search.engines.elastic import ElasticEngine

    return ElasticEngine(
        settings.ELASTICSEARCH_URL,
        _alias_name(),
        concrete=concrete,
        api_key=settings.ELASTICSEARCH_API_KEY,
        ca=settings.ELASTICSEARCH_CA,
        replicas=settings.ELASTICSEARCH_REPLICAS,
    )


# FTS5 -------------------------------------------------------------------------------------------------


def _link(role: str) -> Path:
    return Path(settings.FIND_DIR) / f"disclosures.{role}"


def _behind(role: str) -> Path | None:
    link = _link(role)
    with suppress(OSError):
        return link.parent / os.readlink(link)
    return None


def _file_in_use() -> Path:
    """The file behind the link; the link is made, with a name that never was, where there is none."""
    if (path := _behind(IN_USE)) is not None:
        return path
    link = _link(IN_USE)
    link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.symlink(f"disclosures-{secrets.token_hex(6)}.db", link)
    return link.parent / os.readlink(link)


def _name_of(path: Path) -> str:
    """The path and the file that is there now (made where there is none): a connection to a deleted file
    would answer for ever.
    """
    with suppress(FileNotFoundError):
        return f"{path} {path.stat().st_ino}"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    return f"{path} {path.stat().st_ino}"


def _point(role: str, path: Path | None) -> None:
    """Let the link name `path`, in one step; None takes it away."""
    link = _link(role)
    if path is None:
        link.unlink(missing_ok=True)
        return
    link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = link.with_name(f"disclosures.{secrets.token_hex(6)}.link")
    os.symlink(path.name, aside)
    os.replace(aside, link)


def _relink(new: Fts5Engine) -> None:
    old = _file_in_use()
    if old == new.path:
        return
    keep = _was_whole(old)
    new.optimize()
    new.close()
    _point(IN_USE, new.path)
    if keep:
        _point(PREVIOUS, old)
    elif _behind(PREVIOUS) == new.path:
        _point(PREVIOUS, None)
    _point(BUILDING, None)
    _sweep()


def _was_whole(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with Fts5Engine(path) as engine:
            return engine.whole()
    except EngineError:
        return False


def _sweep() -> None:
    """Unlink the files that no link names: processes that have one open read on."""
    named = {_behind(role) for role in (IN_USE, BUILDING, PREVIOUS)}
    folder = Path(settings.FIND_DIR)
    for path in folder.glob("disclosures-*.db"):
        if path not in named:
            destroy(path)
    for left in folder.glob("disclosures.*.link"):
        left.unlink(missing_ok=True)


def _cached(role: str, name: str, make: Callable[[], Engine]) -> Engine:
    """One engine a role: another name makes a new one, and the connections of the old close with it."""
    key = f"{os.getpid()} {name}"  # a connection must not cross a fork
    with _lock:
        known = _cache.get(role)
        if known is None or known[0] != key:
            known = _cache[role] = (key, make())
        return known[1]
