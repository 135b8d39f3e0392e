"""Bulk actions: by a worker, item by item, with everything that one item by hand would meet."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from ledger.models import Event

from cms import setup
from cms.models import BulkJob, BulkRow, Category, PowerItem, Responsibility
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
Result = BulkRow.Result


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


def person(name: str, group: str = setup.MODERATORS) -> Client:
    user = get_user_model().objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.user = user
    return client


def url(action: str, ids: list[Any], following: str = "") -> str:
    path = reverse("wagtail_bulk_action", args=["cms", "poweritem", f"qf-{action}"])
    return f"{path}?{urlencode([('id', key) for key in ids] + [('next', following)])}"


def ask(client: Client, action: str, items: list[PowerItem], **data: Any) -> BulkJob:
    """The job that a posted confirmation makes; nothing is done in the request."""
    answer = client.post(url(action, [item.pk for item in items]), data)
    assert answer.status_code == 302
    job = BulkJob.objects.latest("pk")
    assert answer.url == reverse("bulk_job", args=[job.pk])
    assert set(job.rows.values_list("result", flat=True)) == {Result.WAITING}
    return job


def came_of(job: BulkJob) -> list[tuple[str, str]]:
    return list(job.rows.order_by("pk").values_list("result", "note"))


def changed(item: PowerItem, user: Any) -> PowerItem:
    """The same item with a draft of that person's."""
    item.remarks = "改过的备注"
    item.save_revision(user=user)
    return PowerItem.objects.get(pk=item.pk)


def test_a_draft_is_published_by_another_than_who_wrote_it(run_outbox: Any) -> None:
    one, other = person("a"), person("b")
    items = [changed(making.item("甲"), one.user), changed(making.item("乙"), other.user), making.item("丙")]
    before = Event.objects.filter(kind="published").count()
    job = ask(other, "publish", items)
    assert "progress" in other.get(reverse("bulk_job", args=[job.pk])).content.decode()
    run_outbox()
    results = came_of(job)
    assert [result for result, _note in results] == [Result.DONE, Result.REFUSED, Result.REFUSED]
    assert "另一个人" in results[1][1]
    assert [PowerItem.objects.get(pk=item.pk).remarks for item in items] == ["改过的备注", "", ""]
    events = Event.objects.filter(kind="published", actor=f"user:{other.user.pk}")
    assert events.count() == Event.objects.filter(kind="published").count() - before == 1
    page = other.get(reverse("bulk_job", args=[job.pk])).content.decode()
    assert "progress id" not in page
    assert "另一个人" in page
    state = other.get(reverse("bulk_state", args=[job.pk])).json()
    assert state == {"busy": False, "written": 3, "of": 3}
    assert one.get(reverse("bulk_job", args=[job.pk])).status_code == 404


def test_what_is_withdrawn_says_why(client: Any, run_outbox: Any) -> None:
    boss, items = person("a"), [making.item("甲"), making.item("乙")]
    assert 'name="reason"' in boss.get(url("withdraw", [item.pk for item in items])).text
    assert boss.post(url("withdraw", [items[0].pk]), {"reason": ""}).status_code == 200
    assert not BulkJob.objects.exists()
    job = ask(boss, "withdraw", items, reason="机构改革")
    run_outbox()
    assert {result for result, _note in came_of(job)} == {Result.DONE}
    for item in items:
        gone = client.get(item.get_absolute_url())
        assert gone.status_code == 410
        assert "机构改革" in gone.content.decode()
    assert Event.objects.filter(kind="withdrawn").count() == 2


def test_a_new_category_is_a_draft_until_another_publishes_it(run_outbox: Any) -> None:
    editor, boss = person("ed", setup.EDITORS), person("a")
    items, wanted = [making.item("甲"), making.item("乙")], Category.objects.get(code="licence")
    job = ask(editor, "category", items, category=wanted.pk)
    run_outbox()
    assert {result for result, _note in came_of(job)} == {Result.DONE}
    assert {item.category.code for item in PowerItem.objects.all()} == {"penalty"}
    ask(boss, "publish", items)
    run_outbox()
    assert {item.category.code for item in PowerItem.objects.all()} == {"licence"}


def test_nobody_reaches_past_their_organisations_or_rights(run_outbox: Any) -> None:
    own, other = making.organisation(), making.organisation("9901-JT", "交通局")
    items = [making.item("甲", organisation=own), making.item("乙", organisation=other)]
    boss, editor = person("a"), person("ed", setup.EDITORS)
    for user in (boss.user, editor.user):
        Responsibility.objects.create(user=user, organisation=own)
    assert editor.post(url("withdraw", [items[0].pk]), {"reason": "试"}).status_code in (302, 403)
    boss.post(url("withdraw", [items[1].pk]), {"reason": "试"})
    assert not BulkJob.objects.exists()
    assert boss.post(url("organisation", [items[0].pk]), {"organisation": other.pk}).status_code == 200
    assert "乙" not in boss.get(url("withdraw", ["all"])).content.decode()
    assert "甲" not in boss.get(url("withdraw", ["all"], "/admin/?category=1")).content.decode()
    job = ask(boss, "withdraw", items, reason="试")
    assert [row.item for row in job.rows.all()] == items[:1]
    Responsibility.objects.filter(user=boss.user).update(organisation=other)  # before the worker comes
    run_outbox()
    assert [result for result, _note in came_of(job)] == [Result.REFUSED]
    assert PowerItem.objects.disclosed().count() == 2


def test_past_jobs_are_listed_for_who_asked_for_them(run_outbox: Any) -> None:
    one, other = person("a"), person("b")
    assert "还没有批量操作" in one.get(reverse("bulk_jobs")).text
    job = ask(one, "withdraw", [making.item("甲"), making.item("乙")], reason="重复")
    run_outbox()
    assert reverse("bulk_job", args=[job.pk]) in one.get(reverse("bulk_jobs")).text
    assert "<td>2</td><td>0</td><td>0</td>" in one.get(reverse("bulk_jobs")).text
    assert reverse("bulk_job", args=[job.pk]) not in other.get(reverse("bulk_jobs")).text
    other.user.is_superuser = True
    other.user.save()
    assert reverse("bulk_job", args=[job.pk]) in other.get(reverse("bulk_jobs")).text
    assert reverse("bulk_jobs") in one.get(reverse("wagtailsnippets_cms_poweritem:list")).text


def test_the_list_of_jobs_costs_as_much_for_fifty_as_for_one(django_assert_max_num_queries: Any) -> None:
    one, item = person("a"), making.item("甲")
    for _n in range(12):
        BulkRow.objects.create(job=BulkJob.objects.create(kind="publish", by=one.user), item=item)
    one.get(reverse("bulk_jobs"))
    with django_assert_max_num_queries(20):
        one.get(reverse("bulk_jobs"))
