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
from search.documents import Document, get_many, source_for, sources
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

    Raises Unsettled.
    """
    documents, unsettled = write_many(engine, [ref])
    if unsettled:
        raise Unsettled(ref)
    return documents.get(ref)


def write_many(engine: Engine, refs: Collection[str]) -> tuple[dict[str, Document], set[str]]:
    """Bring documents up to date; those that are in now, and the refs that change faster than that.

    Read again after writing: of two that write at once, the one that writes last then sees the newer state.
    The questions do not grow with the refs.
    """
    open_refs = [ref for ref in refs if source_for(ref) is not None]
    documents = get_many(open_refs)
    for _ in range(_TRIES):
        if here := [documents[ref] for ref in open_refs if ref in documents]:
            engine.index(here)
        if gone := [ref for ref in open_refs if ref not in documents]:
            engine.delete(gone)
        again = get_many(open_refs)
        open_refs = [ref for ref in open_refs if again.get(ref) != documents.get(ref)]
        for ref in open_refs:
            documents.pop(ref, None)
            if ref in again:
                documents[ref] = again[ref]
        if not open_refs:
            break
    return documents, set(open_refs)


def follow(refs: Collection[str]) -> set[str]:
    """Bring documents up to date in the index in use, and before that in the one that is being built, so
    that they are found at once whenever they are swapped; take out of the previous one what is not disclosed.

    Gives the refs that change too fast (`Unsettled`). Only the index in use counts: what goes wrong in the
    others is mended when they are looked at next.
    """
    rebuilt = _beside(current.building, lambda engine: write_many(engine, refs))
    documents, unsettled = write_many(current.disclosures(), refs)
    if rebuilt and not _beside(current.building, lambda engine: None):
        documents, unsettled = write_many(current.disclosures(), refs)  # swapped meanwhile
    if gone := [ref for ref in refs if ref not in documents]:
        _beside(current.previous, lambda engine: engine.delete(gone))
    changed.send_robust(follow)
    return unsettled


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
        self._write(current.disclosures, self._new_changes())
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
            for batch in _batches(refs):
                self._note(batch, self._write(lambda: engine, batch))
                total += len(batch)
                self._progress(f"{total:,} changes replayed")
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

    def _write(self, which: Callable[[], Engine], refs: Collection[str]) -> dict[str, Document]:
        """`write_many`, patiently. Raises Unsettled."""
        documents, unsettled = self._patiently(lambda: write_many(which(), refs))
        if unsettled:
            raise Unsettled(min(unsettled))
        return documents

    def _note(self, refs: Collection[str], documents: dict[str, Document]) -> None:
        for ref in refs:
            self.stamps.pop(ref, None)
        self.stamps.update((ref, document.stamp) for ref, document in documents.items())

    def _compare(self, engine: Engine) -> None:
        """Raises RebuildFailed where the index holds other documents or versions than were written to it.

        Whatever is published while this looks is written to it by somebody else too (`follow`).
        """
        for _ in range(_TRIES):
            there = self._patiently(engine.stamps)
            differing = {ref for ref, _ in there.items() ^ self.stamps.items()}
            if not differing:
                break
            now = _stamps_now(differing)
            follows = {ref for ref in differing if there.get(ref) == now.get(ref)}
            excused = set(self._new_changes()) | follows
            if unexplained := differing - excused:
                raise RebuildFailed(f"{len(unexplained):,} documents are not as they were written")
            for batch in _batches(sorted(excused)):
                self._note(batch, self._write(lambda: engine, batch))
        count = self._patiently(engine.count)
        self.say(f"{count:,} documents compared; the index in use holds {_size_in_use()}.")

    def _look(self, engine: Engine) -> None:
        """Raises RebuildFailed where one of a sample of documents is not found by a piece of its text."""
        chance, looked = random.Random(), 0  # noqa: S311  (a sample, no secret)
        sample = chance.sample(sorted(self.stamps), min(SAMPLE, len(self.stamps)))
        documents = get_many(sample)
        for ref in sample:
            document = documents.get(ref)
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


def _batches(things: Iterable[T]) -> Iterator[list[T]]:
    stream = iter(things)
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
        now = _stamps_now(differing)
        differing = {ref for ref in differing if now.get(ref) != held.get(ref)}
    else:
        now = {}
    difference = Difference(
        missing=sum(ref not in held for ref in differing),
        extra=sum(ref in held and ref not in now for ref in differing),
        stale=sum(ref in held and ref in now for ref in differing),
    )
    if repair:
        _mend(engine, differing)
        if not engine.whole():
            engine.mark_whole()
    return difference


def _stamps_now(refs: Collection[str]) -> dict[str, str]:
    """The stamps of those that are disclosed now."""
    found: dict[str, str] = {}
    for batch in _batches(refs):
        found.update((ref, document.stamp) for ref, document in get_many(batch).items())
    return found


def _on_their_way() -> set[str]:
    return set(Entry.objects.filter(kind=INDEX, done_at=None).values_list("ref", flat=True))


def _mend(engine: Engine, differing: Collection[str]) -> None:
    for batch in _batches(sorted(differing)):
        engine.delete([ref for ref in batch if source_for(ref) is None])
        if unsettled := write_many(engine, batch)[1]:
            raise Unsettled(min(unsettled))


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
