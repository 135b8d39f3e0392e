"""What search does when the outbox says so."""

from __future__ import annotations

from datetime import timedelta

from outbox.registry import handler
from outbox.services import deliver

from search import indexing, lock
from search.engines import disclosures
from search.engines.base import IndexDamaged


@handler(indexing.INDEX)
def index(ref: str) -> None:
    """`ref` is "kind:key": index it, or take it out where it is not disclosed.

    Into an index that is not whole (new, or somebody deleted it) everything goes first.
    """
    try:
        if not disclosures().whole():
            deliver(indexing.ask_for_rebuild().pk)
        indexing.follow(ref)
    except IndexDamaged:
        indexing.ask_for_rebuild()
        raise


@handler(indexing.REBUILD, lease=timedelta(hours=2))
def rebuild(ref: str) -> None:
    """Build the index of disclosures anew. Where somebody else does already, that is enough."""
    try:
        indexing.rebuild()
    except lock.Busy:
        return
