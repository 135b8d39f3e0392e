"""Which office reads a report (DESIGN section 6).

First the organisation of what it is about, then the most specific row of (category, region), then the root
office. A report that concerns the office itself, or "not this one", goes to the office above.
"""

from __future__ import annotations

from dataclasses import dataclass

from complaints.intake.about import organisation_line
from complaints.intake.models import Category, OrganisationOffice, Region, Route
from complaints.vault.models import Office


class NoOffice(RuntimeError):
    """The site has no office yet: vault_init has not run."""


@dataclass(frozen=True)
class OutsideOnly:
    """Nobody here may read it: above `office` there is none. Nothing is stored."""

    office: Office
    address: str


def office_for(
    *,
    category: str,
    region: str,
    organisation_code: str | None = None,
    concerns_office: bool = False,
    up: int = 0,
) -> Office | OutsideOnly:
    """The office that reads it; category and region are codes. Raises NoOffice."""
    office = _first_office(category, region, organisation_code)
    for _ in range(up + int(concerns_office)):
        above = office.parent
        if above is None or not above.active:
            return OutsideOnly(office, office.outside_address)
        office = above
    return office


def _first_office(category: str, region: str, organisation_code: str | None) -> Office:
    if organisation_code and (office := _of_organisation(organisation_code)):
        return office
    for route in _candidates(category, region):
        return route.office
    root = Office.objects.filter(parent=None, active=True).order_by("pk").first()
    if root is None:
        raise NoOffice
    return root


def _of_organisation(code: str) -> Office | None:
    """The office of the organisation's row, or of the nearest organisation above it that has one."""
    line = organisation_line(code)
    rows = OrganisationOffice.objects.select_related("office").filter(
        organisation_code__in=line, office__active=True
    )
    nearest = min(rows, key=lambda row: line.index(row.organisation_code), default=None)
    return nearest.office if nearest else None


def _candidates(category: str, region: str) -> list[Route]:
    """Rows that fit, the most specific first: both, then a category alone, then a region alone.

    A row of a branch holds for its leaves; a nearer row comes before a farther one.
    """
    categories = _line(Category, category)
    regions = _line(Region, region)
    fitting = [
        route
        for route in Route.objects.select_related("office", "category", "region").filter(office__active=True)
        if (route.category is None or route.category.code in categories)
        and (route.region is None or route.region.code in regions)
        and (route.category or route.region)
    ]
    far = len(categories) + len(regions) + 1

    def distance(route: Route) -> tuple[bool, bool, int, int]:
        return (
            route.category is None,
            route.region is None,
            categories.index(route.category.code) if route.category else far,
            regions.index(route.region.code) if route.region else far,
        )

    return sorted(fitting, key=distance)


def _line(model: type[Category] | type[Region], code: str) -> list[str]:
    """The code and those of its branches, nearest first."""
    parents = dict(model._default_manager.values_list("code", "parent__code"))
    line: list[str] = []
    here: str | None = code
    while here and here not in line:
        line.append(here)
        here = parents.get(here)
    return line
