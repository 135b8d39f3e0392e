"""What search does when the outbox says so."""

from __future__ import annotations

from datetime import timedelta

from outbox.registry import handler

from search import indexing
from search.engines import disclosures
from search.engines.base import IndexDamaged


@handler(indexing.INDEX)
def index(ref: str) -> None:
    """`ref` is "kind:key": index it, or take it out where it is not disclosed."""
    try:
        indexing.write(disclosures(), ref)
    except IndexDamaged:
        indexing.ask_for_rebuild()
        raise


@handler(indexing.REBUILD, lease=timedelta(hours=2))
def rebuild(ref: str) -> None:
    """Build the index of disclosures anew."""
    indexing.rebuild()
