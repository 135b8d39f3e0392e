"""A handler of the outbox, run as badly as it can come: its worker dies after the effect, before the mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from outbox import registry
from outbox import services as outbox
from outbox.models import Entry
from workdays import clock


class Died(BaseException):
    """What no handler of exceptions holds up, as SIGKILL."""


def as_once(kind: str, ref: str, look: Callable[[], Any]) -> None:
    """Run `kind` on `ref`: dying after the effect, again by whoever comes next, and once more for nothing.

    `look` says what the effect is. It must see one after the first time, and the same after each other.
    """
    before, whole = look(), registry.get(kind)
    entry = outbox.enqueue(kind=kind, ref=ref)

    def dies(ref: str) -> None:
        whole.run(ref)
        raise Died

    registry._handlers[kind] = replace(whole, run=dies)
    try:
        with pytest.raises(Died):
            outbox.deliver(entry.pk)
    finally:
        registry._handlers[kind] = whole
    once = look()
    assert once != before, "it had no effect"
    row = Entry.objects.filter(pk=entry.pk, done_at=None)
    assert row.exists(), "it is not marked as done"
    assert not outbox.deliver(entry.pk), "whoever died might be alive: the claim lasts"
    row.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert outbox.deliver(entry.pk)
    assert look() == once
    whole.run(ref)
    assert look() == once
    assert not outbox.deliver(entry.pk), "done is done"
