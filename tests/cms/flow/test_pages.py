"""A chart's page, its files and versions; the register of risk points; the site's own scale."""

import datetime as dt
import re
import xml.etree.ElementTree as ET

import pytest
from workdays import clock

from cms.flow import bpmn_in
from cms.flow.grades import Scale, months_after
from cms.flow.rows import data_of
from cms.models import RiskGrade, RiskPoint
from tests.cms import making
from tests.faults.twice import as_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def risk(step="s2", **more):
    values = {
        "description": "选择性取证",
        "measures": "全程录像。\n双人取证。",
        "owner": "大队长",
        "level": "high",
    }
    return RiskPoint(step_key=step, **{**values, **more})


def published(*risks, item=None, **more):
    chart = making.draft_chart(item or making.item(), **more)
    for step, post in zip(chart.steps.all(), ("登记岗", "取证岗"), strict=True):
        step.post = post
    chart.risk_points = list(risks) or [risk()]
    return making.publish(chart)


def test_the_page_has_both_drawings_and_badges_lead_to_the_measures(client):
    chart = published(reviewed_chart := risk(reviewed_on=dt.date(2026, 1, 31)))
    html = client.get(chart.get_absolute_url()).content.decode()
    assert html.count("<svg") >= 2
    assert html.count('href="#risk-s2-1"') == 2
    assert html.count('id="risk-s2-1"') == 1
    assert "2026-07-31" in html, reviewed_chart  # six months after the last review
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_two_charts_of_one_item_share_no_id(client):
    item = making.item()
    published(item=item)
    published(item=item, title="另一张")
    html = client.get(item.get_absolute_url()).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([\w-]*risk-[\w-]+)"', html):
        assert target in ids


def test_files_of_the_chart(client):
    chart = published()
    for kind in ("bpmn", "svg", "png"):
        response = client.get(f"/flow/{chart.slug}/chart.{kind}")
        assert response["Content-Disposition"] == f'attachment; filename="{chart.slug}.{kind}"'
        if kind == "png":
            assert response.content.startswith(b"\x89PNG")
        else:
            ET.fromstring(response.content)
        if kind == "bpmn":
            assert bpmn_in.read(response.content).flow == data_of(chart)
        assert client.get(f"/flow/none/chart.{kind}").status_code == 404


def test_its_versions_can_be_compared(client):
    chart = published()
    assert client.get(f"/flow/{chart.slug}/versions/2/").status_code == 404
    chart.risk_points.first().measures = "新的措施"
    chart.title = "改过的流程图"
    making.publish(chart)
    html = client.get(f"/flow/{chart.slug}/versions/2/").content.decode()
    assert "<ins>" in html
    assert "<del>" in html
    assert f'href="/flow/{chart.slug}/versions/2/"' in client.get(chart.get_absolute_url()).content.decode()


def test_who_is_reminded_is_not_public(client, django_user_model):
    user = django_user_model.objects.create(username="secret-owner", email="secret@example.org")
    chart = published(risk(owner_account=user))
    for path in (
        chart.get_absolute_url(),
        f"/flow/{chart.slug}/versions/1/",
        "/risks/",
        f"/flow/{chart.slug}/chart.bpmn",
    ):
        assert b"secret" not in client.get(path).content
        assert "提醒谁" not in client.get(path).content.decode()


# The register --------------------------------------------------------------------------------------


def rows(html):
    return re.findall(r'role="rowheader"><div>([^<]+)</div>', html)


def test_the_register_lists_every_public_risk_point(client):
    published(risk(), risk("s1", description="压案不立", level="low"))
    draft = making.draft_chart(making.item(), title="草稿")
    draft.risk_points = [risk(description="还没公布")]
    draft.save()
    html = client.get("/risks/").content.decode()
    assert rows(html) == ["选择性取证", "压案不立"]
    assert "还没公布" not in html


def test_facets_choose(client):
    chart = published(risk(description="甲"), risk("s1", description="乙", level="low"))
    code = chart.power_item.organisation.code
    for query, found in {
        "level=high": ["甲"],
        "level=high&level=low": ["甲", "乙"],
        "post=登记岗": ["乙"],
        f"organisation={code}": ["甲", "乙"],
        "organisation=none": [],
        "level=low&post=取证岗": [],
    }.items():
        assert rows(client.get(f"/risks/?{query}").content.decode()) == found, query


def test_a_facet_counts_without_its_own_choice(client):
    published(risk(), risk("s1", level="low"))
    html = client.get("/risks/?level=high").content.decode()
    assert re.findall(r'>([^<]+)<span class="n">(\d+)', html)[:2] == [("高", "1"), ("低", "1")]


def test_pages_and_few_questions(client, django_assert_max_num_queries):
    published(*(risk(description=f"风险{n}") for n in range(45)))
    with django_assert_max_num_queries(14):
        html = client.get("/risks/?page=3").content.decode()
    assert len(rows(html)) == 5
    assert client.get("/risks/?page=9").status_code == 404
    assert client.get("/risks/?page=x&level=%00&post=" + "长" * 500).status_code == 404


def test_an_item_that_is_not_public_lends_no_name(client):
    chart = published()
    organisation = chart.power_item.organisation
    chart.power_item.unpublish()
    html = client.get("/risks/").content.decode()
    assert rows(html)
    assert organisation.name not in html


# The scale -----------------------------------------------------------------------------------------


def test_the_site_sets_the_scale(client):
    RiskGrade.objects.filter(code="high").update(name="一级")
    published()
    assert "风险一级" in client.get("/risks/").content.decode()


def test_without_a_level_the_score_decides(client):
    scale = Scale()
    assert scale.of(risk(level="", likelihood=5, severity=3)).code == "high"
    assert scale.of(risk(level="", likelihood=2, severity=3)).code == "medium"
    assert scale.of(risk(level="", likelihood=1, severity=1)).code == "low"
    assert scale.of(risk(level="")).look == 0
    assert scale.of(risk(level="gone")).look == 0


def test_an_unknown_level_is_not_published():
    chart = making.draft_chart(making.item())
    chart.risk_points = [risk(level="nonsense")]
    assert any("nonsense" in sentence for sentence in chart.publishing_errors())


def test_the_next_review():
    scale, day = Scale(), dt.date(2026, 8, 31)
    assert scale.due(risk(reviewed_on=day)) == dt.date(2027, 2, 28)
    assert scale.due(risk(reviewed_on=day, next_review=dt.date(2026, 9, 1))) == dt.date(2026, 9, 1)
    # A date that lies before the last review was met by it.
    assert scale.due(risk(reviewed_on=day, next_review=day)) == dt.date(2027, 2, 28)
    assert scale.due(risk()) is None
    assert months_after(dt.date(2026, 12, 15), 1) == dt.date(2027, 1, 15)


# Reminders -----------------------------------------------------------------------------------------


@pytest.fixture
def owner(django_user_model):
    return django_user_model.objects.create(username="owner", email="owner@example.org")


def at_once(run_outbox):
    from outbox.models import Entry

    Entry.objects.filter(kind="cms.risk.review", done_at=None).update(due_at=clock.now())
    while run_outbox(200):
        pass


def test_telling_an_owner_twice_is_as_once(owner, mailoutbox):
    from cms.flow import reviews
    from cms.models import ReviewReminder

    published(risk(owner_account=owner, next_review=clock.today() + dt.timedelta(days=3)))
    assert reviews.remind() == 1
    as_once(
        "cms.risk.review",
        str(owner.pk),
        lambda: (len(mailoutbox), ReviewReminder.objects.filter(told_at=None).count()),
    )


def test_an_owner_is_told_once_and_nothing_of_the_risk(owner, run_outbox, mailoutbox):
    from cms.flow import reviews

    day = clock.today() + dt.timedelta(days=3)
    published(risk(owner_account=owner, next_review=day), risk("s1", owner_account=owner, next_review=day))
    assert reviews.remind() == 1
    assert reviews.remind() == 0
    at_once(run_outbox)
    reviews.tell(str(owner.pk))  # brought twice
    assert [m.to for m in mailoutbox] == [["owner@example.org"]]
    text = mailoutbox[0].subject + mailoutbox[0].body
    assert "2 个" in text
    assert day.isoformat() in text
    assert "取证" not in text


def test_a_review_moves_the_date_and_the_next_one_is_told_again(owner, run_outbox, mailoutbox):
    from cms.flow import reviews

    chart = published(risk(owner_account=owner, next_review=clock.today()))
    reviews.remind()
    at_once(run_outbox)
    row = chart.risk_points.first()
    row.reviewed_on = clock.today()
    making.publish(chart)
    assert reviews.remind() == 0
    old = clock.today() - dt.timedelta(days=400)
    RiskPoint.objects.update(reviewed_on=old, next_review=None)
    assert reviews.remind() == 1
    at_once(run_outbox)
    assert len(mailoutbox) == 2


def test_who_is_not_told(owner, django_user_model):
    from cms.flow import reviews

    soon = clock.today() + dt.timedelta(days=1)
    gone = django_user_model.objects.create(username="gone", email="gone@example.org", is_active=False)
    published(
        risk(owner_account=owner, next_review=clock.today() + dt.timedelta(days=200)),
        risk(owner_account=None, next_review=soon),
        risk(owner_account=gone, next_review=soon),
    )
    chart = published(risk(owner_account=owner, next_review=soon), title="撤下的")
    chart.unpublish()
    assert reviews.remind() == 0
