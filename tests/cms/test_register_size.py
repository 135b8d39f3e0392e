"""The loader and the workbook of `bench registers`, at a thousand rows: what it measures is what it says."""

from __future__ import annotations

import pytest

from cms.importing.files import read_file
from cms.models import PowerItem
from cms.sources import ALL
from tests.bench import registers
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def test_it_works(client, django_assert_max_num_queries):
    making.organisation()
    assert registers.load(1000) == 1000
    assert registers.load(1000) == 0, "what is there counts"
    rows = PowerItem.objects.disclosed().source()
    assert rows.values("name").distinct().count() == 1000
    item = rows.get(code="BENCH-000500")
    client.get(item.get_absolute_url())
    with django_assert_max_num_queries(40):
        html = client.get(item.get_absolute_url()).content.decode()
    assert item.name in html
    source = next(source for source in ALL if source.kind == "power")
    with django_assert_max_num_queries(150):  # five chunks of documents
        assert sum(1 for _document in source.iterate()) == 1000


def test_its_workbook_is_a_power_list(tmp_path):
    path = tmp_path / "list.xlsx"
    registers.workbook(path, 200)
    reading = read_file(path, {})
    assert reading.problem is None
    assert (len(reading.items), reading.left_out) == (200, [])
    assert len({item["name"] for item in reading.items}) == 200
