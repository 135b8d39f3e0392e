"""What one person wrote another one lets out: in the workflow, by the button, many at once, and on pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from cms import setup
from cms.models import ArticlePage, PowerItem, ReviewTask, SectionPage
from cms.publishing.four_eyes import is_own
from tests.cms import making
from tests.cms.test_admin import power_form, url, without_second_factor  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed", "without_second_factor")]


def person(name: str, group: str) -> Client:
    user = get_user_model().objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def editor() -> Client:
    return person("editor", setup.EDITORS)


@pytest.fixture
def approver() -> Client:
    return person("approver", setup.MODERATORS)


@pytest.fixture
def other() -> Client:
    return person("other", setup.MODERATORS)


def write(client: Client, *, how: str) -> PowerItem:
    client.post(url(PowerItem, "add"), power_form() | {how: "1"})
    return PowerItem.objects.get()


def approve(client: Client, item: PowerItem) -> Any:
    state = item.current_workflow_task_state
    return client.post(url(PowerItem, "workflow_action", item.pk, "approve", state.pk))


def is_live(item: PowerItem) -> bool:
    return PowerItem.objects.get(pk=item.pk).live


def test_it_works(editor: Client, approver: Client) -> None:
    making.organisation()
    item = write(editor, how="action-submit")
    assert not is_live(item)
    approve(approver, item)
    assert is_live(item)


def test_the_button_keeps_a_draft_of_ones_own(approver: Client, other: Client) -> None:
    making.organisation()
    item = write(approver, how="action-publish")
    assert not is_live(item)
    approver.post(url(PowerItem, "edit", item.pk), power_form() | {"action-publish": "1"})
    assert not is_live(item)
    approver.post(url(PowerItem, "edit", item.pk), power_form() | {"action-submit": "1"})
    approve(other, PowerItem.objects.get(pk=item.pk))
    assert is_live(item)


def test_nobody_approves_what_they_submitted(approver: Client, other: Client) -> None:
    making.organisation()
    item = write(approver, how="action-submit")
    approve(approver, item)
    assert not is_live(item)
    approve(other, item)
    assert is_live(item)


def test_who_changes_a_draft_has_written_it(editor: Client, approver: Client, other: Client) -> None:
    making.organisation()
    item = write(editor, how="action-submit")
    changed = power_form() | {"name": "改过的名称"}
    approver.post(url(PowerItem, "edit", item.pk), changed)
    approve(approver, PowerItem.objects.get(pk=item.pk))
    assert not is_live(item)
    at_once = changed | {"action-workflow-action": "1", "workflow-action-name": "approve"}
    approver.post(url(PowerItem, "edit", item.pk), at_once)
    assert not is_live(item)
    approve(other, PowerItem.objects.get(pk=item.pk))
    assert is_live(item)


def test_a_change_in_the_breath_of_an_approval(editor: Client, approver: Client) -> None:
    making.organisation()
    item = write(editor, how="action-submit")
    at_once = power_form() | {
        "name": "批准时改的",
        "action-workflow-action": "1",
        "workflow-action-name": "approve",
    }
    approver.post(url(PowerItem, "edit", item.pk), at_once)
    assert not is_live(item)


def test_another_publishes_a_draft_unchanged_by_the_button(editor: Client, approver: Client) -> None:
    making.organisation()
    item = write(editor, how="action-save")
    same = {
        "legal_bases-INITIAL_FORMS": "1",
        "legal_bases-0-id": str(item.legal_bases.get().pk),
        "code": item.code,
    }
    approver.post(url(PowerItem, "edit", item.pk), power_form() | same | {"action-publish": "1"})
    assert is_live(item)


def test_a_copy_is_no_way_round(approver: Client) -> None:
    page = making.article("已公开的")
    data = {
        "new_title": "副本",
        "new_slug": "copy",
        "publish_copies": "on",
        "new_parent_page": page.get_parent().pk,
    }
    approver.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data)
    assert not ArticlePage.objects.filter(title="副本", live=True).exists()


def test_pages(approver: Client, other: Client) -> None:
    section = SectionPage.objects.get(slug="notices", locale__language_code="zh-hans")
    page = making.article("草稿", live=False)
    page.lede = "审批人自己写的"
    page.save_revision(user=get_user_model().objects.get(username="approver"))
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    approver.post(f"{bulk}?id={page.pk}")
    assert not ArticlePage.objects.get(pk=page.pk).live
    other.post(f"{bulk}?id={page.pk}")
    assert ArticlePage.objects.get(pk=page.pk).live
    assert section.live


def test_after_publication_all_begin_anew(editor: Client, approver: Client) -> None:
    making.organisation()
    item = write(editor, how="action-submit")
    approve(approver, item)
    item = PowerItem.objects.get()
    assert not is_own(get_user_model().objects.get(username="editor"), item)


def test_an_older_site_gets_the_second_pair(approver: Client) -> None:
    workflow = Workflow.objects.get(name=setup.WORKFLOW)
    ReviewTask.objects.all().delete()
    task = GroupApprovalTask.objects.create(name=setup.WORKFLOW)
    WorkflowTask.objects.create(workflow=workflow, task=task)
    setup._workflow(Group.objects.get(name=setup.MODERATORS), SectionPage.get_first_root_node())
    assert [type(each.specific) for each in workflow.tasks] == [ReviewTask]
