"""Our own views in the admin, in both languages: axe finds nothing, and each of their templates is drawn.

Pages that are wholly ours are looked at whole; of Wagtail's own pages the parts that we put there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from accounts.models import User
from django.urls import reverse

from cms.models import CaseOutcomePage, Flowchart, ImportBatch, PowerItem
from tests.cms import making
from tests.cms.importing.making import HEADER, row, workbook
from tests.support import sound, templates
from tests.support.cities import City, reopen, sign_in, worker

OURS = Path(__file__).resolve().parents[2] / "cms" / "templates"


class Desk:
    """One person's browser in the admin, and what was wrong with what it showed.

    Chinese in a large window, English, whose words are longer, in a narrow one.
    """

    def __init__(self, page: Any, account: dict[str, str], *, wide: bool) -> None:
        self.page, self.problems, self.wide = page, list[str](), wide
        page.set_viewport_size(sound.WIDE if wide else sound.NARROW)
        page.set_default_timeout(60_000)
        sign_in(page, account)

    def look(self, name: str, has: str, *, within: str = "") -> None:
        """Axe on the open page; `has` shows that it is the page that was meant."""
        self.page.locator(has).first.wait_for()
        # Wagtail's own word on what was done fades in over seconds.
        self.page.evaluate("document.querySelectorAll('.messages').forEach(each => each.remove())")
        found = sound.axe(self.page, colours=self.wide, within=within)
        self.problems += [f"{name} ({self.page.viewport_size['width']}): {problem}" for problem in found]

    def at(self, path: str, has: str, *, within: str = "") -> None:
        self.page.goto(path)
        self.look(path, has, within=within)

    def press(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()


def uploaded(desk: Desk, path: Path) -> str:
    """The address of a batch that was just uploaded and read."""
    page = desk.page
    page.goto("/admin/imports/upload/")
    page.locator("[name=organisation]").select_option(index=1)
    page.set_input_files("[name=files]", str(path))
    desk.press("main form[enctype] button.button, form[action$='/imports/upload/'] button.button")
    desk.look("batch, being read", "#busy")
    address = page.url
    worker()
    reopen(page, address)
    return str(address)


def imports(editor: Desk, approver: Desk, folder: Path, word: str) -> None:
    """A workbook without a header, one with rows that say nothing, handed over, approved, listed."""
    editor.at(reverse("import_upload"), "[name=files]")
    refused = workbook(folder / "none.xlsx", [["说明", "没有表头"], ["一", "二"]])
    uploaded(editor, refused)
    editor.look("batch, refused", "[role=alert]")
    rows = [row(n, f"{word}{n}号许可") for n in range(1, 4)]
    path = workbook(folder / "list.xlsx", [["权责清单"], HEADER, *rows, [9, "", "", "", "没有名称的一行"]])
    address = uploaded(editor, path)
    editor.look("batch, read", "#columns")
    box = editor.page.locator("[name=accept_rejected]")
    if box.count():
        box.check()
    editor.press("form[action$='/hand-over/'] button")
    editor.look("batch, handed over", "#next")
    approver.at("/admin/", "#work-list", within="section[aria-labelledby=work-list]")
    approver.at(address, "form[action$='/approve/']")
    approver.press("form[action$='/approve/'] button")
    approver.look("batch, approved", "#busy")
    worker()
    reopen(approver.page, address)
    approver.look("what became of it", "form[action$='/undo/']:not(:visible), summary")
    approver.at(reverse("wagtailsnippets_cms_importbatch:list"), "td.title", within="table.listing")


def bulk(approver: Desk, word: str) -> None:
    """The question of each bulk action, and one job from beginning to end."""
    keys = PowerItem.objects.filter(name__startswith=word).values_list("pk", flat=True)
    query = urlencode([("id", key) for key in keys] + [("next", "/admin/snippets/cms/poweritem/")])
    for action in ("qf-category", "qf-organisation", "qf-publish", "qf-withdraw"):
        path = reverse("wagtail_bulk_action", args=["cms", "poweritem", action])
        approver.at(f"{path}?{query}", "main form button, form button.button")
    approver.at(f"{path}?next=/admin/", "a, button")
    approver.page.goto(f"{path}?{query}")
    approver.page.fill("[name=reason]", "演示")
    approver.press("form[method=post] button.button")
    approver.look("bulk job, begun", "#bulk-progress")
    address = approver.page.url
    worker()
    reopen(approver.page, address)
    approver.look("what became of it", "table.listing td")
    approver.at(reverse("bulk_jobs"), "table.listing td")


def flows(editor: Desk) -> None:
    """Charts from files, refused and asked for; the preview beside the rows of one."""
    editor.at(reverse("flow_bpmn_import"), "[type=file]")
    wrong = {"name": "a.bpmn", "mimeType": "application/xml", "buffer": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}
    editor.page.set_input_files("[type=file]", wrong)
    required = editor.page.locator("select[required]")
    for n in range(required.count()):
        required.nth(n).select_option(index=1)
    for n in range((texts := editor.page.locator("main input[type=text][required]")).count()):
        texts.nth(n).fill("test")
    editor.press(f"form[action='{reverse('flow_bpmn_import')}'] button.button")
    editor.look("chart, refused", "[role=alert], .error-message")
    chart = Flowchart.objects.order_by("pk").first()
    path = reverse("wagtailsnippets_cms_flowchart:edit", args=[chart.pk])
    editor.at(path, ".qf-preview svg", within=".qf-preview")


def cases(approver: Desk) -> None:
    """What is due, on the first page."""
    page = CaseOutcomePage.objects.exclude(publish_due=None).order_by("pk").first()
    rows = CaseOutcomePage.objects.filter(pk=page.pk)
    rows.update(first_published_at=None)
    approver.at("/admin/", "#due-cases", within="section[aria-labelledby=due-cases]")
    rows.update(first_published_at=page.first_published_at)


@contextmanager
def administrator_of_the_site(username: str) -> Iterator[None]:
    """What the demo has nobody for."""
    User.objects.filter(username=username).update(is_superuser=True)
    yield
    User.objects.filter(username=username).update(is_superuser=False)


def incident(administrator: Desk, word: str) -> None:
    """A text that should not have been published: nothing said, looked for, taken out."""
    making.item(f"{word}误公开", remarks=f"{word}的电话")
    administrator.at(reverse("erase"), "[name=texts]")
    administrator.page.fill("[name=texts]", f"{word}的电话")
    administrator.page.fill("[name=reason]", f"{word}的电话不该公开")
    administrator.press(f"form[action='{reverse('erase')}'] button.button")
    administrator.look("incident, a reason with the text", "[role=alert]")
    administrator.page.fill("[name=reason]", "误公开")
    administrator.press(f"form[action='{reverse('erase')}'] button.button")
    administrator.look("incident, found", "[name=confirm]")
    administrator.press("[name=confirm]")
    administrator.look("incident, done", ".help-warning")


@pytest.fixture
def browser(windowless: Any) -> Any:
    """Dozens of pages are looked at."""
    return windowless


@pytest.mark.once
@pytest.mark.parametrize(("language", "word"), [("zh-CN", "犀角螺钿"), ("en-GB", "青花瓷瓶")])
def test_every_view_of_ours(visit: Any, city: City, tmp_path: Path, language: str, word: str) -> None:
    accounts = {account["username"]: account for account in city.accounts}
    worker()
    with templates.drawn() as seen:
        editor, approver = (
            Desk(visit(language=language), accounts[name], wide=language == "zh-CN")
            for name in ("editor", "moderator")
        )
        imports(editor, approver, tmp_path, word)
        bulk(approver, word)
        flows(editor)
        cases(approver)
        with administrator_of_the_site("moderator"):
            incident(approver, word)
    problems = editor.problems + approver.problems
    assert not problems, "\n".join(problems)
    assert not templates.below(OURS) - seen
    assert ImportBatch.objects.filter(state=ImportBatch.State.REFUSED).exists()
