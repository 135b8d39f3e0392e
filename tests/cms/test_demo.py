"""The demo content is whole, disclosed, dated over past months, and made in good time."""

from __future__ import annotations

import time

import pytest
from workdays import clock

from cms.models import (
    ArticlePage,
    Benchmark,
    CaseOutcomePage,
    Category,
    ConsultationPage,
    Flowchart,
    NoticeFeedback,
    NoticePage,
    Obligation,
    Organisation,
    PowerItem,
    PublishedVersion,
)
from cms.publishing.openness import row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_kdf")]


def cells() -> set[str]:
    """The states that stand in the matrix of this year and the last."""
    found = set()
    for rule in Obligation.objects.prefetch_related("exemptions"):
        notices = NoticePage.objects.filter(
            organisation=rule.organisation, notice_type=rule.notice_type
        ).select_related("locale")
        for year in (clock.today().year, clock.today().year - 1):
            found |= {cell.state for cell in row_of(rule, notices, year)}
    return found


def test_it_works(wagtail_root):
    from cms import demo

    start = time.monotonic()
    accounts = demo.load()
    print(f"demo content in {time.monotonic() - start:.1f} s")  # a figure to read, not a bound
    assert [account["role"] for account in accounts] == ["editor", "editor"]
    assert all(account["totp_secret"] and len(account["password"]) >= 14 for account in accounts)
    items = PowerItem.objects.disclosed().source()
    assert items.count() >= 40
    assert set(items.values_list("category__code", flat=True)) == set(
        Category.objects.values_list("code", flat=True)
    )
    assert items.filter(made_code=True).count() >= 5
    assert Organisation.objects.disclosed().count() == len(demo.ORGANISATIONS)
    assert Flowchart.objects.disclosed().count() == 3
    assert Benchmark.objects.disclosed().count() == 6
    assert CaseOutcomePage.objects.disclosed().count() == 8
    assert ArticlePage.objects.disclosed().in_language("zh-hans").exclude(article_kind="page").count() == 8
    assert NoticePage.objects.disclosed().count() == 6
    assert NoticeFeedback.objects.public().count() == 1
    assert [page.state for page in ConsultationPage.objects.disclosed()] == ["answered"]
    assert {"published", "exempt"} <= cells()
    assert cells() & {"due", "late"}
    english = ArticlePage.objects.disclosed().in_language("en").values_list("slug", flat=True)
    assert set(english) == {"about", "privacy", "accessibility", "education-report-4"}
    for page in ArticlePage.objects.disclosed():
        assert page.get_absolute_url().startswith("/" if page.is_source else "/en/")
    assert not [
        benchmark for benchmark in Benchmark.objects.all() if any(f.blocks for f in benchmark.findings())
    ]
    dates = items.values_list("first_published_at", flat=True)
    assert (max(dates) - min(dates)).days > 200
    assert PublishedVersion.objects.of(PowerItem.objects.get(code="9901-CG-CF-0147")).count() == 2
