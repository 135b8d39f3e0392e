"""The admin: each register is listed, opened, saved with gaps, refused with gaps, published, previewed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, Workflow, WorkflowContentType
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from cms import setup
from cms.models import Benchmark, Flowchart, Law, Organisation, PowerItem, PublishedVersion
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture(autouse=True)
def without_second_factor(settings: Any):
    """What a session must show to enter is tested with accounts; here everybody is in."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "mfa_required" not in m]


@pytest.fixture
def boss(client):
    user = get_user_model().objects.create(username="boss", is_superuser=True, is_staff=True)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def editor(client):
    user = get_user_model().objects.create(username="ed", is_staff=True)
    user.groups.add(Group.objects.get(name=setup.EDITORS))
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def url(model: Any, view: str, *args: Any) -> str:
    return reverse(f"wagtailsnippets_cms_{model._meta.model_name}:{view}", args=args)


def power_form(item: PowerItem | None = None, *, basis: str = "《条例》第一条") -> dict[str, Any]:
    empty = inline_formset([])
    data = {
        "name": "对乱堆物料的处罚",
        "organisation": making.organisation().pk,
        "category": making.Category.objects.get(code="penalty").pk,
        "in_force": "current",
        "legal_bases": inline_formset([{"text": basis}] if basis else [], min=1 if basis else 0),
    }
    for name in ("handling_units", "materials", "fees", "duties", "accountabilities"):
        data[name] = empty
    return nested_form_data(data)


@pytest.mark.parametrize("model", [PowerItem, Flowchart, Benchmark, Organisation, Law])
def test_it_works(boss, model):
    assert boss.get(url(model, "list")).status_code == 200
    assert boss.get(url(model, "add")).status_code == 200


def test_lists_and_forms_with_rows(boss):
    item = making.item()
    chart = making.publish(making.draft_chart(item))
    benchmark = making.publish(making.draft_benchmark(item))
    for record in (item, chart, benchmark, item.organisation):
        page = boss.get(url(type(record), "list"))
        assert str(record) in page.content.decode()
        assert boss.get(url(type(record), "edit", record.pk)).status_code == 200
        assert boss.get(url(type(record), "history", record.pk)).status_code == 200


def test_a_draft_may_have_gaps_and_publishing_may_not(boss):
    data = power_form(basis="") | {"name": "只有名字", "organisation": "", "category": ""}
    boss.post(url(PowerItem, "add"), data)
    draft = PowerItem.objects.get()
    assert (draft.live, draft.code) == (False, "")
    refused = boss.post(url(PowerItem, "edit", draft.pk), data | {"action-publish": "1"})
    assert refused.status_code == 200
    assert not PowerItem.objects.get().live
    boss.post(url(PowerItem, "add"), power_form() | {"action-publish": "1"})
    published = PowerItem.objects.get(live=True)
    assert published.code == "9901-CG-CF-0001"
    version = PublishedVersion.objects.of(published).get()
    assert version.actor == f"user:{get_user_model().objects.get(username='boss').pk}"


def test_a_tier_outside_the_range_is_named_in_the_form(boss):
    empty = {"minimum": "", "maximum": "", "multiple_min": "", "multiple_max": "", "base": ""}
    row = {"degree": "ordinary", "amount_kind": "range", "min_inclusive": "on", "conditions": "x"}
    tiers = [{"name": "从重", "minimum": "300", "maximum": "900", **row}]
    data = nested_form_data(
        {
            "title": "基准",
            "act": "行为",
            "amount_kind": "range",
            **empty,
            "minimum": "100",
            "maximum": "500",
            "tiers": inline_formset(tiers),
        }
    )
    response = boss.post(url(Benchmark, "add"), data | {"action-publish": "1"})
    assert response.status_code == 200
    assert "阶次“从重”超出法定幅度" in response.content.decode()
    assert not Benchmark.objects.filter(live=True).exists()


def test_what_was_published_is_not_deleted(boss):
    item, page = making.item(), making.article()
    boss.post(url(PowerItem, "delete", item.pk))
    boss.post(reverse("wagtailadmin_pages:delete", args=[page.pk]))
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    boss.post(f"{bulk}?id={page.pk}")
    assert PowerItem.objects.filter(pk=item.pk).exists()
    assert Page.objects.filter(pk=page.pk).exists()
    draft = making.draft_item("草稿")
    draft.save()
    boss.post(url(PowerItem, "delete", draft.pk))
    assert not PowerItem.objects.filter(pk=draft.pk).exists()


def test_editors_write_and_do_not_publish(editor):
    making.organisation()
    editor.post(url(PowerItem, "add"), power_form() | {"action-publish": "1"})
    assert not PowerItem.objects.filter(live=True).exists()
    root = Page.get_first_root_node()
    actions = GroupPagePermission.objects.filter(page=root, group__name=setup.EDITORS)
    assert set(actions.values_list("permission__codename", flat=True)) == {"add_page", "change_page"}
    assert Workflow.objects.filter(name=setup.WORKFLOW).count() == 1
    assert WorkflowContentType.objects.count() == len(setup.REGISTERS)


def test_the_preview_shows_the_draft(boss):
    item = making.item()
    path = url(PowerItem, "preview_on_edit", item.pk)
    data = power_form() | {"name": "改过的名字", "code": item.code}
    assert boss.post(path, data).json() == {"is_valid": True, "is_available": True}
    response = boss.get(path)
    assert response.status_code == 200
    assert "改过的名字" in response.content.decode()


def test_a_list_asks_a_bounded_number_of_questions(boss, django_assert_max_num_queries):
    for n in range(8):
        making.item(f"事项{n}")
    boss.get(url(PowerItem, "list"))
    with django_assert_max_num_queries(60):
        boss.get(url(PowerItem, "list"))
