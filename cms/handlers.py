"""What publishing leaves for later: the index entries of many items, generations; and pages that moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from modelcluster.models import get_all_child_relations
from modelsearch.signal_handlers import post_delete_signal_handler, post_save_signal_handler
from outbox import services as outbox
from outbox.registry import handler
from wagtail.search.backends import get_search_backends

from cms.publishing import addresses, bulk, generations
from cms.publishing.recording import Recorded

ADMIN = "cms.admin.index"
CHUNK = 200  # index entries written in one transaction
FEW = 25  # rows that are indexed for editors in one transaction


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
            with transaction.atomic():
                for ref_of in _parts(model.kind, keys[start : start + CHUNK]):
                    outbox.enqueue(kind=ADMIN, ref=ref_of)
    generations.raise_now()


def _parts(kind: str, keys: list[int]) -> Iterator[str]:
    """`power:3-27`, `power:31-40`: each a short entry of its own; the public index does not wait for them."""
    part: list[int] = []
    for key in [*keys, None]:
        if part and (key is None or len(part) == FEW or key - part[0] >= 4 * FEW):
            yield f"{kind}:{part[0]}-{part[-1]}"
            part = []
        if key is not None:
            part.append(key)


@handler(ADMIN, lease=timedelta(minutes=5))
def index_for_editors(ref: str) -> None:
    """The admin's search, and which rows refer to which, for the rows of a kind between two keys."""
    from cms.models import Benchmark, PowerItem

    kind, _, keys = ref.partition(":")
    first, _, last = keys.partition("-")
    model = {"power": PowerItem, "benchmark": Benchmark}[kind]
    children = [relation.get_accessor_name() for relation in get_all_child_relations(model)]
    rows = list(model.objects.filter(pk__range=(int(first), int(last))).prefetch_related(*children))
    with transaction.atomic():
        for backend in get_search_backends(with_auto_update=True):
            backend.add_bulk(model, rows)
        bulk.refer(rows)


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
            outbox.enqueue_many(
                kind="search.index", refs=[f"{kind}:{key}" for key in keys[start : start + CHUNK]]
            )


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
