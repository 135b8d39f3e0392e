"""The unmasking incident: personal text that was published by mistake leaves every row that holds it.

PUBLISHING.md: such an incident destroys the text of the named versions and leaves the salted leaf. The event
of each version, and so the tree, stays as it was: a version without content is a version whose text was
destroyed (cms.integrity). What is public now is published again without the text, or withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from ledger import services as ledger
from modelcluster.fields import ParentalKey
from outbox import services as outbox
from wagtail.log_actions import log
from wagtail.models import Page, Revision
from wagtail.search import index
from workdays import clock

from cms.models import ImportBatch, ImportFile, ImportRow, PublishedVersion
from cms.publishing import generations, records
from cms.publishing.recording import Recorded

from .places import Place, places, rewrite, without

EVENT = "erased"
INSTEAD = "某某"
SHORTEST, MOST = 2, 50  # characters of a text; texts at once


class Refused(Exception):
    """A sentence that says why nothing was done."""


@dataclass
class Erased:
    """What was done: how many rows of each table, which versions lost their text, what became of records."""

    rows: Counter[str] = field(default_factory=Counter)
    versions: list[tuple[str, int]] = field(default_factory=list)  # (address, number)
    corrected: list[str] = field(default_factory=list)  # addresses that were published anew
    withdrawn: list[str] = field(default_factory=list)
    files: int = 0  # uploaded workbooks that were deleted


def checked(texts: Iterable[str], reason: str, instead: str) -> list[str]:
    """The texts, longest first, so that a whole goes before its part. Raises Refused."""
    found = sorted({text.strip() for text in texts if text.strip()}, key=lambda text: (-len(text), text))
    if not found:
        raise Refused(_("要写明从公开内容里去掉哪些文字。"))
    if len(found) > MOST:
        raise Refused(_("一次最多去掉 %(n)d 处文字。") % {"n": MOST})
    if any(len(text) < SHORTEST for text in found):
        raise Refused(_("每处文字至少 %(n)d 个字，否则会改到不相干的内容。") % {"n": SHORTEST})
    if not reason.strip():
        raise Refused(_("请写明原因，原因会公开。"))
    if any(text in said for text in found for said in (reason, instead)):
        raise Refused(_("原因和替换文字里不能有要去掉的文字。"))
    return found


def found(texts: Iterable[str]) -> tuple[Counter[str], list[PublishedVersion]]:
    """How many rows of each table hold the texts, and which published versions. Writes nothing."""
    every = list(places(texts))
    keys = [place.pk for place in every if place.model is PublishedVersion]
    counts = Counter(str(place.model._meta.verbose_name) for place in every)
    return counts, list(PublishedVersion.objects.filter(pk__in=keys).defer("content").order_by("pk"))


def erase(texts: Iterable[str], *, reason: str, actor: str, instead: str = INSTEAD) -> Erased:
    """Remove the texts everywhere, in one transaction, with the reason in the ledger. Raises Refused.

    The record says which versions and why; it does not say what stood there. Backups that were made before
    hold the text until they expire (BACKUP_KEEP_DAYS).
    """
    texts, reason = checked(texts, reason, instead), reason.strip()[:300]
    done, files = Erased(), []
    with transaction.atomic():
        every = list(places(texts))
        if not every:
            raise Refused(_("哪里都没有这些文字，什么也没有改。"))
        shown, touched = owners(every)
        for place in every:
            done.rows[str(place.model._meta.verbose_name)] += 1
            if place.model is PublishedVersion:
                destroy(place, texts, instead, done)
            else:
                rewrite(place, texts, instead)
        files = forget_files(every)
        for record in shown:
            put_right(record, reason, done)
        for record in touched:
            tell(record)
        ledger.record(
            kind=EVENT,
            actor=actor,
            at=clock.now(),
            details={"reason": reason, "versions": [list(pair) for pair in done.versions],
                     "corrected": done.corrected, "withdrawn": done.withdrawn},
        )  # fmt: skip
        generations.raise_on_commit()
        transaction.on_commit(generations.forget_pages, robust=True)
    done.files = len(files)
    for storage, name in files:
        storage.delete(name)
    scrub_disk()
    return done


def owners(every: list[Place]) -> tuple[list[Any], list[Any]]:
    """(live records whose present text holds it, all records that some row of it belongs to)."""
    shown: dict[tuple[str, str], Any] = {}
    touched: dict[tuple[str, str], Any] = {}
    for place in every:
        record, present = owner(place)
        if record is None:
            continue
        key = (record._meta.label, str(record.pk))
        touched.setdefault(key, record)
        if present and record.live:
            shown.setdefault(key, record)
    return list(shown.values()), list(touched.values())


def owner(place: Place) -> tuple[Any, bool]:
    """The record that a row belongs to, and whether the row is part of its present text."""
    if place.model in (PublishedVersion, Revision):
        row = place.model._base_manager.only("content_type", "object_id").get(pk=place.pk)
        model = ContentType.objects.get_for_id(row.content_type_id).model_class()
        record = model and model._base_manager.filter(pk=row.object_id).first()
        return (record, False) if isinstance(record, Recorded) else (None, False)
    if place.fields == ("draft_title",):
        return Page.objects.get(pk=place.pk).specific, False
    row = place.model._base_manager.filter(pk=place.pk).first()
    while row is not None and not isinstance(row, (Recorded, Page)):
        up = next((f for f in row._meta.get_fields() if isinstance(f, ParentalKey)), None)
        row = getattr(row, up.name) if up else None
    record = row.specific if isinstance(row, Page) else row
    return (record, True) if isinstance(record, Recorded) else (None, False)


def destroy(place: Place, texts: list[str], instead: str, done: Erased) -> None:
    """A published version loses its content; number, date, hash and event stay."""
    version = PublishedVersion.objects.only("address", "number", "title", "reason").get(pk=place.pk)
    values = {name: without(getattr(version, name), texts, instead)[:1000] for name in ("title", "reason")}
    PublishedVersion.objects.filter(pk=version.pk).update(content=None, **values)
    if (version.address, version.number) not in done.versions:
        done.versions.append((version.address, version.number))


def put_right(record: Any, reason: str, done: Erased) -> None:
    """Publish a live record anew as its rows now are; withdraw it where it may not be published so."""
    record = type(record)._default_manager.get(pk=record.pk)
    draft = record.latest_revision if record.has_unpublished_changes else None
    address = record.get_absolute_url() or ""
    try:
        with transaction.atomic():
            record.publication_reason = reason
            revision = record.save_revision(clean=False)
            fresh = revision.as_object()
            fresh.publication_reason = reason
            publish(fresh, revision, reason)
        done.corrected.append(address)
    except ValidationError:
        record.refresh_from_db()
        record.withdrawal_reason = reason
        record.unpublish()
        done.withdrawn.append(address)
    if draft is not None:  # an editor's newer draft stays the newest
        draft.refresh_from_db()
        draft.as_object().save_revision(clean=False)


def publish(fresh: Any, revision: Revision, reason: str) -> None:
    """Make the revision the live one; what is recorded carries the reason."""
    fresh.live, fresh.live_revision, fresh.has_unpublished_changes = True, revision, False
    fresh.save()
    log(instance=fresh, action="wagtail.publish", revision=revision)
    if not PublishedVersion.objects.of(fresh).filter(revision=revision).exists():
        records.record_publication(fresh, reason=reason)


def tell(record: Any) -> None:
    """The site's search and the admin's own read the record again."""
    for ref in dict.fromkeys(record.affected()):
        outbox.enqueue(kind="search.index", ref=ref)
    fresh = type(record)._default_manager.filter(pk=record.pk).first()
    if fresh is not None:
        index.insert_or_update_object(fresh)


def forget_files(every: list[Place]) -> list[tuple[Any, str]]:
    """Delete the rows of uploaded files in which the text stood; (storage, name) of what is to go too."""
    rows = [place.pk for place in every if place.model is ImportRow]
    batches = ImportBatch.objects.filter(rows__in=rows).distinct()
    uploads = ImportFile.objects.filter(batch__in=batches)
    files = [(upload.file.storage, upload.file.name) for upload in uploads]
    uploads.delete()
    return files


def scrub_disk() -> None:
    """SQLite overwrites what it deletes (secure_delete); its journal is emptied, where nobody reads it now.

    The admin's own search merges its segments: deleted words stay in them until then.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%USING fts5%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"INSERT INTO {name}({name}) VALUES('optimize')")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
