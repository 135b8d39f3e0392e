"""Which office reads a report: by organisation, then category and region, then the root; or the one above."""

import pytest

from complaints.intake import about, defaults
from complaints.intake.models import Category, OrganisationOffice, Region, Route
from complaints.intake.routing import NoOffice, OutsideOnly, office_for
from complaints.vault.models import Office

pytestmark = pytest.mark.django_db
ASKED = {"category": "bribery", "region": "linhe"}


@pytest.fixture
def root():
    defaults.install()
    return Office.objects.create(code="city", name="市", outside_address="省里的电话")


@pytest.fixture
def district(root):
    return Office.objects.create(code="district", name="区", parent=root)


@pytest.fixture
def tree(monkeypatch):
    """An organisation tree: team → bureau → government."""
    monkeypatch.setattr(
        about, "_lines", [lambda code: ["team", "bureau", "government"] if code == "team" else []]
    )


def test_without_a_row_the_root_reads_it(root, district):
    assert office_for(**ASKED) == root


def test_the_most_specific_row_wins(root, district):
    bribery, linhe = Category.objects.get(code="bribery"), Region.objects.get(code="linhe")
    Route.objects.create(region=linhe, office=district)
    assert office_for(**ASKED) == district
    Route.objects.create(category=bribery, office=root)
    assert office_for(**ASKED) == root
    Route.objects.create(category=bribery, region=linhe, office=district)
    assert office_for(**ASKED) == district


def test_the_organisation_comes_before_category_and_region(root, district):
    Route.objects.create(region=Region.objects.get(code="linhe"), office=root)
    OrganisationOffice.objects.create(organisation_code="bureau", office=district)
    assert office_for(**ASKED, organisation_code="bureau") == district


def test_an_organisation_inherits_from_the_nearest_above(root, district, tree):
    OrganisationOffice.objects.create(organisation_code="government", office=root)
    OrganisationOffice.objects.create(organisation_code="bureau", office=district)
    assert office_for(**ASKED, organisation_code="team") == district


def test_an_organisation_that_nobody_mapped_falls_through(root, district, tree):
    Route.objects.create(region=Region.objects.get(code="linhe"), office=district)
    assert office_for(**ASKED, organisation_code="team") == district


@pytest.mark.parametrize("how", [{"concerns_office": True}, {"up": 1}])
def test_what_concerns_the_office_goes_to_the_one_above(root, district, how):
    Route.objects.create(region=Region.objects.get(code="linhe"), office=district)
    assert office_for(**ASKED, **how) == root


def test_above_the_root_there_is_only_an_outside_address(root):
    assert office_for(**ASKED, concerns_office=True) == OutsideOnly(root, "省里的电话")


def test_an_office_that_is_closed_reads_nothing(root, district):
    Route.objects.create(region=Region.objects.get(code="linhe"), office=district)
    Office.objects.filter(pk=district.pk).update(active=False)
    assert office_for(**ASKED) == root


def test_a_site_without_offices_says_so():
    defaults.install()
    with pytest.raises(NoOffice):
        office_for(**ASKED)
