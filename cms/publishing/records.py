"""Writing the record of a publication or a withdrawal: version, ledger, outbox, address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Max
from ledger import services as ledger
from outbox import services as outbox
from wagtail.log_actions import get_active_log_context
from workdays import clock

from cms.models.records import PublishedVersion
from cms.publishing import addresses, generations
from cms.publishing.numbers import next_number, reserve
from cms.publishing.snapshot import digest, published, snapshot

Action = PublishedVersion.Action
SEQUENCE = "publication"


def record_publication(obj: Any, *, reason: str = "", actor: str = "") -> PublishedVersion:
    """Record that `obj` became public as it stands now. Inside the caller's transaction.

    While its import batch is not yet switched on, the version is kept without sequence, event or index
    entry: `record_switch` gives them to the whole batch in the transaction that makes it visible.
    """
    content = snapshot(obj)
    version = _row(obj, Action.PUBLISHED, reason, actor)
    version.number = _last_number(obj) + 1
    version.content, version.sha256 = content, digest(content)
    version.revision_id = obj.live_revision_id
    waiting = getattr(obj, "batch", None)
    if waiting is not None and not waiting.visible:
        version.batch = waiting
    else:
        _announce(version)
    version.save()
    addresses.occupy(obj)
    if version.sequence:
        _tell_readers(obj)
    return version


def prepare_publication(
    obj: Any, *, batch: Any, revision: Any, reason: str = "", actor: str = ""
) -> PublishedVersion:
    """The version that `obj`, live, with changes not yet written, becomes when `batch` is switched."""
    version = _row(obj, Action.PUBLISHED, reason, actor)
    version.number = _last_number(obj) + 1
    version.content = snapshot(obj)
    version.sha256 = digest(version.content)
    version.revision, version.batch = revision, batch
    version.save()
    return version


def prepare_first_publications(new: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    """The first versions of new objects of one batch that is not yet switched on: (object, its data)."""
    versions = []
    for obj, data in new:
        version = _row(obj, Action.PUBLISHED, "", "")
        version.number, version.content = 1, published(data)
        version.sha256 = digest(version.content)
        version.revision_id, version.batch = obj.live_revision_id, obj.batch
        versions.append(version)
    PublishedVersion.objects.bulk_create(versions)


def record_withdrawal(obj: Any, *, reason: str = "", actor: str = "") -> PublishedVersion | None:
    """Record that `obj` is no longer public. Its addresses answer 410 from now on.

    None for what an import batch wrote and never showed: nothing to withdraw, and no address to keep.
    """
    if not PublishedVersion.objects.of(obj).visible().exists():
        addresses.release(obj)
        return None
    version = _row(obj, Action.WITHDRAWN, reason, actor)
    version.number = _last_number(obj)
    _announce(version)
    version.save()
    addresses.vacate(obj, reason=reason)
    _tell_readers(obj)
    return version


def record_switch(batch: Any, *, actor: str = "", reason: str = "") -> int:
    """Record, in the short transaction that switches a batch, all its versions at once; returns how many.

    One ledger event commits to the list of (address, number, sha256): the cost is one leaf and one UPDATE
    for each row, whatever the items hold. Index and caches follow from one outbox entry.
    """
    waiting = PublishedVersion.objects.filter(batch=batch, sequence=None)
    versions = list(waiting.order_by("id").values_list("id", "address", "number", "sha256"))
    manifest = digest({address: [number, sha256] for _id, address, number, sha256 in versions})
    event = ledger.record(
        kind="published",
        actor=actor or _actor(),
        at=clock.now(),
        details={"batch": str(batch.uuid), "versions": len(versions), "sha256": manifest, "reason": reason},
    )
    first = reserve(SEQUENCE, len(versions)) if versions else 0
    for start, last, sequence in _runs([row[0] for row in versions], first):
        waiting.filter(id__range=(start, last)).update(
            sequence=F("id") + (sequence - start), event=event.uuid, published_at=clock.now()
        )
    outbox.enqueue(kind="cms.batch.index", ref=str(batch.pk))
    generations.raise_on_commit()
    return len(versions)


def _runs(keys: list[int], first: int) -> Iterator[tuple[int, int, int]]:
    """(first key, last key, number of the first) of each run of keys without a gap: few, as they were written
    one after another, and the switch holds a lock that everybody waits for.
    """
    start = 0
    for at in range(1, len(keys) + 1):
        if at == len(keys) or keys[at] != keys[at - 1] + 1:
            yield keys[start], keys[at - 1], first + start
            start = at


def _row(obj: Any, action: str, reason: str, actor: str) -> PublishedVersion:
    return PublishedVersion(
        content_type=ContentType.objects.get_for_model(obj, for_concrete_model=False),
        object_id=str(obj.pk),
        action=action,
        address=obj.get_absolute_url() or "",
        title=str(obj)[:1000],
        language=obj.locale.language_code,
        published_at=clock.now(),
        reason=reason[:300],
        actor=actor or _actor(),
    )


def _announce(version: PublishedVersion) -> None:
    """Its place in the gap-free sequence, and its event in the ledger."""
    version.sequence = next_number(SEQUENCE)
    event = ledger.record(
        kind=version.action,
        actor=version.actor,
        at=version.published_at,
        details={"address": version.address, "version": version.number, "sha256": version.sha256},
    )
    version.event = event.uuid


def _tell_readers(obj: Any) -> None:
    """What must follow: the index, and the cache of pages."""
    for ref in dict.fromkeys(obj.affected()):
        outbox.enqueue(kind="search.index", ref=ref)
    generations.raise_on_commit()
    obj.follow_up()


def _last_number(obj: Any) -> int:
    published = PublishedVersion.objects.of(obj).filter(action=Action.PUBLISHED)
    return published.aggregate(last=Max("number"))["last"] or 0


def _actor() -> str:
    user = get_active_log_context().user
    return f"user:{user.pk}" if user is not None and user.pk else "system"
