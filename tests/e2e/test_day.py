"""A small working day: six people, sixty tips, everything at once; nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections import Counter

from complaints.vault.models import Office
from tests.support import day
from tests.support.cities import City

OFFICE, OTHER = "qingshi", "wanghu"
TIPS, DEEP = 60, 10  # six go their whole way


def test_six_people_work_through_sixty_tips(city: City) -> None:
    """More than six would wait for the two cores of a small machine; the large day is `bench day`."""
    head = city.account("administrator", f"-{OFFICE}")
    more = day.hire(OFFICE, head, {"handler": 1, "approver": 1})
    staff = day.Staff(
        triage=[city.account("triage", f"-{OFFICE}")],
        handlers=[city.account("handler", f"-{OFFICE}"), more[0]],
        approvers=[city.account("approver", f"-{OFFICE}"), more[1]],
        receivers=[city.account("triage", f"-{OTHER}")],
        ids=day.ids([city.account("handler", f"-{OFFICE}"), more[0]]),
        to=str(Office.objects.get(code=OTHER).pk),
    )
    numbers = day.submit(TIPS, region=OFFICE)
    shift = day.Day(city.url, staff, numbers, deep=DEEP)
    shift.run()
    assert day.wrong(shift.acts, numbers) == []
    done = Counter(act.name for act in shift.acts if act.status == 200)
    assert done["claim"] >= TIPS
    # Every third tip is asked for by the two handlers alone, so that some go the whole way whoever wins.
    for act in ("screening", "accepted", "propose", "agree", "closed"):
        assert done[act], f"nobody did {act}"
    asked = Counter(act.number for act in shift.acts if act.name == "claim")
    assert set(asked.values()) == {2}, "each was asked for by two"
