"""What the fact sheet of a power item says, and what it says of what is not stated."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from cms.models import Accountability, Duty, PowerItem
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def sheet(client: Any, item: PowerItem) -> str:
    return client.get(item.get_absolute_url()).text


def test_it_works(client: Any) -> None:
    item = making.draft_item(
        power_source="entrusted", penalty_acts="擅自占用道路", department_duty="管理市容",
        accountability_scope="局领导和承办人", promised_note="随到随办", ends_on=dt.date(2030, 1, 2),
    )  # fmt: skip
    item.duties.add(Duty(text="立案审查", basis="《条例》第五条"))
    item.accountabilities.add(Accountability(text="应当立案不立案", basis="《条例》第六条"))
    said = sheet(client, making.publish(item))
    for word in (
        *("上级委托", "擅自占用道路", "管理市容", "局领导和承办人", "随到随办"),
        *("《条例》第五条", "《条例》第六条", "2030 年 1 月 2 日"),
    ):
        assert word in said, word


def test_free_is_not_the_same_as_not_stated(client: Any) -> None:
    licence = making.Category.objects.get(code="licence")
    silent = sheet(client, making.item("没有写的", category=licence))
    free = sheet(client, making.item("写明不收费的", category=licence, no_fees=True))
    fees = silent[silent.index("<dt>收费</dt>") :][:120]
    assert "部门未公布" in fees
    assert "部门未公布" in silent[silent.index("<dt>要带什么</dt>") :][:120]
    assert "不收费" in free[free.index("<dt>收费</dt>") :][:60]


def test_main_item_and_sub_items_lead_to_each_other(client: Any) -> None:
    main = making.item("办学审批")
    sub = making.item("办学审批（设立）", parent_name="办学审批")
    linked = making.item("别的名称", parent_item=main)
    draft = making.draft_item("没有公开的子项", parent_name="办学审批")
    draft.save()
    said = sheet(client, main)
    assert sub.get_absolute_url() in said
    assert linked.get_absolute_url() in said
    assert "没有公开的子项" not in said
    assert f'<a href="{main.get_absolute_url()}">办学审批</a>' in sheet(client, sub)
    elsewhere = making.item(
        "外单位的子项", parent_name="办学审批", organisation=making.organisation("77", "别的局")
    )
    assert elsewhere.get_absolute_url() not in sheet(client, main)


def test_what_has_ended_leads_to_what_follows(client: Any) -> None:
    after = making.item("承接的事项")
    old = making.item("取消的事项", in_force="cancelled", successor=after, ends_on=dt.date(2020, 5, 6))
    said = sheet(client, old)
    assert after.get_absolute_url() in said
    assert "2020 年 5 月 6 日" in said
    PowerItem.objects.filter(pk=after.pk).update(live=False)
    assert "承接的事项" not in sheet(client, PowerItem.objects.get(pk=old.pk))
