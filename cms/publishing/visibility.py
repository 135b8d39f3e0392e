"""`disclosed()`: the one question that every list, page, feed, API, download and index asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Max, Min, Q
from wagtail.models import DraftStateMixin, Page, PageViewRestriction
from workdays import clock


def disclosed_q(prefix: str = "") -> Q:
    """Live, unexpired and due now.

    An expired row keeps live=True until the next sweep, so the dates are asked as well. With `prefix`
    ("power_item__") the question is put through a relation; the import batch is then asked by `batch_q`.
    """
    now = clock.now()
    return (
        Q(**{f"{prefix}live": True})
        & (Q(**{f"{prefix}expire_at": None}) | Q(**{f"{prefix}expire_at__gt": now}))
        & (Q(**{f"{prefix}go_live_at": None}) | Q(**{f"{prefix}go_live_at__lte": now}))
    )


def private_q() -> Q:
    """Pages under a view restriction (password, login or groups), with all below them."""
    found = Q(pk__in=[])
    for path in PageViewRestriction.objects.values_list("page__path", flat=True):
        found |= Q(path__startswith=path)
    return found


def disclosed_pages():
    """Disclosed pages of any type, for menus, trees and sitemaps (Wagtail's `public()` has drafts in it)."""
    return Page.objects.filter(disclosed_q()).exclude(private_q())


def next_boundary() -> datetime | None:
    """When the first of all rows appears or expires by its date alone; None where none will."""
    now, found = clock.now(), []
    for model in apps.get_models():
        if issubclass(model, DraftStateMixin) and (model is Page or not issubclass(model, Page)):
            live = model._base_manager.filter(live=True)
            found += live.aggregate(
                ends=Min("expire_at", filter=Q(expire_at__gt=now)),
                begins=Min("go_live_at", filter=Q(go_live_at__gt=now)),
            ).values()
    return min(filter(None, found), default=None)


def mark_disclosed(versions) -> list:
    """The versions, each with `disclosed`: whether its object may be seen now. One question a kind.

    `newest` says whether no later edition of the object was published: an older title may be text that was
    taken back.

    A list of past publications shows titles of what is disclosed alone: a title withdrawn is text withdrawn.
    """
    found = list(versions)
    by_kind: dict[int, list] = {}
    for version in found:
        version.disclosed = version.newest = False
        by_kind.setdefault(version.content_type_id, []).append(version)
    for same in by_kind.values():
        model = same[0].content_type.model_class()
        if model is None:
            continue
        keys = {version.object_id for version in same}
        seen = {
            str(key) for key in model.objects.disclosed().filter(pk__in=keys).values_list("pk", flat=True)
        }
        for version in same:
            version.disclosed = version.object_id in seen
        editions = type(same[0]).objects.visible().filter(content_type=same[0].content_type_id)
        editions = editions.filter(object_id__in=keys, action="published").order_by()
        last = dict(editions.values_list("object_id").annotate(last=Max("number")))
        for version in same:
            version.newest = version.number == last.get(version.object_id)
    return found


def is_shown(obj: Any) -> bool:
    """The same question of one row at hand, without a query (its batch, if any, must be loaded with it)."""
    now = clock.now()
    batch = getattr(obj, "batch", None)
    return (
        obj.live
        and (obj.expire_at is None or obj.expire_at > now)
        and (obj.go_live_at is None or obj.go_live_at <= now)
        and (batch is None or batch.state == "applied")
    )
