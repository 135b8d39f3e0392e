"""What was drawn of published things, kept until anything that is published changes.

The generation is read before anything is drawn and is part of every key, so what was drawn while something
changed is stored where nobody will look (docs/decisions/page-cache.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from workdays import clock

from cms.publishing import generations, visibility

log = logging.getLogger("cms")
MANY = 100  # things of one question; a file's thousand rows would push out what others read


def by_id(name: str, ids: Sequence[str], draw: Callable[[Sequence[str]], dict[str, Any]]) -> dict[str, Any]:
    """What `draw` gives for these ids, drawn once a generation. `name` says what is drawn, and how.

    `draw` leaves out what is not disclosed; nothing is kept of it.
    """
    if settings.PAGE_CACHE_SECONDS <= 0 or not 0 < len(ids) <= MANY:
        return draw(ids)
    try:
        generation = generations.current()
        keys = {id: f"{generations.PAGES}{generation}:{name}:{id}" for id in ids}
        kept = cache.get_many(keys.values())
    except Exception as error:  # noqa: BLE001  (a cache that is down costs time, not the page)
        log.warning("the cache does not answer: %s", type(error).__name__)
        return draw(ids)
    found = {id: kept[key] for id, key in keys.items() if key in kept}
    if missing := [id for id in ids if id not in found]:
        drawn = draw(missing)
        found |= drawn
        try:
            cache.set_many({keys[id]: each for id, each in drawn.items()}, timeout=seconds_left(generation))
        except Exception as error:  # noqa: BLE001  (as above)
            log.warning("nothing was kept: %s", type(error).__name__)
    return found


def number(name: str, count: Callable[[], int]) -> int:
    """What `count` says, asked once a generation. `name` says of what."""
    return int(by_id("number", [name], lambda _missing: {name: count()})[name])


def seconds_left(generation: str) -> float:
    """Until the cache forgets by itself, or something appears or expires by its date: no event says that.

    The date is asked of every table, so once a generation and minute, and not for each page that is drawn.
    """
    kept = cache.get_or_set(f"page-boundary:{generation}", _boundary, timeout=60)
    boundary = kept[0] if kept else None
    left = (boundary - clock.now()).total_seconds() if boundary else settings.PAGE_CACHE_SECONDS
    return max(0.0, min(settings.PAGE_CACHE_SECONDS, left))


def _boundary() -> tuple[datetime | None]:
    return (visibility.next_boundary(),)  # in a tuple: None would count as not kept
