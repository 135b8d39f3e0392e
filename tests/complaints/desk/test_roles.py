"""Every address and every POST of the desk, as every role of own, sibling, upper and lower office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config import errors
from django.http import HttpResponse

from complaints.desk.urls import urlpatterns
from complaints.vault.models import Cell, Wrap
from tests.complaints.desk import procedure
from tests.complaints.desk.offices import make_land
from tests.complaints.desk.roles import ROLES, ROWS, address, allowed, page

ROOT = Path(__file__).resolve().parents[3]
NAMES = [str(pattern.name) for pattern in urlpatterns]
# Last: it takes the key away from the session that calls it.
ORDER = sorted(NAMES, key=lambda name: name == "lock")
OWN = "lake"
OTHERS = {"sibling": "hill", "upper": "city", "lower": "village"}


def test_every_address_has_a_row() -> None:
    assert set(NAMES) == set(ROWS)


def test_the_printed_table_is_the_one_that_holds() -> None:
    assert (ROOT / "docs" / "roles.md").read_text(encoding="utf-8") == page()


def test_every_address_as_every_role_of_four_offices(desk: Any, monkeypatch: Any) -> None:
    # A thousand refusals: their status is what counts, and the page around it has tests of its own.
    monkeypatch.setattr(errors, "_page", lambda _request, status, *_name: HttpResponse(status=status))
    land = make_land(desk)
    tip = desk.tip()
    here = {role: desk.client(role if role in desk.users else land.member(role, OWN)) for role in ROLES}
    there = {
        (role, place): desk.client(land.member(role, code))
        for place, code in OTHERS.items()
        for role in ROLES
    }
    wrong: list[str] = []
    sealed = (Cell.objects.count(), Wrap.objects.filter(subject=tip.pk).count())
    for name in ORDER:
        row, url = ROWS[name], address(name, tip)
        of_tip = "/tips/" in url
        for method in ("GET", "POST"):
            verb = method.lower()
            if method not in row.methods.split():
                status = getattr(here["triage"], verb)(url).status_code
                if status != 405:
                    wrong.append(f"{method} {name}: {status}, not 405")
                continue
            for role in ROLES:
                status = getattr(here[role], verb)(url).status_code
                if of_tip and role == "administrator":
                    good = status == 404  # an administrator sees no tip at all
                elif allowed(row, role):
                    # let in: what it asks for is not there, or nothing was filled in
                    good = status in (200, 302, 303, 409, 422) or (status == 404 and "<" in _pattern(name))
                    good = good or (name == "state" and status in (403, 409, 422))
                else:
                    good = status == 403
                if not good:
                    wrong.append(f"{method} {name} as {role}: {status}")
            for (role, place), client in there.items() if of_tip else ():
                status = getattr(client, verb)(url).status_code
                if status != 404:
                    wrong.append(f"{method} {name} as {role} of the {place} office: {status}")
    assert not wrong, "\n".join(wrong)
    tip.refresh_from_db()
    assert tip.office_id == desk.lake.pk
    assert (Cell.objects.count(), Wrap.objects.filter(subject=tip.pk).count()) == sealed


def _pattern(name: str) -> str:
    return str(next(p for p in urlpatterns if p.name == name).pattern)


def test_the_drawn_procedure_is_the_one_that_holds() -> None:
    docs = ROOT / "docs"
    assert (docs / "procedure.md").read_text(encoding="utf-8") == procedure.page()
    assert (docs / "procedure.svg").read_text(encoding="utf-8") == procedure.drawn()
