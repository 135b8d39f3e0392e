# ruff: noqa: E501  (a row is a line)
"""The law register: articles, short names, and what still rests on a repealed law."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from wagtail.models import Locale
from workdays import clock

from cms.admin.law_warnings import repealed_bases, warn_of_repealed_laws
from cms.importing.power import Lookups
from cms.models import Law, LawVersion, LegalBasis
from cms.publishing.law_text import articles, key_of
from tests.cms import making

TEXT = """云泽市市容管理条例
第一章 总则
第一条 为了街面整洁，制定本条例。
第二章 管理
第二十三条　不得擅自占用城市道路。
违反的，处五百元以上五千元以下罚款。
第二十三条之一 前条的罚款，由城管部门决定。
"""


def law(name: str = "云泽市市容管理条例", **fields: Any) -> Law:
    made = Law(
        name=name, rank="local", issuer="云泽市人大", short_names="市容条例\n", locale=Locale.get_default()
    )
    made.versions.add(
        LawVersion(
            document_no="第 12 号", effective_on=clock.today() - timedelta(days=900), text=TEXT, **fields
        )
    )
    return making.publish(made)


def item_on(version: LawVersion | None, **fields: Any) -> Any:
    item = making.draft_item()
    basis = item.legal_bases.all()[0]
    basis.law_version, basis.article = version, "第二十三条"
    for name, value in fields.items():
        setattr(basis, name, value)
    return making.publish(item)


def test_articles() -> None:
    found = articles(TEXT)
    assert [(a.key, a.name, a.chapter) for a in found] == [
        ("a1", "第一条", "第一章 总则"), ("a23", "第二十三条", "第二章 管理"), ("a23-1", "第二十三条之一", "第二章 管理")
    ]  # fmt: skip
    assert found[1].text.endswith("\n违反的，处五百元以上五千元以下罚款。")
    assert articles("没有条文") == []
    assert [key_of(t) for t in ("第二十三条第一款", "第9条", "附则")] == ["a23", "a9", ""]


@pytest.mark.django_db
@pytest.mark.usefixtures("installed")
class TestPages:
    def test_it_works(self, client: Any) -> None:
        made = law()
        item = item_on(made.versions.get())
        page = client.get(made.get_absolute_url()).content.decode()
        for words in (
            "市容条例",
            "第 12 号",
            'id="a23"',
            "不得擅自占用城市道路",
            item.name,
            "以此为依据的权责事项",
        ):
            assert words in page
        assert "废止" not in page
        assert f"{made.get_absolute_url()}#a23" in client.get(item.get_absolute_url()).content.decode()

    def test_a_repealed_law_lists_its_items_to_all(self, client: Any) -> None:
        made = law(repealed_on=clock.today())
        linked, named = item_on(made.versions.get()), item_on(None, law_name="市容条例")
        draft = making.draft_item("还没有公布的事项")
        draft.legal_bases.add(LegalBasis(text="甲", law_name="市容条例"))
        draft.save()
        page = client.get(made.get_absolute_url()).content.decode()
        assert "仍有 2 处依据引用它" in page
        assert linked.code in page
        assert named.code in page
        assert "还没有公布的事项" not in page
        assert "已废止" in client.get(linked.get_absolute_url()).content.decode()
        assert "已废止" in client.get("/laws/").content.decode()

    def test_and_warns_the_editor(self) -> None:
        newer = law("云泽市城市容貌条例")
        made = law(repealed_on=clock.today(), replaced_by=newer)
        (said,) = repealed_bases(item_on(made.versions.get()))
        assert "云泽市城市容貌条例" in said
        assert repealed_bases(item_on(newer.versions.get())) == []

    def test_the_warning_is_shown_on_opening_and_not_on_saving(self, rf: Any) -> None:
        from django.contrib.messages.storage.cookie import CookieStorage

        made = law(repealed_on=clock.today())
        item = item_on(made.versions.get())
        for instance in (item, made):
            request = rf.get("/admin/")
            request._messages = CookieStorage(request)
            warn_of_repealed_laws(request, instance)
            assert ["废止" in str(message) for message in request._messages] == [True]
        posted = rf.post("/admin/")
        posted._messages = CookieStorage(posted)
        warn_of_repealed_laws(posted, item)
        assert list(posted._messages) == []

    def test_the_version_in_force(self) -> None:
        made = law(repealed_on=clock.today() - timedelta(days=100))
        made.versions.add(
            LawVersion(document_no="第 30 号", effective_on=clock.today() - timedelta(days=100))
        )
        made.versions.add(
            LawVersion(document_no="第 40 号", effective_on=clock.today() + timedelta(days=100))
        )
        assert not made.repealed
        assert made.current.document_no == "第 30 号"

    def test_the_list_is_searched_by_short_name_and_number(self, client: Any) -> None:
        law()
        law("云泽市公园条例")
        for query, count in (
            ("", 2),
            ("q=公园", 1),
            ("q=市容条例", 2),
            ("q=第 12 号", 2),
            ("rank=law", 0),
            ("rank=x", 2),
        ):
            assert f"共 {count} 部" in client.get(f"/laws/?{query}").content.decode(), query

    def test_an_import_links_short_names(self) -> None:
        made = law()
        assert Lookups.load().laws["市容条例"] == made.versions.get().pk
