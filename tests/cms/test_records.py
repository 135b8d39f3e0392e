"""Codes, aliases, limits, gaps, reference tables: what a record is, before anything is published."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from cms import setup
from cms.models import Category, Level, Organisation, OrganisationAlias, PowerItem, SectionPage
from cms.publishing.numbers import next_number
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def test_made_codes_count_for_organisation_and_category_and_are_never_reused():
    first, second = making.draft_item("甲"), making.draft_item("乙")
    first.save()
    second.save()
    assert (first.code, second.code) == ("9901-CG-CF-0001", "9901-CG-CF-0002")
    assert first.made_code
    second.delete()
    third = making.draft_item("丙")
    third.save()
    assert third.code == "9901-CG-CF-0003"
    other = making.draft_item("丁", category=Category.objects.get(code="licence"))
    other.save()
    assert other.code == "9901-CG-XK-0001"


def test_a_made_code_steps_over_a_real_one():
    making.draft_item("甲", code="9901-CG-CF-0001").save()
    item = making.draft_item("乙")
    item.save()
    assert item.code == "9901-CG-CF-0002"


@pytest.mark.parametrize("code", ["无数字", "ABC", "a b1", "../1", "1/2", ""])
def test_codes_that_cannot_be_an_address(code):
    item = making.draft_item(code=code or "x")
    with pytest.raises(ValidationError):
        item.full_clean()


def test_counters():
    assert [next_number("k"), next_number("k"), next_number("other")] == [1, 2, 1]


def test_aliases_of_tables_and_organisations():
    assert Category.objects.by_name("其他 行政权力").code == "other"
    assert Category.objects.by_name("行政监督").code == "inspection"
    assert Level.objects.by_name("地州市级").code == "city"
    assert Category.objects.by_name("没有") is None
    row = making.organisation()
    row.aliases.add(OrganisationAlias(name="市城管局"))
    row.save()
    assert Organisation.objects.by_name("市城管局") == row


def test_the_organisation_tree():
    city = making.organisation("9901", "云泽市人民政府")
    bureau = making.organisation("9901-CG", "云泽市城市管理局", parent=city)
    making.organisation("9901-CG-1", "执法大队", parent=bureau)
    assert Organisation.objects.with_descendants(["9901-CG"]) == ["9901-CG", "9901-CG-1"]
    assert bureau.ancestor_codes() == ["9901-CG", "9901"]
    city.parent = bureau
    with pytest.raises(ValidationError):
        city.clean()


def test_limits():
    item = making.draft_item(statutory_limit=20, statutory_unit="workday")
    item.clean()
    item.promised_limit, item.promised_unit = 30, "workday"
    with pytest.raises(ValidationError) as refused:
        item.clean()
    assert "promised_limit" in refused.value.message_dict
    item.promised_unit = ""
    with pytest.raises(ValidationError):
        item.clean()
    item.statutory_limit, item.statutory_unit, item.promised_limit, item.promised_unit = 3, "month", 90, "day"
    item.clean()


def test_gaps_are_no_errors():
    item = making.item()
    assert "追责情形" in item.missing()
    assert PowerItem.objects.disclosed().count() == 1


def test_installing_again_changes_nothing():
    before = (Category.objects.count(), Level.objects.count(), SectionPage.objects.count())
    Category.objects.filter(code="penalty").update(name="行政处罚类")
    setup.install()
    assert (Category.objects.count(), Level.objects.count(), SectionPage.objects.count()) == before
    assert Category.objects.get(code="penalty").name == "行政处罚类"


def test_slugs_are_ascii_and_made_once():
    page = making.article("一篇没有英文的文章")
    assert page.slug == "article-0001"
    page.title = "改了题目"
    page.save_revision().publish()
    page.refresh_from_db()
    assert page.slug == "article-0001"
    page.slug = "中文"
    with pytest.raises(ValidationError):
        page.full_clean()


def test_case_numbers_follow_the_year():
    import datetime as dt

    one, two = (making.case(f"案{n}", decided_on=dt.date(2026, 5, n)) for n in (1, 2))
    assert (one.number, two.number, two.get_absolute_url()) == ("2026-1", "2026-2", "/cases/2026-2/")


def test_addresses_of_pages_stand_in_both_languages():
    assert (
        SectionPage.objects.get(slug="library", locale__language_code="en").get_absolute_url()
        == "/en/library/"
    )
    assert making.article().get_absolute_url() == "/library/article-0001/"
