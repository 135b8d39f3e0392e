"""The copy of an attachment that staff look at: made once, by who opens it first, sealed beside the original.

The keys of a file lie in a talk cell, so an unlocked session of the office is the first that can make a copy
(VAULT). The copy has a key of its own, in a case cell `file-meta`: the reporter's keys do not open it. The
original is never touched. Each copy is an event that commits to that cell.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from accounts.keys import KeySeed
from accounts.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from ledger import services as ledger
from workdays import clock

from complaints import access
from complaints.desk import opening, scanning, services
from complaints.intake import filetypes
from complaints.intake import services as intake
from complaints.intake.cleaning import run
from complaints.intake.models import Tip
from complaints.vault import files as blobs
from complaints.vault import tips as sealing
from complaints.vault.models import Cell, SealedFile
from complaints.vault.tips import OpenCell, TipKeys

LABEL = "file-meta"


@dataclass(frozen=True, repr=False)
class Copy:
    """What a `file-meta` cell says of one attachment: a copy, or why there is none."""

    file: UUID  # the attachment
    at: str  # ISO 8601: of several, the last counts
    why: str = ""  # a key of run.REASONS; "" where there is a copy
    found: str = ""  # what the scanner found
    scanned: bool = False
    uuid: str = ""
    key: str = ""
    type: str = ""
    size: int = 0
    pages: int = 0
    width: int = 0
    height: int = 0
    shrunk: bool = False
    thumb: str = ""  # base64 of a JPEG
    walls: dict[str, bool] = field(default_factory=dict)

    @property
    def made(self) -> bool:
        """Is there a copy?"""
        return bool(self.uuid)

    @property
    def reason(self) -> str:
        """Why there is none, in words."""
        return str(run.REASONS.get(self.why, "")) if self.why else ""

    @property
    def open_network(self) -> bool:
        """Was the child that made it not cut from the network, because the kernel refused?"""
        return bool(self.walls) and not self.walls.get("network")

    @property
    def picture(self) -> bool:
        """Is it shown as a picture?"""
        return self.type.startswith("image/")

    def thumbnail(self) -> bytes:
        """A small JPEG; b"" where there is none."""
        return base64.b64decode(self.thumb)


@dataclass(frozen=True, repr=False)
class Attachment:
    """An attachment with its keys, as one session opened it."""

    tip: Tip
    keys: TipKeys
    row: SealedFile
    about: dict[str, Any]  # of its talk cell
    copy: Copy | None

    @property
    def name(self) -> str:
        """As the reporter called it."""
        return str(self.about.get("name", ""))

    def original(self) -> Iterator[bytes]:
        """The content as it was handed in. Raises Corrupt."""
        return blobs.open_file(self.row.uuid, bytes.fromhex(self.about["key"]), int(self.about["size"]))

    def copied(self) -> Iterator[bytes]:
        """The content of the copy. Raises Corrupt."""
        copy = self.copy
        if copy is None or not copy.made:
            return iter(())
        return blobs.open_file(UUID(copy.uuid), bytes.fromhex(copy.key), copy.size)

    @property
    def waits(self) -> bool:
        """Must the scanner see it before anybody is given it?"""
        return scanning.wanted() and not (self.copy and self.copy.scanned)

    @property
    def copy_name(self) -> str:
        """What the copy is called when it is saved."""
        if self.copy is None:
            return self.name
        return filetypes.download_name(_("查看件-") + self.name, None, self.copy.type)


def read(cells: Sequence[OpenCell]) -> dict[UUID, Copy]:
    """The newest word on each attachment, from the opened cells of a tip."""
    found: dict[UUID, Copy] = {}
    for cell in cells:
        if cell.label != LABEL or cell.changed:
            continue
        copy = _copy(cell.text)
        before = found.get(copy.file)
        if before is None or (copy.made, copy.at) > (before.made, before.at):
            found[copy.file] = copy
    return found


def attachment(*, user: User, seed: KeySeed, tip: Tip, pk: UUID) -> Attachment | None:
    """An attachment of this tip; None for one of another tip, a copy, or one that no cell describes."""
    row = SealedFile.objects.filter(pk=pk, tip=tip.uuid).first()
    if row is None or row.cell is None:
        return None
    keys, _office, cells = opening.open_tip(user=user, seed=seed, tip=tip, labels=["file", LABEL])
    for cell in cells:
        if cell.uuid == row.cell and cell.label == "file" and not cell.changed:
            return Attachment(tip, keys, row, json.loads(cell.text), read(cells).get(pk))
    return None


def make(*, user: User, file: Attachment) -> Copy:
    """Scan the attachment and make its copy; where one is there already, that one.

    Raises scanning.Down (nothing is kept, the file waits), Corrupt (the original does not open), OSError,
    intake.Moved. What cannot be copied is kept as such, with the reason, unless it may go better next time.
    """
    access.require(user, "files", tip=file.tip)
    if file.copy is not None and file.copy.made:
        return file.copy
    verdict = scanning.scan(file.original()) if scanning.wanted() else None
    said: dict[str, Any] = {
        "file": str(file.row.uuid),
        "at": clock.now().isoformat(),
        "scanned": verdict is not None,
        "found": verdict.found if verdict else "",
    }
    if verdict and verdict.found:
        return _keep(user, file, said, None)
    with run.clean(str(file.about.get("type", "")), file.original()) as made:
        if made.why:
            said |= {"why": made.why, "walls": made.walls}
            return _copy(json.dumps(said)) if made.why == "busy" else _keep(user, file, said, None)
        uuid, key = uuid4(), secrets.token_bytes(32)
        with blobs.SealedWriter(uuid, key) as writer:
            for block in made.blocks():
                writer.write(block)
        written = writer.close()
        said |= {
            "uuid": str(uuid),
            "key": key.hex(),
            "type": made.mime,
            "size": written.true_size,
            "pages": made.pages,
            "width": made.width,
            "height": made.height,
            "shrunk": made.shrunk,
            "thumb": base64.b64encode(made.thumb).decode(),
            "walls": made.walls,
        }
    try:
        return _keep(user, file, said, written)
    except BaseException:
        blobs.delete_blob(written.name)
        raise


def _keep(user: User, file: Attachment, said: dict[str, Any], written: blobs.Written | None) -> Copy:
    """Cell, row and event at once. Of two who made a copy at the same time, the first one's stays."""
    tip = file.tip
    cell = sealing.new_cell(file.keys, tip_uuid=tip.uuid, label=LABEL, text=json.dumps(said))
    with transaction.atomic():
        intake.mark_changed(tip)  # holds the office's row: copies of a tip are kept one after another
        there = _others(file)
        if there is not None and (there.made or written is None):
            lost = written
        else:
            lost = None
            cell.save(force_insert=True)
            if written is not None:
                written.row(tip=tip.uuid, cell=cell.uuid).save(force_insert=True)
            ledger.record(
                kind="copied",
                actor=services.actor(user),
                tag=bytes(tip.tag),
                at=clock.now(),
                cell_hash=bytes(cell.hash),
            )
    if there is not None and (there.made or written is None):
        if lost is not None:
            blobs.delete_blob(lost.name)
        return there
    return _copy(json.dumps(said))


def _others(file: Attachment) -> Copy | None:
    """What has been said of the file since it was opened: in the transaction, with the office's row held."""
    rows = Cell.objects.filter(tip=file.tip.uuid, label=LABEL)
    found = read([sealing.open_cell(file.keys, row) for row in rows]).get(file.row.uuid)
    before = file.copy.at if file.copy else ""
    return found if found is not None and found.at != before else None


def _copy(text: str) -> Copy:
    said = json.loads(text)
    known = {name: value for name, value in said.items() if name in Copy.__dataclass_fields__}
    return Copy(**{**known, "file": UUID(said["file"])})
