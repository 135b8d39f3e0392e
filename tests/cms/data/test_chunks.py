"""What a file or a page of the API reads of a long register: the rows of a chunk, not all to sort them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.data import registers
from cms.models import Register
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed"), pytest.mark.once]


# Pages and risk points are sorted by a key of another table than the one that is read first.
LONG = [kind for kind in registers.REGISTERS if issubclass(kind.model, Register)]


@pytest.mark.parametrize("kind", LONG, ids=lambda kind: kind.name)
@pytest.mark.parametrize("rows", ["rows", "listed"])
def test_the_next_rows_come_in_the_order_of_an_index(kind: Any, rows: str) -> None:
    assert connection.vendor == "sqlite"
    making.item(code="A-00001")
    asked: Callable[[], Any] = getattr(kind, rows)
    plan = asked().order_by(kind.order).filter(**{f"{kind.order}__gt": "0"})[:100].explain()
    assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.parametrize("kind", registers.REGISTERS, ids=lambda kind: kind.name)
def test_what_is_next_is_asked_without_what_is_read(kind: Any) -> None:
    with CaptureQueriesContext(connection) as seen:
        kind.after("0" if kind.order == "code" else 0)
    assert "cms_publishedversion" not in seen[0]["sql"].partition(" FROM ")[0]
