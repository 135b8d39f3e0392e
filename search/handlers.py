"""What search does when the outbox says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from outbox.registry import handler
from outbox.services import deliver

from search import indexing, lock
from search.engines import disclosures
from search.engines.base import EngineDown, IndexDamaged


def index_many(refs: Sequence[str]) -> dict[str, Exception]:
    """`index` for many; those that failed. An engine that is away is away for all of them."""
    try:
        return {ref: indexing.Unsettled(ref) for ref in _follow(refs)}
    except (EngineDown, IndexDamaged) as error:
        return dict.fromkeys(refs, error)


@handler(indexing.INDEX, many=index_many)
def index(ref: str) -> None:
    """`ref` is "kind:key": index it, or take it out where it is not disclosed."""
    if _follow([ref]):
        raise indexing.Unsettled(ref)


def _follow(refs: Sequence[str]) -> set[str]:
    """Into an index that is not whole (new, or somebody deleted it) everything goes first."""
    try:
        if not disclosures().whole():
            deliver(indexing.ask_for_rebuild().pk)
        return indexing.follow(refs)
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
