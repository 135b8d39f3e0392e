"""The public search in a browser: with scripts what they add, and without them all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from search import documents
from search.engines import disclosures
from search.engines.base import EngineDown
from tests.search.sources import Shelf


@pytest.fixture
def visit(
    transactional_db: None, live_server: Any, browser: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Opens pages on a site that publishes four things."""
    settings.ELASTICSEARCH_URL, settings.RATELIMIT_ENABLE = "", False
    power, case = Shelf("power", "权责事项"), Shelf("case", "典型案例")
    power.put(1, "对占用城市道路的处罚", "处五百元以上罚款", facets={"category": ["CF"], "body": ["交通局"]})
    power.put(2, "临时占用道路许可", "申请", facets={"category": ["XK"], "body": ["城管局"]})
    case.put(1, "违规占用道路收费", "退还", facets={"body": ["城管局"]})
    for shelf in (power, case):  # pages that exist
        shelf.documents = {
            id: type(d)(**{**d.__dict__, "url": f"/search/?q={d.title}"}) for id, d in shelf.documents.items()
        }
    monkeypatch.setattr(documents, "_sources", {"power": power, "case": case})
    disclosures().index([*power.iterate(), *case.iterate()])
    disclosures().mark_whole()
    contexts = []

    def open_page(*, script: bool) -> Any:
        context = browser.new_context(base_url=live_server.url, java_script_enabled=script, locale="zh-CN")
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def status(page: Any) -> str:
    return " ".join(page.locator("[role=status]").first.inner_text().split())


def test_words_facets_empty_relaxed_and_error_without_scripts(
    visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(script=False)
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto("/search/")
    assert not page.locator(".sugg").count()
    page.locator("#q").fill("占用道路")
    page.locator("form[role=search] .find-in button").click()
    assert "找到 2 项" in status(page)
    assert page.locator(".hits mark").first.inner_text() == "占用道路"
    assert page.locator("label[for=kind0] .n").inner_text() == "1"
    page.locator("label[for=kind0]").click()
    page.get_by_role("button", name="按所选条件筛选").click()
    assert "找到 1 项" in status(page)
    assert "kind=" in page.url
    page.locator(".chip-x").first.click()
    assert "找到 2 项" in status(page)

    page.goto("/search/?q=占用&from=1990-01-01&to=1990-12-31")
    assert "没有找到“占用”" in status(page)
    assert page.locator("#from").input_value() == "1990-01-01"
    page.goto("/search/?q=占用道路的飞船")
    assert "没有一项含有“占用道路的飞船”的全部字词" in page.locator("main").inner_text()
    page.goto("/search/?q=龘靐齉")
    assert "没有找到“龘靐齉”" in status(page)
    page.goto("/search/?q=城市道璐")
    page.get_by_role("link", name="城市道路", exact=True).click()
    assert "找到 1 项" in status(page)
    page.goto("/en/search/?q=占用")
    assert page.evaluate("document.documentElement.lang") == "en"

    def down(*_a: Any, **_k: Any) -> Any:
        raise EngineDown("down")

    with monkeypatch.context() as broken:
        broken.setattr(type(disclosures()), "search", down)
        answer = page.goto("/search/?q=占用")
        assert answer.status == 503
        assert "现在不能搜索" in page.locator("[role=alert]").inner_text()
        assert page.locator("#q").input_value() == "占用"


def test_suggestions_while_typing(visit: Any) -> None:
    page, told = visit(script=True), []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.goto("/search/")
    page.locator("#q").press_sequentially("占用")
    first = page.locator(".sugg a").first
    first.wait_for()
    assert page.locator(".sugg a").count() == 3
    assert "占用" in first.inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".sugg").is_visible()
    page.locator("#q").press_sequentially("城市")
    first.wait_for()
    assert page.locator(".sugg a").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past the button
    assert page.evaluate("document.activeElement.textContent") == "对占用城市道路的处罚"
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    assert "找到 1 项" in status(page)
    assert told == []
