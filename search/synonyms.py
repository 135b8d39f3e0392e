"""The editors' synonyms, read once a generation in each process and held for every search."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType

from django.core.cache import cache
from django.db import DatabaseError

log = logging.getLogger("search")

GENERATION = "search:synonyms"
MOST_GROUPS = 2_000
"""Groups that are read, the oldest first."""
KEPT_S = 600
"""Seconds after which a process reads them anew in any case: somebody may have changed rows by SQL."""

_lock = threading.Lock()
_held: tuple[str, float, Mapping[str, tuple[str, ...]]] | None = None


def forget() -> None:
    """Begin a new generation: call it when a group has changed, after commit."""
    cache.set(GENERATION, secrets.token_hex(8), timeout=None)


def table() -> Mapping[str, tuple[str, ...]]:
    """From each canonical word to the others of its groups. Never raises: without a database, nothing."""
    global _held
    generation = _generation()
    held = _held
    if held is None or held[0] != generation or time.monotonic() - held[1] > KEPT_S:
        try:
            read = _read()
        except DatabaseError as error:
            log.warning("the synonyms cannot be read: %s", type(error).__name__)
            return MappingProxyType({})
        with _lock:
            held = _held = (generation, time.monotonic(), read)
    return held[2]


def _generation() -> str:
    try:
        return str(cache.get_or_set(GENERATION, lambda: secrets.token_hex(8), timeout=None))
    except Exception as error:  # noqa: BLE001  (a cache that is down costs a question, not the search)
        log.warning("no generation of synonyms: %s", type(error).__name__)
        return secrets.token_hex(8)


def _read() -> Mapping[str, tuple[str, ...]]:
    from search.models import Synonym

    others: dict[str, dict[str, None]] = {}
    for group in Synonym.objects.filter(active=True).order_by("pk")[:MOST_GROUPS]:
        terms = group.terms
        for word in terms:
            others.setdefault(word, {}).update(dict.fromkeys(term for term in terms if term != word))
    return MappingProxyType({word: tuple(found) for word, found in others.items() if found})
