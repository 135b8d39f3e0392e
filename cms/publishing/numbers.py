"""Numbers and names that are made once and never given twice."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from cms.models.records import Counter


def next_number(key: str) -> int:
    """The next number under `key`, from 1. The row is locked until the caller's transaction ends."""
    return reserve(key, 1)


def reserve(key: str, count: int) -> int:
    """The first of `count` numbers in a row."""
    with transaction.atomic():
        Counter.objects.get_or_create(key=key)
        Counter.objects.filter(key=key).update(last=F("last") + count)
        return Counter.objects.values_list("last", flat=True).get(key=key) - count + 1


def made_code(organisation, category) -> str:
    """`<organisation code>-<category letters>-<4 digits>`, counted for the pair (PUBLISHING, Code)."""
    from cms.models import PowerItem

    stem = f"{organisation.code}-{category.letters}"
    while True:
        code = f"{stem}-{next_number(f'code:{stem}'):04d}"
        # A department may have used the same form for codes of its own.
        if not PowerItem.objects.filter(code=code).exists():
            return code


def made_slug(stem: str) -> str:
    """`flow-0007`: ASCII, with a digit, never taken from a title."""
    return f"{stem}-{next_number(f'slug:{stem}'):04d}"
