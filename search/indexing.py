"""Keeping the index of disclosures true: one document, all of them anew, and what differs.

The database is the truth. Whatever is written here is read from the sources at that moment, so that doing it
twice, late or at the same time as somebody else ends in the same index.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from outbox.models import Entry
from outbox.services import enqueue

from search.documents import Document, source_for, sources
from search.engines import current
from search.engines.base import Engine

log = logging.getLogger("search")
INDEX, REBUILD = "search.index", "search.rebuild"
BATCH = 500
_TRIES = 5


class Unsettled(Exception):
    """A record changes faster than it can be indexed; the outbox tries again."""


class RebuildFailed(Exception):
    """The new index does not hold what was written to it; the old one stays in use."""


@dataclass(frozen=True)
class Difference:
    """What the index lacked, and what it held that is not disclosed."""

    missing: int
    extra: int


def write(engine: Engine, ref: str) -> bool:
    """Bring one document up to date: index it, or take it out where it is not disclosed; whether it is
    in now.

    Read again after writing: of two that write at once, the one that writes last then sees the newer state.
    """
    source = source_for(ref)
    if source is None:
        return False
    document = source.get(ref)
    for _ in range(_TRIES):
        if document is None:
            engine.delete([ref])
        else:
            engine.index([document])
        again = source.get(ref)
        if again == document:
            return document is not None
        document = again
    raise Unsettled(ref)


def rebuild() -> int:
    """Build a new index beside the one in use, replay what changed meanwhile, compare, swap; its size.

    There is no moment without results. Raises RebuildFailed or EngineDown, and then nothing has changed.
    """
    known = {pk for pk, _ in _changes(done=True)}
    new = current.fresh()
    try:
        written = _fill(new)
        _replay(new, known, written)
        if new.count() != len(written):
            raise RebuildFailed(f"{new.count()} documents instead of {len(written)}")
    except BaseException:
        current.discard(new)
        raise
    current.swap(new)
    # Once more: what was written into the old index between the replay and the swap.
    _replay(current.disclosures(), known, written)
    return len(written)


def _fill(engine: Engine) -> set[str]:
    written: set[str] = set()
    for batch in _batches(document for source in sources() for document in source.iterate()):
        engine.index(batch)
        written |= {document.id for document in batch}
    return written


def _replay(engine: Engine, known: Collection[int], written: set[str]) -> None:
    """Write every document whose entry was not yet done when the rebuild began (or came since)."""
    for ref in {ref for pk, ref in _changes() if pk not in known}:
        if write(engine, ref):
            written.add(ref)
        else:
            written.discard(ref)


def _changes(*, done: bool = False) -> Iterator[tuple[int, str]]:
    """(entry, document id) of the outbox, all or those that are done."""
    rows = Entry.objects.filter(kind=INDEX)
    return (rows.filter(done_at__isnull=False) if done else rows).values_list("pk", "ref").iterator()


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    stream = iter(documents)
    while batch := list(islice(stream, BATCH)):
        yield batch


def reconcile(*, repair: bool = True) -> Difference:
    """Compare the index with what is disclosed, id by id; write what is missing, take out what is too
    much.
    """
    engine = current.disclosures()
    held = engine.ids()
    should = {document.id for source in sources() for document in source.iterate()}
    missing, extra = should - held, held - should
    if repair:
        for ref in sorted(missing | extra):
            write(engine, ref)
        unknown = [ref for ref in extra if source_for(ref) is None]
        if unknown:
            engine.delete(unknown)
    return Difference(missing=len(missing), extra=len(extra))


def ask_for_rebuild() -> None:
    """Have a worker build the index anew, unless that is already asked for."""
    if not Entry.objects.filter(kind=REBUILD, done_at=None).exists():
        enqueue(kind=REBUILD, ref="disclosures")
        log.warning("the index of disclosures cannot be read; a rebuild is due")
