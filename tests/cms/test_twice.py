"""What publishing leaves to the outbox: twice is as once, also where the worker died in between."""

from __future__ import annotations

import pytest
from outbox.models import Entry

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
