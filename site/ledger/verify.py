"""Checking the whole ledger from its rows, and against what others hold.

From the rows: each leaf from its opening, each stored hash, each signed list, each signed checkpoint. From
outside: checkpoints, proofs and acknowledgements that somebody kept, and the key as it was printed. Who has
database, code and sequencer, but not the key, can write everything anew but the signatures.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from django.db.models import Max

from ledger import checkpoints, destruction, keys, leaves, merkle, notes, pages, proofs, sequencer, tree
from ledger.checkpoints import Said
from ledger.models import Checkpoint, Cosignature, Event, KeyChange, Node, Page, Sequencer
from ledger.notes import NoteInvalid

CHUNK = 2048


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was recorded. `event` is a UUID, or empty for the tree itself."""

    event: str
    what: str

    def __str__(self) -> str:
        return f"event {self.event}: {self.what}" if self.event else self.what


@dataclass
class Held:
    """What somebody outside kept: signed notes and proof files; `key` is the verifier key, from print."""

    key: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Result:
    """How many leaves were read, how many events wait, and the root made again from the leaves."""

    size: int = 0
    waiting: int = 0
    destroyed: int = 0
    checkpoints: int = 0
    root: bytes = merkle.EMPTY_ROOT


Check = Callable[[], Iterator[Fault]]
_checks: list[Check] = []


def register(check: Check) -> Check:
    """A room's own check, that what it keeps is still what its events commit to; it runs last."""
    if check not in _checks:
        _checks.append(check)
    return check


def verify(result: Result, held: Held | None = None) -> Iterator[Fault]:
    """Faults as they are found, reading the rows once, in order; fills `result`. Memory does not grow.

    Raises NoteInvalid where `held.key` is no key.
    """
    held = held or Held()
    _listed.cache_clear()
    size = Sequencer.objects.filter(pk=1).values_list("size", flat=True).first() or 0
    trusted: list[Fault] = []
    known = _keys(held, trusted)
    yield from trusted
    outside, foreign = _outside(held, known)
    yield from foreign
    reading = _Reading(result, known, size, _Heads(known, outside))
    for start in range(0, size, CHUNK):
        yield from reading.chunk(start, min(start + CHUNK, size))
    for event in Event.objects.filter(position__gte=size).order_by("position").iterator(CHUNK):
        yield Fault(str(event.uuid), f"stands at {event.position}, beyond the {size} leaves of the tree")
    for event in Event.objects.filter(position__isnull=True).iterator(CHUNK):
        result.waiting += 1
        yield from _leaf(event, result)
    result.size, result.root = size, reading.compact.root()
    yield from reading.rest()
    yield from _head(result)
    yield from _cosignatures()
    yield from _proofs(held, known)
    for check in _checks:
        yield from check()


def _keys(held: Held, faults: list[Fault]) -> keys.Keys:
    """The keys that follow from the trusted one; without the changes where these are not to be believed."""
    vkey = held.key or notes.own_vkey()
    try:
        return keys.from_vkey(vkey)
    except NoteInvalid as error:
        notes.parse_vkey(vkey)
        rows = KeyChange.objects.count()
        faults.append(Fault("", f"the {rows} changes of the ledger's key do not hold: {error}"))
        return keys.Keys(vkey, [])


class _Reading:
    """One way through the tree from the left."""

    def __init__(self, result: Result, known: keys.Keys, size: int, heads: _Heads) -> None:
        self.result, self.keys, self.size, self.heads = result, known, size, heads
        self.compact = merkle.Compact()
        self.emptied: dt.date | None = None  # day of the last batch after which nothing waited
        self.days: tuple[dt.date, dt.date | None] = (dt.date.min, None)  # of the list being read
        self.page_end = 0
        self.first = Checkpoint.objects.order_by("size").values_list("size", flat=True).first()

    def chunk(self, start: int, end: int) -> Iterator[Fault]:
        found = Event.objects.filter(position__gte=start, position__lt=end)
        events = {event.position: event for event in found}
        stored = _stored(start, end)
        listed, days, faults = self._pages(start, end)
        yield from faults
        for position in range(start, end):
            event = events.get(position)
            signed = listed.get(position) or stored.get((0, position))
            if event is None:
                yield Fault("", f"no event stands at {position}: it was deleted{_named(listed, position)}")
                leaf = signed or bytes(32)
            else:
                leaf = bytes(event.leaf_hash)
                yield from _leaf(event, self.result)
                yield from _dated(event, days.get(position))
                if signed and leaf != signed:
                    yield Fault(str(event.uuid), f"its leaf is not the one in the tree at {position}")
            yield from self._hashes(leaf, stored, listed.get(position))
            yield from self.heads.at(self.compact)

    def _hashes(
        self, leaf: bytes, stored: dict[merkle.Place, bytes], listed: bytes | None
    ) -> Iterator[Fault]:
        for (level, index), value in self.compact.append(leaf):
            known = stored.get((level, index))
            if known is None:
                yield Fault("", f"the hash of subtree {index} of level {level} is missing")
            elif level and known != value:
                yield Fault("", f"the hash of subtree {index} of level {level} is not that of its leaves")
            elif not level and listed and known != listed:
                yield Fault("", f"the hash of leaf {index} is not the one in the signed list")

    def _pages(
        self, start: int, end: int
    ) -> tuple[dict[int, bytes], dict[int, tuple[dt.date, dt.date | None]], list[Fault]]:
        """Signed leaf hashes by position, (day of the batch, day until which all was appended), faults.

        A list that reaches over the end of the chunk is read in both.
        """
        listed: dict[int, bytes] = {}
        days: dict[int, tuple[dt.date, dt.date | None]] = {}
        faults = []
        rows = Page.objects.filter(start__gt=start - sequencer.MOST, start__lt=end).order_by("start")
        for page in rows.iterator(64):
            count = len(page.leaves) // 32
            if page.start + count <= start:
                continue
            again = page.start < start
            try:
                signed = pages.leaves_of(page, self.keys)
            except NoteInvalid as error:
                if not again:
                    last = page.start + count - 1
                    what = f"the signed list of {page.start} to {last} does not hold: {error}"
                    faults.append(Fault("", what))
                    self.page_end = max(self.page_end, page.start + count)
                continue
            if not again and page.start != self.page_end:
                faults.append(_gap(self.page_end, page.start))
            if not again:
                self.days = (page.date, self.emptied)
            checked = self.first is not None and page.start >= self.first
            for position, leaf in enumerate(signed, start=page.start):
                if start <= position < end:
                    listed[position] = leaf
                    if checked:
                        days[position] = self.days
            self.page_end = max(self.page_end, page.start + count)
            if page.emptied and not again:
                self.emptied = page.date
        return listed, days, faults

    def rest(self) -> Iterator[Fault]:
        """What is signed and is not here any more."""
        if self.page_end < self.size:
            yield _gap(self.page_end, self.size)
        for page in Page.objects.filter(start__gte=self.size).order_by("start").iterator(64):
            last = page.start + len(page.leaves) // 32 - 1
            yield Fault("", f"a signed list names the leaves {page.start} to {last}, which the tree has not")
        yield from self.heads.rest(self.size)


def _gap(start: int, end: int) -> Fault:
    if end < start:
        return Fault("", f"two signed lists name the leaves {end} to {start - 1}")
    return Fault("", f"the signed list of the leaves {start} to {end - 1} is missing")


def _named(listed: dict[int, bytes], position: int) -> str:
    leaf = listed.get(position)
    return f" (leaf {leaf.hex()})" if leaf else ""


def _dated(event: Event, days: tuple[dt.date, dt.date | None] | None) -> Iterator[Fault]:
    """An event of a day after which everything that waited had been appended came too late: back-dated.

    A transaction may take some time over midnight: a day is allowed. Before the first checkpoint `demo` may
    set the clock back.
    """
    if days is None or event.destroyed_by is not None:
        return
    appended, emptied = days
    if emptied is not None and event.date < emptied - dt.timedelta(days=1):
        yield Fault(str(event.uuid), f"is dated {event.date}, but came only on {appended}: it was back-dated")
    elif event.date > appended + dt.timedelta(days=1):
        yield Fault(str(event.uuid), f"is dated {event.date}, but was there on {appended} already")


class _Heads:
    """Signed heads, ours and others', met in the order of their size while the tree is read."""

    def __init__(self, known: keys.Keys, outside: list[Said]) -> None:
        self.keys, self.outside = known, sorted(outside, key=lambda said: said.size)
        self.ours = Checkpoint.objects.order_by("size").iterator(256)
        self.next = next(self.ours, None)
        self.good = 0  # the largest size that was confirmed
        self.read = 0

    def at(self, compact: merkle.Compact) -> Iterator[Fault]:
        """Compare what was signed at this size."""
        size = compact.size
        while self.next is not None and self.next.size <= size:
            row, self.next = self.next, next(self.ours, None)
            self.read += 1
            if row.size == size:
                yield from self._own(row, compact.root())
            else:
                yield Fault("", f"two checkpoints stand at {row.size}")
        while self.outside and self.outside[0].size <= size:
            said = self.outside.pop(0)
            if said.size == size and said.root == compact.root():
                self.good = size
            else:
                yield self._differs(f"the checkpoint of {said.size} leaves that you hold", size)

    def _own(self, row: Checkpoint, root: bytes) -> Iterator[Fault]:
        name = f"the checkpoint of {row.size} leaves of {row.created_at:%Y-%m-%d}"
        try:
            said = checkpoints.read(row.note, self.keys)
        except NoteInvalid as error:
            yield Fault("", f"{name} does not hold: {error}")
            return
        if (said.size, said.root) != (row.size, bytes(row.root)):
            about = f"a note about {said.size} leaves"
            yield Fault("", f"{name} holds {about}: it was put in the place of another")
        elif said.root != root:
            yield self._differs(name, row.size)
        else:
            self.good = row.size

    def _differs(self, name: str, size: int) -> Fault:
        return Fault(
            "",
            f"{name} was signed over other leaves: those up to {self.good} are the same, "
            f"and something from {self.good} to {size - 1} was changed, put in or taken out",
        )

    def rest(self, size: int) -> Iterator[Fault]:
        """Heads of trees larger than this one."""
        while self.next is not None:
            row, self.next = self.next, next(self.ours, None)
            self.read += 1
            yield _cut("the checkpoint", row.size, size)
        for said in self.outside:
            yield _cut("the checkpoint that you hold", said.size, size)


def _cut(name: str, signed: int, size: int) -> Fault:
    return Fault(
        "",
        f"{name} of {signed} leaves is of a larger tree: {size} to {signed - 1} were cut off, "
        "or an old database was put back",
    )


def _stored(start: int, end: int) -> dict[merkle.Place, bytes]:
    """The stored hashes of all subtrees that become complete in [start, end)."""
    found: dict[merkle.Place, bytes] = {}
    for level in range(end.bit_length()):
        rows = Node.objects.filter(level=level, index__gte=start >> level, index__lt=end >> level)
        found |= {(level, index): bytes(value) for index, value in rows.values_list("index", "hash")}
    return found


def _leaf(event: Event, result: Result) -> Iterator[Fault]:
    if event.destroyed_by is not None or not event.salt_public:
        yield from _destroyed(event, result)
        return
    try:
        right = leaves.leaf_of(event) == bytes(event.leaf_hash)
    except ValueError:
        right = False
    if not right:
        yield Fault(str(event.uuid), "its content is not what its leaf commits to")


def _destroyed(event: Event, result: Result) -> Iterator[Fault]:
    """A missing opening counts only where a leaf of the tree, or one that waits for it, lists it."""
    if event.kind or event.salt_public or event.salt_private or event.details or event.tag:
        yield Fault(str(event.uuid), "is said to be destroyed, but is still there in part")
        return
    if event.destroyed_by is None:
        yield Fault(str(event.uuid), "its content is gone, and no event lists it as destroyed")
        return
    if bytes(event.leaf_hash) not in _listed(event.destroyed_by):
        yield Fault(
            str(event.uuid),
            f"its content is gone, and event {event.destroyed_by} does not list it",
        )
        return
    result.destroyed += 1


@lru_cache(maxsize=64)
def _listed(pk: UUID) -> frozenset[bytes]:
    """What the event lists as destroyed; nothing, where it is not itself what its leaf commits to."""
    event = Event.objects.filter(pk=pk, kind=destruction.KIND).first()
    if event is None or leaves.leaf_of(event) != bytes(event.leaf_hash):
        return frozenset()
    return destruction.lists(event)


def _head(result: Result) -> Iterator[Fault]:
    top = Event.objects.aggregate(top=Max("position"))["top"]
    nodes = Node.objects.filter(level=0, index__gte=result.size).count()
    if nodes:
        reach = f"{result.size} to {result.size + nodes - 1}"
        yield Fault("", f"hashes of the leaves {reach} are stored, which the tree has not: it was cut off")
    try:
        head = tree.head()
    except tree.TreeBroken as error:
        yield Fault("", str(error))
        return
    if top is not None and head.size == result.size and head.root != result.root:
        yield Fault("", "the head's root is not that of the leaves")


def _cosignatures() -> Iterator[Fault]:
    rows = Cosignature.objects.select_related("checkpoint", "witness").order_by("pk")
    for row in rows.iterator(256):
        what = f"the cosignature of {row.witness.name} under {row.checkpoint.size} leaves does not hold"
        try:
            text = notes.split(row.checkpoint.note)[0]
            (line,) = notes.signatures(row.line + "\n")
            notes.verify_cosignature(text, line, vkey=row.witness.vkey)
        except (NoteInvalid, ValueError) as error:
            yield Fault("", f"{what}: {error}")


# What others hold ---------------------------------------------------------------------------------------


def _outside(held: Held, known: keys.Keys) -> tuple[list[Said], list[Fault]]:
    """The checkpoints that were brought, also those inside of proof files; what of them is not signed."""
    found, faults = [], []
    for number, note in enumerate(held.notes, start=1):
        try:
            if note.startswith(proofs.HEADER):
                note = proofs.parse(note)[2]
            if "/acknowledgement\n" in note.partition("\n")[0] + "\n":
                continue
            found.append(checkpoints.read(note, known))
        except ValueError as error:
            faults.append(Fault("", f"file {number} that you hold is not signed by this key: {error}"))
    return found, faults


def _proofs(held: Held, known: keys.Keys) -> Iterator[Fault]:
    for note in held.notes:
        try:
            if note.startswith(proofs.HEADER):
                yield from _proof(note, known)
            elif "/acknowledgement\n" in note.partition("\n")[0] + "\n":
                yield from _acknowledged(note, known)
        except ValueError as error:
            yield Fault("", f"what you hold cannot be read: {error}")


def _proof(text: str, known: keys.Keys) -> Iterator[Fault]:
    """The leaf of a proof must still stand where it stood."""
    index, hashes, note = proofs.parse(text)
    event, leaf = proofs.opened(text)
    said = checkpoints.read(note, known)
    try:
        merkle.verify_inclusion(leaf, index, said.size, hashes, said.root)
    except merkle.ProofInvalid as error:
        yield Fault(event, f"the proof that you hold is forged: it {error}")
        return
    there = Event.objects.filter(position=index).values_list("leaf_hash", flat=True).first()
    if there is None or bytes(there) != leaf:
        yield Fault(event, f"the proof that you hold shows it at {index}, where it is no longer")


def _acknowledged(note: str, known: keys.Keys) -> Iterator[Fault]:
    """What was acknowledged must be here, in the tree or waiting for it."""
    text = _by_any(note, known)
    said = dict(line.split(" ", 1) for line in text.split("\n")[1:] if " " in line)
    leaf = base64.b64decode(said.get("leaf", ""), validate=True)
    if not Event.objects.filter(leaf_hash=leaf).exists():
        yield Fault(
            "",
            f"the leaf {leaf.hex()}, acknowledged on {said.get('date')}, is not here: its event was deleted",
        )


def _by_any(note: str, known: keys.Keys) -> str:
    for term in known.terms:
        try:
            return notes.verify(note, vkey=term.vkey)
        except NoteInvalid:
            continue
    raise NoteInvalid("not signed by a key of this ledger")
