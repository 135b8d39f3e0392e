"""An import as a batch: rows, then drafts in short transactions, then one switch that makes all visible.

SQLite has one writer, so no transaction here is longer than SECONDS; between two of them there is a pause in
which a citizen's submission gets the lock. The switch itself touches no texts that are not ready.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from wagtail.log_actions import log
from wagtail.models import Revision
from wagtail.signal_handlers import disable_reference_index_auto_update
from workdays import clock

from cms.importing import power
from cms.importing.matching import Known, is_visible
from cms.models import ImportBatch, ImportRow, PowerItem, PublishedVersion
from cms.publishing import addresses, bulk, generations, records
from cms.publishing.snapshot import BOOKKEEPING

State, Outcome, Action = ImportBatch.State, ImportRow.Outcome, ImportRow.Action
SECONDS = 0.25  # of a transaction; one item more may follow
# Not yet public: an undo only throws away what was prepared.
UNDOABLE = (State.WITHDRAWN, State.APPLYING, State.FAILED, State.PARSED)
GROUP = 20  # rows of an import that are written together
TOLD = 5  # groups from one word on the progress to the next
PAUSE = 0.1  # between two, where a database has one writer


class BatchRefused(Exception):
    """A batch cannot do what was asked in the state it is in."""


@dataclass
class Undone:
    """What an undo did: items withdrawn and restored; those edited since, which it left alone."""

    withdrawn: int = 0
    restored: int = 0
    edited: list[PowerItem] = field(default_factory=list)


def in_short_transactions(things: Iterable[Any], work: Callable[[Any], None]) -> None:
    """Do `work` for each thing, in transactions of about SECONDS."""
    waiting: Iterator[Any] = iter(things)
    thing = next(waiting, None)
    while thing is not None:
        with transaction.atomic():
            until = time.monotonic() + SECONDS
            while thing is not None:
                work(thing)
                thing = next(waiting, None)
                if time.monotonic() > until:
                    break
        if thing is not None and connection.vendor == "sqlite":
            time.sleep(PAUSE)


# Rows → drafts ------------------------------------------------------------------------------------------


def start(batch: ImportBatch) -> None:
    """Take a parsed or interrupted batch into work. Raises BatchRefused if another process finished it."""
    moved = ImportBatch.objects.filter(
        pk=batch.pk, state__in=[State.PARSED, State.APPROVED, State.FAILED, State.APPLYING]
    ).update(state=State.APPLYING)
    if moved != 1:
        raise BatchRefused(str(batch.pk))
    batch.state = State.APPLYING


def write(batch: ImportBatch, *, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
    """Make a draft of each row that is not done. May be called again after a crash."""
    start(batch)
    rows = list(batch.rows.filter(outcome=Outcome.ITEM).order_by("pk").select_related("item"))
    known, lookups = Known.of(batch.organisation), power.Lookups.load()
    # Rows that a first run finished keep the items they found.
    known.taken.update(row.item_id for row in rows if row.done and row.item_id)
    waiting = [row for row in rows if not row.done]
    writer = Writer(batch, known, lookups)
    finished = len(rows) - len(waiting)
    # The reference index (which page uses what) is derived; Wagtail would write it three times an item.
    with disable_reference_index_auto_update(), generations.indexed_later():
        groups = [waiting[number : number + GROUP] for number in range(0, len(waiting), GROUP)]
        for number in range(0, len(groups), TOLD):
            in_short_transactions(groups[number : number + TOLD], writer.write_group)
            progress(finished + min((number + TOLD) * GROUP, len(waiting)), len(rows))


class Writer:
    """Turns rows of one batch into items."""

    def __init__(self, batch: ImportBatch, known: Known, lookups: power.Lookups) -> None:
        self.batch, self.known, self.lookups = batch, known, lookups
        self.new: list[tuple[ImportRow, PowerItem]] = []

    def write_group(self, rows: list[ImportRow]) -> None:
        """Some rows, in the caller's transaction; what is new of them together."""
        self.new = []
        for row in rows:
            self.write(row)
        bulk.create([item for _row, item in self.new])
        for row, item in self.new:
            row.item, row.revision, row.action, row.done = item, item.latest_revision, Action.CREATE, True
        ImportRow.objects.bulk_update(
            [row for row, _item in self.new], ["item", "revision", "action", "done"]
        )

    def write(self, row: ImportRow) -> None:
        """One row: note what is new for `write_group`, prepare a change, or note that nothing changed."""
        found = self.known.match(row.data)
        if found is None:
            self.new.append((row, self.fill(row, PowerItem(locale=self.batch.organisation.locale))))
            return
        if is_visible(found):
            self.change(row, found)
        elif power.stays_a_draft(found, row.data, self.lookups):
            row.item, row.action = found, Action.SAME
        else:  # a draft, or of a batch that was withdrawn or died: nobody sees it, so it is as good as new
            self.create(row, found)
        row.done = True
        row.save(update_fields=["item", "action", "done", "revision", "version_before", "version_after"])

    def fill(self, row: ImportRow, item: PowerItem) -> PowerItem:
        item.organisation, item.batch = self.batch.organisation, self.batch
        place(item, row)
        power.fill(item, row.data, self.lookups)
        self.take_code(item, row)
        return item

    def create(self, row: ImportRow, item: PowerItem) -> None:
        self.fill(row, item).save()
        revision = item.save_revision(clean=False)
        if not item.publishing_errors():
            go_live(item, revision)
        row.item, row.revision, row.action = item, revision, Action.CREATE

    def change(self, row: ImportRow, item: PowerItem) -> None:
        before = power.content(item)
        power.fill(item, row.data, self.lookups)
        code_before = item.code
        self.take_code(item, row)
        row.item = item
        if power.content(item) == before and item.code == code_before:
            row.action = Action.SAME
            return
        place(item, row)
        row.version_before = last_version(item)
        row.action = Action.CHANGE
        if item.publishing_errors():
            row.revision = item.save_revision(clean=False)
            return
        row.revision = item.save_revision(clean=False)
        row.version_after = records.prepare_publication(item, batch=self.batch, revision=row.revision)

    def take_code(self, item: PowerItem, row: ImportRow) -> None:
        """A real code replaces a made one, whose address then leads to it; it never replaces a real one."""
        code = row.data["code"]
        if code and (not item.code or item.made_code):
            item.code, item.made_code = code, False


def go_live(item: PowerItem, revision: Revision) -> None:
    """What `revision.publish()` does, for an object that equals its revision, at a third of the cost.

    Live, but of a batch that is not yet switched on: `disclosed()` does not show it.
    """
    item.live, item.live_revision, item.has_unpublished_changes, item.expired = True, revision, False, False
    item.save(
        update_fields=["live", "live_revision", "has_unpublished_changes", "expired", "first_published_at",
                       "last_published_at"]
    )  # fmt: skip
    log(instance=item, action="wagtail.publish", revision=revision)


def place(item: PowerItem, row: ImportRow) -> None:
    """Where the item was read."""
    item.source_file, item.source_sheet, item.source_row = row.file[:255], row.sheet[:255], row.row


def last_version(item: PowerItem) -> PublishedVersion | None:
    """The version that is public now."""
    published = PublishedVersion.objects.of(item).filter(action=PublishedVersion.Action.PUBLISHED)
    return published.visible().order_by("-number").first()


# The switch ---------------------------------------------------------------------------------------------


def switch(batch: ImportBatch, *, actor: str = "") -> list[PowerItem]:
    """Make all drafts of a batch visible in one short transaction; returns items edited since, left alone.

    Raises BatchRefused while rows are not done, or if another process switched it.
    """
    if batch.rows.filter(outcome=Outcome.ITEM, done=False).exists():
        raise BatchRefused(str(batch.pk))
    changed = batch.rows.filter(action=Action.CHANGE).exclude(version_after=None).exclude(version_before=None)
    rows = changed.select_related("revision", "version_after", "version_before")
    current = current_items(row.item_id for row in rows)
    prepared = [
        Prepared(current[row.item_id], row.revision, row.version_after, row.version_before.revision_id)
        for row in rows
        if row.item_id in current
    ]
    with transaction.atomic():
        moved = ImportBatch.objects.filter(pk=batch.pk, state=State.APPLYING).update(
            state=State.APPLIED, applied_at=clock.now()
        )
        if moved != 1:
            raise BatchRefused(str(batch.pk))
        edited = put_live(prepared)
        if PublishedVersion.objects.filter(batch=batch, sequence=None).exists():
            records.record_switch(batch, actor=actor)
    batch.refresh_from_db()
    return edited


# What an import may write over: everything but bookkeeping.
WRITTEN = tuple(
    field.attname
    for field in PowerItem._meta.concrete_fields
    if field.name
    not in BOOKKEEPING | {"id", "translation_key", "locale", "workflow_states", "latest_revision"}
)
RELATIONS = tuple(power.CHILDREN)


def current_items(keys: Iterable[int | None]) -> dict[int, PowerItem]:
    """id → the item as it is now, with its child rows."""
    items: dict[int, PowerItem] = {}
    wanted = [key for key in keys if key]
    for start in range(0, len(wanted), 200):
        rows = PowerItem.objects.filter(pk__in=wanted[start : start + 200])
        items |= {item.pk: item for item in rows.prefetch_related("levels", *RELATIONS)}
    return items


class Prepared:
    """A change that waits for the switch. All that is slow about it is done when this exists: what differs
    from the live row is known, so the switch writes that and nothing else.
    """

    def __init__(
        self, current: PowerItem, revision: Revision, version: PublishedVersion, expected: int | None
    ) -> None:
        self.revision, self.version, self.expected = revision, version, expected
        self.item: PowerItem = revision.as_object()
        self.values = {
            name: getattr(self.item, name)
            for name in WRITTEN
            if getattr(self.item, name) != getattr(current, name)
        }
        self.relations = {
            name for name in RELATIONS if child_values(self.item, name) != child_values(current, name)
        }
        self.levels = {level.pk for level in self.item.levels.all()}
        self.levels_differ = self.levels != {level.pk for level in current.levels.all()}


def child_values(item: PowerItem, relation: str) -> list[tuple[Any, ...]]:
    """The rows of one relation, as far as they can differ."""
    names = [*power.CHILDREN[relation], "pk", "sort_order"]
    return [tuple(getattr(child, name) for name in names) for child in getattr(item, relation).all()]


def put_live(prepared: list[Prepared]) -> list[PowerItem]:
    """Write prepared changes over the live rows; those edited since they were prepared are left alone."""
    edited, written = [], []
    for change in prepared:
        row = PowerItem.objects.filter(pk=change.item.pk, live=True, live_revision_id=change.expected)
        # An editor's newer draft stays one.
        draft = models.Case(models.When(latest_revision_id=change.revision.pk, then=False), default=True)
        values = {
            "live_revision_id": change.revision.pk,
            "last_published_at": clock.now(),
            "has_unpublished_changes": draft,
        }
        if row.update(**change.values, **values) == 1:
            written.append(change)
        else:
            change.version.delete()
            edited.append(change.item)
    for relation in RELATIONS:
        write_children(relation, [change for change in written if relation in change.relations])
    write_levels([change for change in written if change.levels_differ])
    for change in written:
        if "code" in change.values:
            addresses.occupy(change.item)
    return edited


def write_children(relation: str, written: list[Prepared]) -> None:
    """Replace the child rows of one relation for all changes, in three statements for each 200."""
    model = PowerItem._meta.get_field(relation).related_model
    kept, new = [], []
    for change in written:
        for child in getattr(change.item, relation).all():
            child.item_id = change.item.pk
            (kept if child.pk else new).append(child)
    gone = model.objects.filter(item_id__in=[change.item.pk for change in written])
    gone = gone.exclude(pk__in=[child.pk for child in kept])
    gone._raw_delete(gone.db)  # nothing refers to these rows, and no signal is for them
    names = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model.objects.bulk_create(
        kept, update_conflicts=True, update_fields=names, unique_fields=["id"], batch_size=200
    )
    model.objects.bulk_create(new, batch_size=200)


def write_levels(written: list[Prepared]) -> None:
    through = PowerItem.levels.through
    through.objects.filter(poweritem_id__in=[change.item.pk for change in written]).delete()
    through.objects.bulk_create(
        [through(poweritem_id=change.item.pk, level_id=key) for change in written for key in change.levels]
    )


# The switch back ----------------------------------------------------------------------------------------


def undo(batch: ImportBatch, *, reason: str, actor: str = "") -> Undone:
    """Withdraw an applied batch: its new items disappear, its changes are taken back to the version before.

    Items edited since are left as they are and listed. May be called again after a crash.
    """
    done = Undone()
    created = batch.rows.filter(action=Action.CREATE).exclude(item=None)
    if batch.state == State.APPLIED:
        PublishedVersion.objects.filter(batch=batch, sequence=None).delete()  # of an undo that died
        back = prepare_back(batch, reason)
        with transaction.atomic():
            moved = ImportBatch.objects.filter(pk=batch.pk, state=State.APPLIED).update(
                state=State.WITHDRAWN, withdrawn_at=clock.now()
            )
            if moved != 1:
                raise BatchRefused(str(batch.pk))
            done.edited = put_live(back)
            done.restored = len(back) - len(done.edited)
            # A new item that somebody has edited since is theirs now.
            theirs = PowerItem.objects.filter(batch=batch, live=True).exclude(
                live_revision_id__in=created.values("revision_id")
            )
            done.edited += list(theirs)
            theirs.update(batch=None)
            if PublishedVersion.objects.filter(batch=batch, sequence=None).exists():
                records.record_switch(batch, actor=actor, reason=reason)
        batch.refresh_from_db()
    elif batch.state not in UNDOABLE:
        raise BatchRefused(str(batch.pk))
    else:
        abandon(batch)
    done.withdrawn = withdraw_created(batch, reason)
    return done


def abandon(batch: ImportBatch) -> None:
    """A batch that was never switched on: nothing of it was public, so nothing is recorded."""
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.WITHDRAWN, withdrawn_at=clock.now())
    batch.refresh_from_db()
    batch.rows.exclude(version_after=None).update(version_after=None)
    PublishedVersion.objects.filter(batch=batch, sequence=None).delete()


def prepare_back(batch: ImportBatch, reason: str) -> list[Prepared]:
    """A revision and a version, like those before the batch, for each item that it changed."""
    rows = batch.rows.filter(action=Action.CHANGE).exclude(version_after=None).exclude(version_before=None)
    back: list[Prepared] = []
    current = current_items(rows.values_list("item_id", flat=True))

    def prepare(row: ImportRow) -> None:
        item = current.get(row.item_id or 0)
        if item is None or row.version_before.content is None:  # destroyed: nothing to go back to
            return
        old = PowerItem.from_serializable_data(
            {**item.serializable_data(), **row.version_before.content, "pk": item.pk}, strict_fks=False
        )
        if old is None:
            return
        old.code, old.made_code = item.code, item.made_code  # a real code, once known, stays the address
        revision = old.save_revision(clean=False)
        version = records.prepare_publication(old, batch=batch, revision=revision, reason=reason)
        back.append(Prepared(item, revision, version, row.version_after.revision_id))

    with disable_reference_index_auto_update():
        in_short_transactions(rows.select_related("version_before", "version_after"), prepare)
    return back


def withdraw_created(batch: ImportBatch, reason: str) -> int:
    """Withdraw, one by one, what the switch back has already hidden; how many."""
    items = list(PowerItem.objects.filter(batch=batch).select_related("locale"))
    count = 0

    def withdraw(item: PowerItem) -> None:
        nonlocal count
        if item.live:
            item.withdrawal_reason = reason
            item.unpublish()
            count += 1
        PowerItem.objects.filter(pk=item.pk).update(batch=None)

    in_short_transactions(items, withdraw)
    return count
