"""Everything public is found: flowcharts, tiers, laws by article, organisations, attached files."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.documents import get_document_model
from wagtail.models import Collection, CollectionViewRestriction

from cms import papers
from cms.models import Law, LawVersion, Opinion
from cms.sources import ALL
from tests.cms import making
from tests.cms.data.support import consultation
from tests.cms.test_papers import WORD as PAPER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
BY_KIND = {source.kind: source for source in ALL}


def test_every_kind_has_a_source_and_says_what_changes_it() -> None:
    assert set(BY_KIND) == {
        "power", "benchmark", "case", "article", "notice", "consultation", "flow", "law", "organisation",
    }  # fmt: skip
    for source in ALL:
        row = source.model()
        assert source.model.kind == source.kind
        assert getattr(row, "searched", True), f"a change of {source.kind} would not reach the index"


def test_a_law_by_its_articles() -> None:
    law = Law(name="某条例", locale=making.item().locale, issuer="某市人大", short_names="条例简称")
    law.versions.add(
        LawVersion(document_no="第 12 号", effective_on="2020-01-01", text="第三条 不得占用盲道。")
    )
    law = making.publish(law)
    document = BY_KIND["law"].get(f"law:{law.pk}")
    assert "不得占用盲道" in document.body
    assert "条例简称" in document.body
    assert document.code == "第 12 号"
    assert document.date == dt.date(2020, 1, 1)
    assert "t3x6761" in document.text[-1].split(), "第三条 as a number"
    law.unpublish()
    assert BY_KIND["law"].get(f"law:{law.pk}") is None


def test_a_flowchart_with_its_steps() -> None:
    chart = making.draft_chart(making.item(), title="占道流程")
    chart.save()
    assert BY_KIND["flow"].get(f"flow:{chart.pk}") is None
    chart.save_revision().publish()
    document = BY_KIND["flow"].get(f"flow:{chart.pk}")
    assert document.title == "占道流程"
    assert all(step.name in document.body for step in chart.steps.all())
    assert f"flow:{chart.pk}" in chart.affected()[0]


def test_a_consultation_by_its_draft_and_never_by_an_opinion() -> None:
    page = consultation(answer="建议白天免费", summary="<p>多数同意。</p>")
    Opinion.objects.create(page=page, text="停车位太少", digest="1", received_on=dt.date(2026, 1, 2))
    document = BY_KIND["consultation"].get(f"consultation:{page.pk}")
    assert "占道停车每小时收费五元" in document.body
    assert "多数同意" in document.body
    assert "建议白天免费" in document.body
    assert "停车位太少" not in document.body
    assert page.affected() == [f"consultation:{page.pk}"]
    page.unpublish()
    assert BY_KIND["consultation"].get(f"consultation:{page.pk}") is None


def test_an_organisation() -> None:
    organisation = making.organisation()
    document = BY_KIND["organisation"].get(f"organisation:{organisation.pk}")
    assert document.code == organisation.code
    assert organisation.code in document.facets["body"]


def paper(name: str = "附件.docx", data: bytes = PAPER) -> Any:
    return get_document_model().objects.create(title="附件", file=ContentFile(data, name))


def test_the_text_of_a_linked_file(monkeypatch: pytest.MonkeyPatch) -> None:
    document = paper()
    text = f'<p>见<a linktype="document" id="{document.pk}">附件</a></p>'
    article = making.article("有附件的文章")
    article.body = [("text", text)]
    article.save_revision().publish()
    found = BY_KIND["article"].get(f"article:{article.pk}")
    assert "行政处罚裁量基准" in found.low
    monkeypatch.setattr(papers, "extract", lambda *a, **k: pytest.fail("read once"))
    assert BY_KIND["article"].get(f"article:{article.pk}") == found


def test_a_file_of_a_closed_collection_has_no_text() -> None:
    closed = Collection.get_first_root_node().add_child(name="内部")
    CollectionViewRestriction.objects.create(collection=closed, restriction_type="login")
    document = paper()
    document.collection = closed
    document.save()
    assert papers.file_text(document) == ""


def test_what_ends_is_told() -> None:
    item = making.item("要结束的事项")
    end = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    type(item).objects.filter(pk=item.pk).update(expire_at=end)
    assert (f"power:{item.pk}", end) in BY_KIND["power"].lapsing()


def test_many_records_are_read_in_the_questions_of_one(django_assert_max_num_queries: Any) -> None:
    items = [making.publish(making.item(name=f"占道审批{n}")) for n in range(6)]
    refs = [f"power:{item.pk}" for item in items]
    items[0].unpublish()
    with CaptureQueriesContext(connection) as one:
        BY_KIND["power"].get(refs[1])
    with django_assert_max_num_queries(len(one)):
        found = BY_KIND["power"].get_many([*refs, "power:no", "power:99999999"])
    assert set(found) == set(refs[1:])
    assert found[refs[1]] == BY_KIND["power"].get(refs[1])
