"""Keeping the index of disclosures true: one document, all of them anew, and what differs.

The database is the truth. Whatever is written here is read from the sources at that moment, so that doing it
twice, late or at the same time as somebody else ends in the same index.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from django.db.models import Min
from django.dispatch import Signal
from outbox.models import Entry
from outbox.services import enqueue
from workdays import clock

from search import lock
from search.analysis import canonical, is_cjk
from search.documents import Document, source_for, sources
from search.engines import current
from search.engines.base import Engine, EngineDown, EngineError, IndexDamaged
from search.query import parse

log = logging.getLogger("search")
INDEX, REBUILD = "search.index", "search.rebuild"
BATCH = 500
HALF = "not whole"
SAMPLE = 50
"""Documents that a new index must find by a piece of their own text before it is used."""
LEFT = 20
"""So few changes may be left when the new index is compared and put in place; they are written after it."""
_TRIES = 5
_WAITS_S = (0.5, 1, 2, 4)  # then every 5 seconds
_REPLAY_ROUNDS = 50

changed = Signal()
"""Sent when what is found has changed: lists are drawn from the index, and somebody may have kept them."""

Say = Callable[[str], None]
T = TypeVar("T")


class Unsettled(Exception):
    """A record changes faster than it can be indexed; the outbox tries again."""


class RebuildFailed(Exception):
    """The new index does not hold what was written to it; the old one stays in use."""


@dataclass(frozen=True)
class Difference:
    """What the index lacked, what it held that is not disclosed, and what it held in another version."""

    missing: int
    extra: int
    stale: int

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.stale)


# One document ----------------------------------------------------------------------------------------


def write(engine: Engine, ref: str) -> Document | None:
    """Bring one document up to date: index it, or take it out where it is not disclosed; what is in now.

    Read again after writing: of two that write at once, the one that writes last then sees the newer state.
    """
    source = source_for(ref)
    if source is None:
        return None
    document = source.get(ref)
    for _ in range(_TRIES):
        if document is None:
            engine.delete([ref])
        else:
            engine.index([document])
        again = source.get(ref)
        if again == document:
            return document
        document = again
    raise Unsettled(ref)


def follow(ref: str) -> None:
    """Bring one document up to date in the index in use, and before that in the one that is being built, so
    that it is found at once whenever they are swapped; take out of the previous one what is not disclosed.

    Only the index in use counts: what goes wrong in the others is mended when they are looked at next.
    """
    rebuilt = _beside(current.building, lambda engine: write(engine, ref))
    document = write(current.disclosures(), ref)
    if rebuilt and not _beside(current.building, lambda engine: None):
        document = write(current.disclosures(), ref)  # swapped meanwhile
    if document is None:
        _beside(current.previous, lambda engine: engine.delete([ref]))
    changed.send_robust(follow)


def _beside(which: Callable[[], Engine | None], act: Callable[[Engine], object]) -> bool:
    """Do it to an index beside the one in use; whether there is one."""
    try:
        engine = which()
        if engine is not None:
            act(engine)
    except EngineError as error:
        log.warning("an index beside the one in use was not written: %s", type(error).__name__)
        return True
    return engine is not None


# All of them, anew -----------------------------------------------------------------------------------


def rebuild(*, again: bool = False, patience_s: float = 0, say: Say = lambda sentence: None) -> int:
    """Build a new index beside the one in use, replay what changed meanwhile, compare, swap; its size.

    The index before stays, for `go_back`. One that died is gone on with (not with `again`). An engine that
    does not answer is waited for, up to `patience_s` seconds at a time. There is no moment without results.
    Raises RebuildFailed, EngineError or lock.Busy, and then the old index stays in use.
    """
    with lock.alone() as held:
        work = _Work(current.fresh, patience_s, say, held)
        if not again:
            work.go_on(current.building)
        return work.finish()


def go_back(*, patience_s: float = 0, say: Say = lambda sentence: None) -> int:
    """Put the index from before the last rebuild in use again, once it is up to date; its size.

    Raises RebuildFailed where none is kept, and what `rebuild` raises.
    """
    with lock.alone() as held:
        work = _Work(current.fresh, patience_s, say, held)
        work.go_on(current.previous)
        if work.engine is None:
            raise RebuildFailed("there is no index to go back to")
        return work.finish()


@dataclass
class _Work:
    """One run of a rebuild."""

    fresh: Callable[[], Engine]
    patience_s: float
    say: Say
    held: Callable[[], bool]
    engine: Engine | None = None
    stamps: dict[str, str] = field(default_factory=dict)  # what the new index should hold
    known: set[int] = field(default_factory=set)  # entries whose change is in it
    said: float = 0.0

    def go_on(self, where: Callable[[], Engine | None]) -> None:
        """Take the index that is there, if it can be read."""
        found = self._patiently(where)
        if found is None:
            return
        try:
            count = self._patiently(found.count)
        except IndexDamaged:
            current.discard(found)
            return
        self.engine = found
        self.say(f"Going on with an index of {count:,} documents.")

    def finish(self) -> int:
        """Fill, replay, compare, swap."""
        self.known = {pk for pk, _ in _changes(done=True)}
        engine = self.engine or self._patiently(self.fresh)
        try:
            self._fill(engine)
            self._replay(engine)
            self._compare(engine)
            self._look(engine)
            if not self.held():
                raise RebuildFailed("the lock was lost")
        except (RebuildFailed, IndexDamaged):
            with suppress(EngineError):
                current.discard(engine)
            raise
        self._patiently(engine.mark_whole)
        self._patiently(lambda: current.swap(engine))
        changed.send_robust(_Work)
        # Once more: what came between the comparison and the swap.
        for ref in self._new_changes():
            self._patiently(lambda ref=ref: write(current.disclosures(), ref))  # type: ignore[misc]
        return len(self.stamps)

    def _fill(self, engine: Engine) -> None:
        """Write every document whose version the index does not hold yet, take out what is too much."""
        there = self._patiently(engine.stamps)
        written = 0
        for batch in _batches(document for source in sources() for document in source.iterate()):
            changed = [document for document in batch if there.get(document.id) != document.stamp]
            if changed:
                self._patiently(lambda changed=changed: engine.index(changed))  # type: ignore[misc]
            written += len(changed)
            self.stamps.update((document.id, document.stamp) for document in batch)
            self._progress(f"{len(self.stamps):,} documents read, {written:,} written")
        extra = there.keys() - self.stamps.keys()
        self._patiently(lambda: engine.delete(extra))
        self.say(f"{len(self.stamps):,} documents read, {written:,} written, {len(extra):,} taken out.")

    def _replay(self, engine: Engine) -> None:
        """Write what changed meanwhile, until next to nothing does."""
        total = 0
        for _ in range(_REPLAY_ROUNDS):
            refs = self._new_changes()
            for ref in refs:
                self._note(ref, self._patiently(lambda ref=ref: write(engine, ref)))  # type: ignore[misc]
                self._progress(f"{total:,} changes replayed")
                total += 1
            if len(refs) <= LEFT:
                break
        self.say(f"{total:,} changes replayed.")

    def _new_changes(self) -> list[str]:
        """Documents with an entry that was not done when the rebuild began, or that came since; each entry
        once: it is written in the transaction of its change, so who sees it sees the change.
        """
        new = [(pk, ref) for pk, ref in _changes() if pk not in self.known]
        self.known |= {pk for pk, _ in new}
        return list(dict.fromkeys(ref for _, ref in new))

    def _note(self, ref: str, document: Document | None) -> None:
        if document is None:
            self.stamps.pop(ref, None)
        else:
            self.stamps[ref] = document.stamp

    def _compare(self, engine: Engine) -> None:
        """Raises RebuildFailed where the index holds other documents or versions than were written to it.

        Whatever is published while this looks is written to it by somebody else too (`follow`).
        """
        for _ in range(_TRIES):
            there = self._patiently(engine.stamps)
            differing = {ref for ref, _ in there.items() ^ self.stamps.items()}
            if not differing:
                break
            excused = set(self._new_changes()) | {ref for ref in differing if self._follows(ref, there)}
            if unexplained := differing - excused:
                raise RebuildFailed(f"{len(unexplained):,} documents are not as they were written")
            for ref in excused:
                self._note(ref, self._patiently(lambda ref=ref: write(engine, ref)))  # type: ignore[misc]
        count = self._patiently(engine.count)
        self.say(f"{count:,} documents compared; the index in use holds {_size_in_use()}.")

    def _follows(self, ref: str, there: dict[str, str]) -> bool:
        """Whether the index holds of `ref` what its source says now."""
        source = source_for(ref)
        document = source.get(ref) if source else None
        return there.get(ref) == (document.stamp if document else None)

    def _look(self, engine: Engine) -> None:
        """Raises RebuildFailed where one of a sample of documents is not found by a piece of its text."""
        chance, looked = random.Random(), 0  # noqa: S311  (a sample, no secret)
        for ref in chance.sample(sorted(self.stamps), min(SAMPLE, len(self.stamps))):
            source = source_for(ref)
            document = source.get(ref) if source else None
            if document is None or document.stamp != self.stamps[ref]:
                continue  # it has changed since
            if (piece := _piece(document, chance)) and not self._finds(engine, piece, ref):
                raise RebuildFailed("a document is not found by its own text")
            looked += 1
        self.say(f"{looked} documents found by a piece of their text.")

    def _finds(self, engine: Engine, piece: str, ref: str) -> bool:
        query = parse(f'"{piece}"')
        return self._patiently(lambda: engine.search(query, within=[ref], limit=1)).ids == [ref]

    def _patiently(self, act: Callable[[], T]) -> T:
        """What `act` gives; while the engine does not answer it is tried again."""
        end = time.monotonic() + self.patience_s
        for n in range(10_000):
            try:
                return act()
            except EngineDown as error:
                if time.monotonic() >= end:
                    raise
                self._progress(f"the engine does not answer ({error}), waiting")
            time.sleep(_WAITS_S[n] if n < len(_WAITS_S) else 5)
        raise EngineDown("patience")

    def _progress(self, sentence: str) -> None:
        """A line a second."""
        if time.monotonic() - self.said >= 1:
            self.said = time.monotonic()
            self.say(f"{sentence} …")


def _piece(document: Document, chance: random.Random) -> str:
    """Some characters of a run of its text, or a word; "" where there is none."""
    runs = [run for run in canonical(f"{document.title}\n{document.body}").split() if len(run) < 60]
    if not runs:
        return ""
    run = chance.choice(runs)
    if not is_cjk(run[0]):
        return run
    start = chance.randrange(len(run))
    return run[start : start + chance.randrange(1, 12)]


def _size_in_use() -> str:
    try:
        return f"{current.disclosures().count():,}"
    except EngineError:
        return "none that can be read"


def _changes(*, done: bool = False) -> Iterator[tuple[int, str]]:
    """(entry, document id) of the outbox, all or those that are done."""
    rows = Entry.objects.filter(kind=INDEX)
    rows = rows.filter(done_at__isnull=False) if done else rows.order_by("pk")
    return rows.values_list("pk", "ref").iterator()


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    stream = iter(documents)
    while batch := list(islice(stream, BATCH)):
        yield batch


# What differs ----------------------------------------------------------------------------------------


def reconcile(*, repair: bool = True) -> Difference:
    """Compare the index with what is disclosed, both ways and version by version; write what is missing or
    old, take out what is too much.

    What is on its way in the outbox is no difference. An index that was not whole is, once it is mended.
    """
    engine = current.disclosures()
    held = engine.stamps()
    should: dict[str, str] = {}
    for source in sources():
        should.update((document.id, document.stamp) for document in source.iterate())
    differing = {ref for ref, _ in held.items() ^ should.items()} - _on_their_way()
    if differing:  # look twice: something may just have been done
        held = engine.stamps()
        differing = {ref for ref in differing if _stamp_now(ref) != held.get(ref)}
    difference = Difference(
        missing=sum(ref not in held for ref in differing),
        extra=sum(ref in held and _stamp_now(ref) is None for ref in differing),
        stale=sum(ref in held and _stamp_now(ref) is not None for ref in differing),
    )
    if repair:
        _mend(engine, differing)
        if not engine.whole():
            engine.mark_whole()
    return difference


def _stamp_now(ref: str) -> str | None:
    source = source_for(ref)
    document = source.get(ref) if source else None
    return document.stamp if document else None


def _on_their_way() -> set[str]:
    return set(Entry.objects.filter(kind=INDEX, done_at=None).values_list("ref", flat=True))


def _mend(engine: Engine, differing: Collection[str]) -> None:
    for ref in sorted(differing):
        if source_for(ref) is None:
            engine.delete([ref])
        else:
            write(engine, ref)


def refuse_half(engine: Engine) -> None:
    """Raises IndexDamaged where the index is not whole although something is disclosed: it was deleted, or
    never built, and would look as if there was nothing.
    """
    if not engine.whole() and any(True for source in sources() for _ in source.iterate()):
        raise IndexDamaged(HALF)


def needed() -> bool:
    """Whether there is no index that is whole and can be read. Raises EngineDown where nobody answers."""
    try:
        return not current.disclosures().whole()
    except IndexDamaged:
        return True


@dataclass(frozen=True)
class State:
    """How the index of disclosures is, for whoever runs the site."""

    documents: int
    pending: int  # documents that wait to be indexed
    oldest: dt.timedelta | None  # how long the first of them has waited
    whole: bool
    rebuilding: bool
    built: int | None = None  # documents in the index that is being built


def state() -> State:
    """Ask the engine and the outbox. Where the index is not whole, or cannot be read, a rebuild is asked for.

    Raises EngineError.
    """
    engine = current.disclosures()
    waiting = Entry.objects.filter(kind=INDEX, done_at=None)
    try:
        documents = engine.count()
        refuse_half(engine)
        whole = True
    except IndexDamaged as error:
        ask_for_rebuild()
        if str(error) != HALF:
            raise
        documents, whole = engine.count(), False
    first = waiting.aggregate(first=Min("created_at"))["first"]
    building = current.building()
    return State(
        documents=documents,
        pending=waiting.count(),
        oldest=clock.now() - first if first else None,
        whole=whole,
        rebuilding=lock.taken(),
        built=building.count() if building else None,
    )


def ask_for_rebuild() -> Entry:
    """Have a worker build the index anew, unless that is already asked for."""
    entry = Entry.objects.filter(kind=REBUILD, done_at=None).first()
    if entry is None:
        entry = enqueue(kind=REBUILD, ref="disclosures")
        log.warning("the index of disclosures cannot be read, or is not whole; a rebuild is due")
    return entry
