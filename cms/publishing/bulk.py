"""Many new rows of a register at once: what saving, a revision and its publication write, in few statements.

For an import that is not yet switched on. Saved one by one, an item takes sixty statements, nearly all the
same; the columns, revisions, versions, addresses and log entries are those of `save()` and `publish()`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from modelcluster.models import get_all_child_m2m_relations, get_all_child_relations
from wagtail.log_actions import get_active_log_context
from wagtail.log_actions import registry as log_registry
from wagtail.models import ReferenceIndex, Revision
from workdays import clock

from cms.models.power import PowerItem
from cms.publishing import addresses, records
from cms.publishing.numbers import made_code, reserve


def create(items: Sequence[PowerItem]) -> None:
    """Store new items, each with a revision; those that may be published are live, in their batch.

    Inside the caller's transaction. Their batch must not be visible yet: no event or index entry is written
    (`records.record_switch` does that for all of it).
    """
    if not items:
        return
    give_codes(items)
    for item in items:
        for name in child_names():
            manager = getattr(item, name)
            manager.set(manager.all())  # known to be all there is: nobody asks the database for more
    PowerItem.objects.bulk_create(items)
    for name in child_names():
        children = [child for item in items for child in getattr(item, name).all()]
        if children:
            type(children[0])._default_manager.bulk_create(children)
    write_levels(items)
    contents = [item.serializable_data() for item in items]
    save_revisions(items, contents)
    ready = [
        (item, content) for item, content in zip(items, contents, strict=True) if not item.publishing_errors()
    ]
    go_live(items, [item for item, _content in ready])
    records.prepare_first_publications(ready)
    addresses.occupy_new([item for item, _content in ready])


def child_names() -> list[str]:
    return [relation.get_accessor_name() for relation in get_all_child_relations(PowerItem)]


def give_codes(items: Iterable[PowerItem]) -> None:
    """What `fill_made_fields` does, with one reservation of numbers for each pair of body and category."""
    waiting: dict[tuple[int, int], list[PowerItem]] = defaultdict(list)
    for item in items:
        if not item.code and item.organisation_id and item.category_id:
            waiting[item.organisation_id, item.category_id].append(item)
    for rows in waiting.values():
        stem = f"{rows[0].organisation.code}-{rows[0].category.letters}"
        first = reserve(f"code:{stem}", len(rows))
        codes = [f"{stem}-{first + n:04d}" for n in range(len(rows))]
        # A department may have used the same form for codes of its own.
        used = set(PowerItem.objects.filter(code__in=codes).values_list("code", flat=True))
        for item, code in zip(rows, codes, strict=True):
            free = code not in used
            item.code = code if free else made_code(item.organisation, item.category)
            item.made_code = True


def write_levels(items: Iterable[PowerItem]) -> None:
    for field in get_all_child_m2m_relations(PowerItem):
        through = field.remote_field.through
        own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
        through.objects.bulk_create(
            through(**{f"{own}_id": item.pk, f"{other}_id": level.pk})
            for item in items
            for level in getattr(item, field.name).all()
        )


def save_revisions(items: Sequence[PowerItem], contents: Sequence[dict[str, Any]]) -> None:
    """One for each item, as `save_revision` would write it."""
    kind = ContentType.objects.get_for_model(PowerItem, for_concrete_model=False)
    made = Revision.objects.bulk_create(
        Revision(
            content_type=kind,
            base_content_type=kind,
            object_id=str(item.pk),
            created_at=clock.now(),
            object_str=str(item),
            content=content,
        )
        for item, content in zip(items, contents, strict=True)
    )
    for item, revision in zip(items, made, strict=True):
        item.latest_revision, item.has_unpublished_changes = revision, True


def go_live(items: Sequence[PowerItem], ready: Sequence[PowerItem]) -> None:
    """Those that are ready equal their revisions; the rest stay drafts. Logged as publications are."""
    now = clock.now()
    for item in ready:
        item.live, item.has_unpublished_changes, item.expired = True, False, False
        item.live_revision = item.latest_revision
        item.first_published_at = item.last_published_at = now
    PowerItem.objects.bulk_update(
        items,
        ["live", "has_unpublished_changes", "expired", "latest_revision", "live_revision",
         "first_published_at", "last_published_at"],
    )  # fmt: skip
    model, context = log_registry.get_log_model_for_model(PowerItem), get_active_log_context()
    kind = ContentType.objects.get_for_model(PowerItem, for_concrete_model=False)
    model.objects.bulk_create(
        model(
            content_type=kind,
            object_id=str(item.pk),
            label=str(item),
            action="wagtail.publish",
            timestamp=clock.now(),
            user=context.user,
            uuid=context.uuid,
            revision=item.latest_revision,
        )
        for item in ready
    )


def refer(rows: Sequence[Any]) -> None:
    """What rows of one model refer to, as `ReferenceIndex.create_or_update_for_object` writes it for each.

    Inside a transaction. Rows without a parent model: theirs is the only content type.
    """
    if not rows:
        return
    kind = ContentType.objects.get_for_model(rows[0], for_concrete_model=False)
    keys = ["object_id", "to_content_type_id", "to_object_id", "model_path", "content_path"]
    wanted = {
        (str(row.pk), *reference)
        for row in rows
        for reference in ReferenceIndex._extract_references_from_object(row)
    }
    stored = ReferenceIndex.objects.filter(
        base_content_type=kind, object_id__in=[str(row.pk) for row in rows]
    )
    there = {tuple(found): pk for pk, *found in stored.values_list("pk", *keys)}
    ReferenceIndex.objects.bulk_create(
        [
            ReferenceIndex(
                content_type=kind,
                base_content_type=kind,
                content_path_hash=ReferenceIndex._get_content_path_hash(found[-1]),
                **dict(zip(keys, found, strict=True)),
            )
            for found in sorted(wanted - set(there))
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    gone = [pk for found, pk in there.items() if found not in wanted]
    if gone:
        ReferenceIndex.objects.filter(pk__in=gone).delete()
