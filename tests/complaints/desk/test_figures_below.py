"""The level above sees every office beneath it, however deep, as numbers and deadlines and never content."""

from __future__ import annotations

import datetime as dt
from typing import Any

from workdays import clock

from complaints.desk import figures
from complaints.intake.models import Tip
from complaints.vault.models import Office
from tests.complaints.desk.offices import make_land


def table(held: set[int]) -> list[list[Any]]:
    return figures.below(list(Office.objects.all()), held, clock.today()).rows


def test_it_works(desk: Any) -> None:
    land = make_land(desk)
    late, _deep = desk.tip("区里的"), desk.tip("镇里的", region="village")
    Tip.objects.filter(pk=late.pk).update(due_on=clock.today() - dt.timedelta(days=1))
    rows = table({desk.city.pk})
    assert [row[0] for row in rows] == ["望湖区纪委监委", "柳溪镇纪委", "青山县纪委监委"]
    assert [row[1:] for row in rows] == [[1, 1, 1], [1, 1, 0], [0, 0, 0]]
    assert [row[0] for row in table({desk.lake.pk})] == ["柳溪镇纪委"]
    assert table({land.offices["village"].pk}) == []
    page = desk.client("outsider", unlocked=False).get("/desk/stats/")
    assert "柳溪镇纪委" in page.text
    assert "镇里的" not in page.text


def test_ones_own_offices_are_not_below(desk: Any) -> None:
    land = make_land(desk)
    held = {desk.city.pk, desk.lake.pk}
    assert [row[0] for row in table(held)] == ["青山县纪委监委", "柳溪镇纪委"]
    assert table({office.pk for office in land.offices.values()}) == []
