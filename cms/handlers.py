"""What publishing leaves for later: the index entries of many items, generations; and pages that moved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from modelsearch.signal_handlers import post_delete_signal_handler, post_save_signal_handler
from outbox import services as outbox
from outbox.registry import handler
from wagtail.models import ReferenceIndex
from wagtail.search import index

from cms.publishing import addresses, generations
from cms.publishing.recording import Recorded

CHUNK = 200  # index entries written in one transaction


@handler(generations.KIND)
def raise_generation(_ref: str) -> None:
    """Raise it again, in case the process died before it could after commit."""
    generations.raise_now()


@handler("cms.batch.index", lease=timedelta(minutes=30))
def index_batch(ref: str) -> None:
    """Index, or drop, all that import batch `ref` wrote: for the public, and in the admin's own search.

    The switch writes live rows in bulk, so Wagtail's indexes have not heard of them either.
    """
    from cms.models import Benchmark, PowerItem, PublishedVersion

    for model in (PowerItem, Benchmark):
        kind = ContentType.objects.get_for_model(model)
        versions = PublishedVersion.objects.filter(batch_id=int(ref), content_type=kind)
        keys = {int(key) for key in versions.values_list("object_id", flat=True)}
        # Drafts too: what lacks something was stored, and editors look for it.
        keys = sorted(keys | set(model.objects.filter(batch_id=int(ref)).values_list("pk", flat=True)))
        _index_all(model.kind, keys)
        for start in range(0, len(keys), CHUNK):
            for row in model.objects.filter(pk__in=keys[start : start + CHUNK]):
                index.insert_or_update_object(row)
                ReferenceIndex.create_or_update_for_object(row)
    generations.raise_now()


@handler("cms.organisation.index")
def index_organisation(ref: str) -> None:
    """Index the items of organisation `ref` again: its name or its place in the tree has changed."""
    from cms.models import Organisation, PowerItem

    organisation = Organisation.objects.filter(pk=int(ref)).first()
    if organisation is None:
        return
    codes = Organisation.objects.with_descendants([organisation.code])
    rows = PowerItem.objects.disclosed().source().filter(organisation__code__in=codes).order_by("pk")
    _index_all("power", list(rows.values_list("pk", flat=True)))


def _index_all(kind: str, keys: list[int]) -> None:
    for start in range(0, len(keys), CHUNK):
        with transaction.atomic():
            for key in keys[start : start + CHUNK]:
                outbox.enqueue(kind="search.index", ref=f"{kind}:{key}")


def connect() -> None:
    """Moved pages keep their addresses' answers; whatever is saved shows at once (called from `ready`)."""
    from django.db.models.signals import post_delete, post_save
    from wagtail.signals import page_slug_changed, post_page_move

    from cms.models import PowerItem

    post_save.connect(_admin_search, sender=PowerItem, dispatch_uid="cms.admin-search.saved")
    post_delete.connect(post_delete_signal_handler, sender=PowerItem, dispatch_uid="cms.admin-search.gone")
    post_save.connect(generations.touched, dispatch_uid="cms.touched.saved")
    post_delete.connect(generations.touched, dispatch_uid="cms.touched.deleted")
    post_page_move.connect(_moved, dispatch_uid="cms.moved")
    page_slug_changed.connect(_moved, dispatch_uid="cms.slug")


def _admin_search(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A saved power item is read again by the admin's search; one of a batch that is written, after it."""
    if not generations.is_indexed_later():
        post_save_signal_handler(instance, **kwargs)


def _moved(sender: Any, instance: Any, **kwargs: Any) -> None:
    """The page and all below it have new addresses; the old ones redirect."""
    pages = instance.get_descendants(inclusive=True).filter(live=True).specific()
    for page in pages.iterator(chunk_size=100):
        if isinstance(page, Recorded):
            with transaction.atomic():
                addresses.occupy(page)
