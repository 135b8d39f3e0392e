"""Generations: a page's cache key carries one number for each thing that it shows.

`raise_on_commit` writes an outbox entry in the transaction (so that a crash forgets nothing) and raises at
once after commit (so that nobody waits for the worker).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache
from django.db import transaction
from outbox import services as outbox

PREFIX = "cms:generation:"
LONGEST = 100  # characters of an outbox entry's ref


def raise_on_commit(names: Iterable[str]) -> None:
    """Each name ("power", "power:17", "organisation:3") gets a new generation on commit."""
    wanted = list(dict.fromkeys(names))
    for ref in _packed(wanted):
        outbox.enqueue(kind="cms.generation", ref=ref)
    transaction.on_commit(lambda: [raise_now(name) for name in wanted], robust=True)


def _packed(names: list[str]) -> list[str]:
    """The names, joined by commas into as few refs as an outbox entry's length allows."""
    refs: list[str] = []
    for name in names:
        if refs and len(refs[-1]) + 1 + len(name) <= LONGEST:
            refs[-1] += f",{name}"
        else:
            refs.append(name)
    return refs


def raise_now(name: str) -> None:
    """Raise one generation, in the cache that all processes share."""
    key = PREFIX + name
    cache.add(key, 1, timeout=None)
    cache.incr(key)


def key_for(*names: str) -> str:
    """The part of a cache key that changes when one of `names` does: "3-1-8"."""
    found = cache.get_many([PREFIX + name for name in names])
    return "-".join(str(found.get(PREFIX + name, 0)) for name in names)
