"""Addresses are rows, written with the version that they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from workdays import clock

from cms.models.records import Address


def _owned(obj: Any) -> dict[str, Any]:
    kind = ContentType.objects.get_for_model(obj, for_concrete_model=False)
    return {"content_type": kind, "object_id": str(obj.pk)}


def occupy(obj: Any) -> None:
    """Its present address answers 200; earlier ones redirect to it for ever."""
    path = obj.get_absolute_url()
    if not path:
        return
    now = clock.now()
    Address.objects.update_or_create(
        path=path,
        defaults={
            **_owned(obj),
            "code": getattr(obj, "address_code", "")[:100],
            "status": Address.Status.OK,
            "reason": "",
            "moved_to": "",
            "changed_at": now,
        },
    )
    others = Address.objects.filter(**_owned(obj)).exclude(path=path)
    others.update(status=Address.Status.MOVED, moved_to=path, changed_at=now)


def occupy_new(objects: Sequence[Any]) -> None:
    """`occupy` for new objects of one model, which have had no address before."""
    paths = {obj.get_absolute_url(): obj for obj in objects}
    taken = set(Address.objects.filter(path__in=paths).values_list("path", flat=True))
    now = clock.now()
    Address.objects.bulk_create(
        Address(path=path, **_owned(obj), code=obj.address_code[:100], changed_at=now)
        for path, obj in paths.items()
        if path not in taken
    )
    for path in taken:
        occupy(paths[path])


def vacate(obj: Any, *, reason: str) -> None:
    """What was withdrawn answers 410 with the reason. A redirect to it stays and leads there."""
    Address.objects.filter(**_owned(obj), status=Address.Status.OK).update(
        status=Address.Status.GONE, reason=reason[:300], changed_at=clock.now()
    )


def release(obj: Any) -> None:
    """Forget the addresses of what was never public (an import batch that was given up)."""
    Address.objects.filter(**_owned(obj)).delete()


def answer_for(path: str) -> Address | None:
    """What a path that no disclosed object owns should answer: a 301 or 410 row, or None for 404."""
    return Address.objects.filter(path=path).exclude(status=Address.Status.OK).first()
