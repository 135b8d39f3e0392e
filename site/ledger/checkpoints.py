"""Checkpoints: the tree's head as a signed note (C2SP tlog-checkpoint), once a period, idle or not.

Before one is signed, the tree is held against the one signed last, which is also kept in a file outside the
database: whoever puts an old database back, or another tree in its place, gets no signature for it.
"""

from __future__ import annotations

import base64
import datetime as dt
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from workdays import clock

from ledger import keys, merkle, notes, sequencer, tree
from ledger.models import Checkpoint, Sequencer
from ledger.notes import NoteInvalid

log = logging.getLogger("ledger")
made = Signal()  # checkpoint=row, within its transaction


class Refused(RuntimeError):
    """The tree does not go on from what was signed before: nothing is signed."""


@dataclass(frozen=True)
class Said:
    """What a checkpoint says: the log's origin, its number of leaves, its root of 32 bytes."""

    origin: str
    size: int
    root: bytes


def text(origin: str, size: int, root: bytes) -> str:
    """The three lines of a checkpoint."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def parse(body: str) -> Said:
    """What the text of a note says, if it is a checkpoint. Raises NoteInvalid."""
    lines = body.split("\n")
    try:
        said = Said(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))
    except (IndexError, ValueError):
        raise NoteInvalid("not a checkpoint") from None
    if (
        str(said.size) != lines[1]
        or not 0 <= said.size < 2**63
        or len(said.root) != 32
        or not all(lines[:-1])
    ):
        raise NoteInvalid("not a checkpoint")
    return said


def read(note: str, trusted: keys.Keys) -> Said:
    """The checkpoint in a note that the key of its time signed. Raises NoteInvalid."""
    said = parse(notes.split(note)[0])
    trusted.verify(note, at=said.size)
    return said


def latest() -> Checkpoint | None:
    """The newest one."""
    return Checkpoint.objects.order_by("-size").first()


def signed(checkpoint: Checkpoint) -> str:
    """The note with the lines of all witnesses, oldest first."""
    lines = checkpoint.cosignatures.order_by("pk").values_list("line", flat=True)
    return checkpoint.note + "".join(f"{line}\n" for line in lines)


def period() -> dt.timedelta:
    """How long from one to the next."""
    return dt.timedelta(minutes=settings.LEDGER_EVERY)


def next_at(now: dt.datetime | None = None) -> dt.datetime:
    """The beginning of the next period: they are counted from 1970, not from the start of a process."""
    now = now or clock.now()
    seconds = int(period().total_seconds())
    return dt.datetime.fromtimestamp((int(now.timestamp()) // seconds + 1) * seconds, tz=now.tzinfo)


def make_if_due() -> Checkpoint | None:
    """A checkpoint, if this period has none yet. Raises Refused, sequencer.KeyRetired."""
    last = latest()
    if last is not None and next_at(last.created_at) > clock.now():
        return None
    return make()


def make() -> Checkpoint:
    """Append what waits, or a batch of padding, and sign the head. Raises Refused, sequencer.KeyRetired."""
    last = latest()
    _hold_against_pin()
    sequencer.append_pending()
    if (last is not None and tree.head().size <= last.size) or tree.head().size == 0:
        sequencer.append_padding()
    with transaction.atomic():
        Sequencer.objects.select_for_update().get(pk=1)
        head = tree.head()
        if (there := Checkpoint.objects.filter(size=head.size).first()) is not None:
            return there  # another process was faster
        _hold_against(latest())
        name = notes.key_name()
        note = notes.sign(text(name, head.size, head.root), name=name, key=notes.signing_key())
        checkpoint = Checkpoint.objects.create(
            size=head.size, root=head.root, note=note, created_at=clock.now()
        )
        made.send(sender=Checkpoint, checkpoint=checkpoint)
        transaction.on_commit(lambda: _pin(note))
    return checkpoint


def _hold_against(last: Checkpoint | None) -> None:
    if last is None:
        return
    try:
        _check(read(last.note, keys.ours()))
    except NoteInvalid as error:
        raise Refused(f"the newest checkpoint, of {last.size} leaves, does not hold: {error}") from None


def _hold_against_pin() -> None:
    """The tree must go on from the checkpoint in the file, whatever the database says."""
    try:
        note = _pin_file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    try:
        said = read(note, keys.ours())
    except NoteInvalid as error:
        raise Refused(f"{_pin_file()} is not a checkpoint that this ledger's key signed ({error})") from None
    _check(said)


def _check(said: Said) -> None:
    now = tree.head().size
    if said.size > now:
        raise Refused(
            f"a tree of {said.size} leaves was signed, and this one has {now}: an old database was put back, "
            f"or the events from {now} to {said.size - 1} were cut off"
        )
    try:
        root = tree.root_at(said.size)
    except tree.TreeBroken as error:
        raise Refused(str(error)) from None
    if root != said.root:
        raise Refused(f"the first {said.size} leaves are not those that were signed: the tree was forked")


def _pin_file() -> Path:
    return Path(settings.VAR_DIR) / "pins" / "ledger.checkpoint"


def _pin(note: str) -> None:
    """Keep the note outside the database, whole or not at all."""
    file = _pin_file()
    file.parent.mkdir(mode=0o700, exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}")
    half.write_text(note, encoding="utf-8")
    half.replace(file)


def holds(old: Said, new: Said, proof: list[bytes]) -> None:
    """Raises merkle.ProofInvalid unless `new` goes on from `old`."""
    merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
