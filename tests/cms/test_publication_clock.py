"""When a case is due, what is late, and the share that was in time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from workdays import clock, rules

from cms.models import CaseOutcomePage
from cms.publishing.clock import overdue, within_limit
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def limits() -> None:
    rules.install_defaults()


def test_the_limit_is_made_from_the_decision() -> None:
    decided = clock.today() - DAY
    general = making.case(decided_on=decided)
    penalty = making.case("处罚决定", case_kind="penalty", decided_on=decided)
    assert general.publish_due == rules.deadline("publish_general", decided, strict=False).due
    assert decided < penalty.publish_due < general.publish_due
    own = making.case("自定", decided_on=decided, publish_due=clock.today() + DAY)
    assert own.publish_due == clock.today() + DAY
    assert making.case("没有日期").publish_due is None


def test_overdue_and_share(client: Any) -> None:
    late = making.case("晚了的", publish_due=clock.today() - DAY)
    making.case("按期的", publish_due=clock.today())
    making.case("没有期限的")
    assert overdue().count() == 0
    assert within_limit() == {"total": 2, "in_time": 1, "late": 0, "share": 50}
    waiting = making.case("还没公开的", live=False, publish_due=clock.today() - 9 * DAY)
    making.case("还有时间的", live=False, publish_due=clock.today() + 9 * DAY)
    assert list(overdue()) == [waiting]
    assert within_limit()["share"] == 33
    page = client.get("/cases/").content.decode()
    assert "有公开期限的案例 3 件，按期公开 1 件，占 33%" in page
    assert "还没公开的" not in page
    assert late.days_late == 1
    assert "晚了 1 天" in client.get(late.get_absolute_url()).content.decode()


def test_republishing_does_not_make_it_late_or_timely() -> None:
    page = making.case(publish_due=clock.today())
    CaseOutcomePage.objects.filter(pk=page.pk).update(publish_due=clock.today() - 5 * DAY)
    page = CaseOutcomePage.objects.get(pk=page.pk)
    page.save_revision().publish()
    assert CaseOutcomePage.objects.get(pk=page.pk).days_late == 5


def test_the_editors_list(rf: Any, admin_user: Any) -> None:
    from cms.admin.overdue import DueCases

    request = rf.get("/admin/")
    request.user = admin_user
    assert DueCases(request).render_html() == ""
    making.case("还没<公开>的", live=False, publish_due=clock.today() - 9 * DAY)
    shown = DueCases(request).render_html()
    assert "已超 9 天" in shown
    assert "还没&lt;公开&gt;的" in shown
