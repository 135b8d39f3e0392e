"""The generation of what is published: part of the key of every page that is kept (config.page_cache).

`raise_on_commit` writes an outbox entry in the transaction (so that a crash forgets nothing) and raises at
once after commit (so that nobody waits for the worker). One generation for the whole site: a page drawn once
more than needed costs less than one that shows what is no longer so (docs/decisions/page-cache.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from outbox import services as outbox

KEY = "cms:generation"
KIND = "cms.generation"
PAGES = "page:"  # what the keys of kept pages begin with (config.page_cache)
# What pages show besides records: editors change it without publishing anything.
SHOWN = ("cms", "wagtailcore", "wagtailimages", "wagtaildocs", "wagtailredirects", "search")
_LATER: ContextVar[bool] = ContextVar("indexed later", default=False)


def current() -> str:
    """The generation now. One that the cache has lost is not guessed: nobody has seen the new one."""
    found: str | None = cache.get(KEY)
    if found is None:
        cache.add(KEY, secrets.token_hex(8), timeout=None)
        found = cache.get(KEY)
    return found or secrets.token_hex(8)


def raise_now() -> None:
    """A new generation, in the cache that all processes share."""
    cache.set(KEY, secrets.token_hex(8), timeout=None)


def forget_pages() -> None:
    """Delete every page that is kept. A new generation hides them at once; this leaves nothing to find."""
    kept = getattr(cache, "_cache", None)
    if hasattr(type(kept), "get_client"):  # Redis
        client = kept.get_client(None, write=True)
        for key in client.scan_iter(match=cache.make_key(f"{PAGES}*"), count=1000):
            client.delete(key)
    elif kept is not None:  # files, or a dictionary in tests
        for key in [key for key in kept if isinstance(key, str) and f":{PAGES}" in key]:
            cache.delete(key.split(":", 2)[2])


def raise_on_commit() -> None:
    """A new generation on commit; once for a transaction, whatever it holds."""
    if not _waits(raise_now):
        outbox.enqueue(kind=KIND, ref="site")
        transaction.on_commit(raise_now, robust=True)


def touched(sender: Any, **_rest: Any) -> None:
    """A row was saved or deleted (a signal's receiver)."""
    shown = sender._meta.app_label in SHOWN and getattr(sender, "on_pages", True)
    if shown and not _waits(raise_now, _raise_too):
        transaction.on_commit(_raise_too, robust=True)


@contextmanager
def indexed_later() -> Iterator[None]:
    """While a batch writes, the admin's search waits: an entry an item afterwards, not three during."""
    token = _LATER.set(True)
    try:
        yield
    finally:
        _LATER.reset(token)


def is_indexed_later() -> bool:
    return _LATER.get()


def _raise_too() -> None:
    raise_now()


def _waits(*hooks: Callable[[], None]) -> bool:
    return any(waiting[1] in hooks for waiting in connection.run_on_commit)
