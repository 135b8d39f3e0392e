"""Finding tips by their words, in an encrypted index: one file an office and epoch (VAULT: index of tips).

The file is a cache of the sealed tips. The first unlocked session that searches brings it up to date, by the
change numbers of its office; what it has read so far stands inside the file. Filters on clear columns stay in
the main database and are met with what the index finds (complaints.desk.results).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from accounts.keys import KeySeed
from accounts.models import User
from django.conf import settings
from django.db.models import QuerySet
from workdays import clock

from complaints.desk import finding_text
from complaints.intake.models import Tip, Tombstone
from complaints.vault import offices
from complaints.vault import tips as sealing
from complaints.vault.errors import NotAMember
from complaints.vault.models import Epoch, Office, Purpose
from search.documents import Document
from search.engines import fts5
from search.engines.base import IndexDamaged
from search.engines.sealed import SealedEngine

BATCH = 100  # tips opened and indexed at a time
BUDGET_S = 3.0  # seconds that a search may spend on reading in
COMPARE_S = 0.3  # and on finding out which tips are alike
SETTLE_S = 0.1  # and, where something was read in, on merging the parts of the index
TWIN = 0.5  # from this share on a tip is likely the same report as another (docs/decisions/similar-tips.md)
FORGET_AFTER = dt.timedelta(hours=24)
KIND = "tip"


@dataclass(frozen=True)
class Progress:
    """How many changes were read in now, and how many tips are still to be read."""

    done: int
    pending: int


class SealedOffice:
    """The index of one office on this host, for as long as one request."""

    def __init__(self, office: Office, seed: KeySeed, *, user: User, user_seed: KeySeed) -> None:
        """`seed`: of the office's newest epoch; `user_seed` opens older ones while tips lie under them."""
        self.office, self.seed = office, seed
        self.user, self.user_seed = user, user_seed
        epoch = Epoch.objects.filter(office=office, purpose=Purpose.OFFICE, box_public=seed.box_public).get()
        self.path = path_of(office, epoch.number)
        self.engine = SealedEngine(self.path, seed.index_key)
        self._older: dict[int, KeySeed] = {}

    def close(self) -> None:
        """Close the file."""
        self.engine.close()

    def catch_up(self, budget_s: float = BUDGET_S) -> Progress:
        """Read in what has changed since, batch by batch, until the budget is spent.

        A file that cannot be read is unlinked and built anew.
        """
        end, done = time.monotonic() + budget_s, 0
        try:
            while (n := self._batch()) is not None:
                done += n
                if time.monotonic() > end:
                    break
            pending = self._tips_after(self.engine.change()).count()
        except IndexDamaged:
            self.engine.destroy()
            if budget_s <= 0:
                return Progress(0, self._tips_after(0).count())
            return self.catch_up(min(budget_s, max(0.0, end - time.monotonic())))
        if not pending:
            self._tidy()
            if done:
                self.engine.settle(SETTLE_S)
                self.engine.truncate()
        return Progress(done, pending)

    def compare(self, refs: Sequence[str], budget_s: float = COMPARE_S) -> None:
        """Find out of those of `refs` that are new in the file which others are like them."""
        end = time.monotonic() + budget_s
        for one in self.engine.uncompared(refs):
            self.engine.compare(one, least=TWIN)
            if time.monotonic() > end:
                break

    def _tips_after(self, change: int) -> QuerySet[Tip]:
        return Tip.objects.filter(office=self.office, change__gt=change)

    def _batch(self) -> int | None:
        """One batch of changes in their order; None where there are none left.

        The office's own number is read first: all changes up to it are committed, for each was made under
        the lock of its row. What the batch finds beyond it belongs to the next.
        """
        since = self.engine.change()
        upto = Office.objects.values_list("change", flat=True).get(pk=self.office.pk)
        tips = list(
            self._tips_after(since)
            .filter(change__lte=upto)
            .select_related("office")
            .order_by("change")[:BATCH]
        )
        if len(tips) == BATCH:
            upto = tips[-1].change
        gone = Tombstone.objects.filter(office=self.office, change__gt=since, change__lte=upto)
        refs = [ref(tip) for tip in gone.values_list("tip", flat=True)]
        if upto <= since:
            return None
        documents = self._documents(tips)
        # Refused where another process has gone on meanwhile: what was read here may be older.
        self.engine.update(documents, deletes=refs, change=upto, since=since)
        return len(tips) + len(refs)

    def _documents(self, tips: Sequence[Tip]) -> list[Document]:
        keys = sealing.open_many_as_office(tip_uuids=[t.uuid for t in tips], office_seed=self.seed)
        for epoch in {t.epoch for t in tips if t.uuid not in keys}:
            left = [t.uuid for t in tips if t.epoch == epoch and t.uuid not in keys]
            if (older := self._epoch_seed(epoch)) is not None:
                keys.update(sealing.open_many_as_office(tip_uuids=left, office_seed=older))
        cells = sealing.read_many(keys, finding_text.LABELS)
        return [document(tip, cells[tip.uuid]) for tip in tips if tip.uuid in cells]

    def _epoch_seed(self, epoch: int) -> KeySeed | None:
        if epoch not in self._older:
            try:
                self._older[epoch] = offices.open_office_seed(
                    self.user, self.user_seed, self.office, epoch=epoch
                )
            except NotAMember:
                return None
        return self._older[epoch]

    def _tidy(self) -> None:
        """Note how far this file has read (for `forget_stale`), and unlink those of older epochs."""
        marker(self.path).write_text(str(self.engine.change()), encoding="ascii")
        for other in self.path.parent.glob(f"{self.office.uuid}-*.db"):
            if other != self.path and epoch_of(other) < epoch_of(self.path):
                fts5.destroy(other)
                marker(other).unlink(missing_ok=True)


def document(tip: Tip, cells: Sequence[sealing.OpenCell]) -> Document:
    """What the index holds of a tip: its words, its number, the power item, the names of those reported."""
    words = finding_text.of(cells)
    return Document(
        id=ref(tip.uuid),
        kind=KIND,
        title=words.title,
        body=words.body,
        low="\n".join(words.low),
        code=tip.number,
        facets=finding_text.facets(words),
        date=tip.received_on,
    )


def ref(tip: UUID) -> str:
    """A tip's id in the index."""
    return f"{KIND}:{tip.hex}"


def tip_of(ref: str) -> UUID:
    """The tip of an id in the index."""
    return UUID(hex=ref.partition(":")[2])


def path_of(office: Office, epoch: int) -> Path:
    """The file of an office and epoch on this host."""
    return Path(settings.FIND_DIR) / f"{office.uuid}-{epoch}.db"


def marker(path: Path) -> Path:
    """Beside an index: the change number it has read, in clear (it says no more than the database)."""
    return path.with_suffix(".read")


def epoch_of(path: Path) -> int:
    """The epoch of an index file, by its name; 0 for another file."""
    end = path.stem.rpartition("-")[2]
    return int(end) if end.isdigit() else 0


def forget_stale(now: dt.datetime | None = None) -> list[Path]:
    """Unlink the files that hold a tip which was moved or destroyed a day ago. Needs no key.

    Nobody has searched in them since; the next unlocked session builds them anew without that tip.
    """
    due = (now or clock.now()) - FORGET_AFTER
    dropped = []
    for office, uuid in Office.objects.values_list("pk", "uuid"):
        newest = (
            Tombstone.objects.filter(office=office, created_at__lt=due)
            .order_by("-change")
            .values_list("change", flat=True)
            .first()
        )
        for path in Path(settings.FIND_DIR).glob(f"{uuid}-*.db") if newest else ():
            if _read_up_to(path) < (newest or 0):
                fts5.destroy(path)
                marker(path).unlink(missing_ok=True)
                dropped.append(path)
    return dropped


def _read_up_to(path: Path) -> int:
    try:
        return int(marker(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
