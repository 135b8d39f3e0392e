"""What is published is recorded where it changes: in `save()` and before a deletion, in one transaction.

Wagtail's signals miss deletions, scheduled and plain saves; they are not the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from workdays import clock


class Recorded:
    """First base of every model that is published: keeps (live, live_revision) and the record together."""

    withdrawal_reason = ""  # set before unpublishing, to say why; also `publication_reason`
    publication_reason = ""

    def fill_made_fields(self) -> None:
        """Codes and slugs that are made once; called in the transaction of the save."""

    def follow_up(self) -> None:
        """More outbox entries of a publication, where `affected` would give too many."""

    def publishing_errors(self) -> list[str]:
        """Sentences that block publication; empty where it may be published."""
        return []

    def save(self, *args, **kwargs) -> None:
        with transaction.atomic():
            partial = kwargs.get("update_fields")
            if partial is None:
                self.fill_made_fields()
            before = _stored(self)
            changes = partial is None or bool({"live", "live_revision"} & set(partial))
            after = (self.live, self.live_revision_id)
            if changes and self.live and before != after:
                _date_by_our_clock(self, before)
            with referred_once(self):
                super().save(*args, **kwargs)
            if changes and before != after:
                from cms.publishing import records

                if self.live:
                    if errors := self.publishing_errors():
                        raise ValidationError(errors)
                    records.record_publication(self, reason=self.publication_reason)
                elif before[0]:
                    records.record_withdrawal(self, reason=self.withdrawal_reason)


@contextmanager
def referred_once(obj: Any) -> Iterator[None]:
    """Wagtail's reference index of `obj` is written once for a save, not again for each of its child rows."""
    from wagtail import signal_handlers as signals  # loads the page model, which stands on this module

    if getattr(signals.reference_index_auto_update_disabled, "value", False):
        yield
        return
    with signals.disable_reference_index_auto_update():
        yield
    signals.update_reference_index_on_save(obj)


def _stored(obj) -> tuple[bool, int | None]:
    """(live, live_revision) as the database has it."""
    if obj.pk is None:
        return (False, None)
    rows = type(obj)._base_manager.filter(pk=obj.pk)
    return rows.values_list("live", "live_revision_id").first() or (False, None)


def _date_by_our_clock(obj, before: tuple[bool, int | None]) -> None:
    """Wagtail dates by the machine; this house has one clock (which the demo sets back)."""
    obj.last_published_at = clock.now()
    if not before[0] and not _published_before(obj):
        obj.first_published_at = obj.last_published_at


def _published_before(obj) -> bool:
    from cms.models.records import PublishedVersion

    return obj.pk is not None and PublishedVersion.objects.of(obj).exists()


@receiver(pre_delete, dispatch_uid="cms.recorded")
def record_deletion(sender, instance, **kwargs) -> None:
    """A live object that is deleted was withdrawn."""
    if isinstance(instance, Recorded) and instance.live:
        from cms.publishing import records

        with transaction.atomic():
            records.record_withdrawal(instance, reason=instance.withdrawal_reason)
