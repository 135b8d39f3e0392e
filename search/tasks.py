"""What search does by the clock."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.cache import cache
from workdays import clock

from search import indexing
from search.engines.base import EngineDown, EngineError, IndexDamaged

log = logging.getLogger("search")
LAST = "search.reconciled"
KEEP_S = 7 * 24 * 3600


@shared_task(name="search.tasks.reconcile")
def reconcile() -> None:
    """Compare the index with what is disclosed, and mend it; the outcome is kept for whoever asks."""
    try:
        if indexing.needed():
            indexing.ask_for_rebuild()
            return
        found = indexing.reconcile()
    except IndexDamaged:
        indexing.ask_for_rebuild()
        return
    except EngineDown as error:
        log.warning("not reconciled: %s", type(error).__name__)
        return
    except (EngineError, indexing.Unsettled) as error:
        log.error("not reconciled: %s", type(error).__name__)
        return
    if found:
        log.warning(
            "the index differed: %s missing, %s too many, %s old", found.missing, found.extra, found.stale
        )
    outcome = {"at": clock.now().isoformat(), "mended": found.missing + found.extra + found.stale}
    cache.set(LAST, outcome, KEEP_S)
