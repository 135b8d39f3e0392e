"""What publishing leaves to the outbox: twice is as once, also where the worker died in between."""

from __future__ import annotations

import pytest
from outbox.models import Entry
from wagtail.models import ReferenceIndex
from wagtail.search.models import IndexEntry

from cms.publishing import generations
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
