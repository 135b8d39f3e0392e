"""An editor changes what reporters are asked, in a browser; the reporter's has no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from accounts.models import User
from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory

from complaints.intake import defaults
from complaints.intake.models import Category, Question
from tests.support import cities


@pytest.fixture
def visit(committed_site: Any, browser: Any, live_server: Any, settings: Any) -> Iterator[Any]:
    """visit(script=…, client=…) → a page of a browser of its own, with the cookies of `client`."""
    settings.RATELIMIT_ENABLE = False
    cities.wagtail_root()
    contexts = []

    def visit(*, script: bool = True, client: Client | None = None) -> Any:
        context = browser.new_context(java_script_enabled=script, base_url=live_server.url, locale="zh-CN")
        context.set_default_timeout(15_000)
        contexts.append(context)
        if client is not None:
            cookies = [{"name": c.key, "value": c.value} for c in client.cookies.values()]
            context.add_cookies([{**cookie, "url": live_server.url} for cookie in cookies])
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()


def editor() -> Client:
    """Somebody of the editors' group, logged in."""
    group = Group.objects.get_or_create(name=defaults.EDITORS[0])[0]
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    defaults.install()  # gives the group its rights
    user = User.objects.create(username="ed", is_staff=True, language="zh-hans")
    user.groups.add(group)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    request = RequestFactory().get("/admin/")
    request.user, request.session = user, client.session
    record_authentication(request, user, method="mfa", type="totp")
    request.session.save()
    return client


def begin(page: Any, category: str) -> None:
    """A new report of this category, up to what comes after it."""
    page.goto("/report/")
    page.locator("main button[name=go]").first.click()
    page.locator(f"label[for=category-{category}]").click()
    page.locator("main button[name=go]").first.click()


def heading(page: Any) -> str:
    """What is asked."""
    return str(page.locator("main h1").inner_text()).strip()


def test_an_editor_changes_question_stop_and_condition(visit: Any) -> None:
    asked = {}
    for category in ("neglect", "charging", "subsidy"):
        reporter = visit(script=False)
        begin(reporter, category)
        asked[category] = heading(reporter)
    assert len(set(asked.values())) == 3, "three categories, three first questions"
    stops = Category.objects.exclude(stop_message="")
    assert stops.exists(), "and one message that ends the way here"
    reporter = visit(script=False)
    begin(reporter, stops[0].code)
    assert stops[0].stop_message[:10] in reporter.locator("main").inner_text()

    question = Question.objects.get(code="charging-paper")
    page = visit(client=editor())
    page.goto(f"/admin/snippets/intake/question/edit/{question.pk}/")
    page.fill("#id_text", "交钱以后拿到票了吗？")
    last = question.choices.count() - 1
    page.locator(f"[name=choices-{last}-stop_message]").fill("还没有交钱的，请先拨打 12345 问清标准。")
    page.locator("button.action-save").first.click()
    page.wait_for_url("**/admin/snippets/intake/question/")

    reporter = visit(script=False)
    begin(reporter, "charging")
    assert heading(reporter) == "交钱以后拿到票了吗？" != asked["charging"]
    rows = list(question.choices.order_by("sort_order", "id"))
    reporter.locator(f"label[for=q-charging-paper-{rows[-1].pk}]").click()
    reporter.locator("main button[name=go]").first.click()
    assert "请先拨打 12345 问清标准" in reporter.locator("main").inner_text()
    reporter.goto("/report/q-charging-paper/")
    reporter.locator(f"label[for=q-charging-paper-{rows[0].pk}]").click()
    reporter.locator("main button[name=go]").first.click()
    assert heading(reporter) == Question.objects.get(code="charging-amount").text, "the condition still holds"
