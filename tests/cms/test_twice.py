"""What publishing leaves to the outbox: twice is as once, also where the worker died in between."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from ledger.models import Event
from outbox.models import Entry
from wagtail.models import ReferenceIndex
from wagtail.search.models import IndexEntry

from cms.models import BulkJob, BulkRow, PowerItem
from cms.publishing import generations, many
from tests.cms import making
from tests.faults.twice import as_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def test_the_items_of_an_organisation() -> None:
    item = making.publish(making.item())
    Entry.objects.all().delete()
    refs = Entry.objects.filter(kind="search.index").values_list("ref", flat=True)
    as_once("cms.organisation.index", str(item.organisation_id), lambda: set(refs.all()))


def test_a_generation() -> None:
    before = generations.current()
    as_once("cms.generation", "site", lambda: generations.current() != before)


def test_what_editors_search() -> None:
    item = making.item()
    ReferenceIndex.objects.all().delete()
    IndexEntry.objects.all().delete()

    def look() -> tuple[int, int]:
        return ReferenceIndex.objects.count(), IndexEntry.objects.count()

    as_once("cms.admin.index", f"power:{item.pk}-{item.pk}", look)
    references, entries = look()
    assert references > 1
    assert entries == 1


def test_a_bulk_action() -> None:
    """Each item is withdrawn once: one event, whoever goes on with the job."""
    items = [making.item(f"事项{n}") for n in range(2)]
    editor = get_user_model().objects.create(username="bulk", is_superuser=True)
    job = many.start(editor, BulkJob.Kind.WITHDRAW, items, reason="误公布")
    Entry.objects.all().delete()

    def look() -> tuple[int, int, list[str]]:
        live = PowerItem.objects.filter(pk__in=[item.pk for item in items], live=True).count()
        results = BulkRow.objects.filter(job=job).order_by("pk").values_list("result", flat=True)
        return live, Event.objects.filter(kind="withdrawn").count(), list(results)

    as_once("cms.many", str(job.pk), look)
    assert look() == (0, 2, [BulkRow.Result.DONE] * 2)
