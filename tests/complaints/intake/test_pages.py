"""The reporter's pages in Chromium: no violation of axe, nothing wider than 320 px, no script needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from complaints.intake import services
from complaints.vault import tips
from tests.support import sound

from .conftest import RECEIPT, make_site

SIZES = [{"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640}]
ANSWERS = {"subject": "窗口多收钱", "narrative": "每办一件多收五十元。", "respondents-0-name": "张某"}


@pytest.fixture
def browser(windowless: Any) -> Any:
    """Each step is waited for."""
    return windowless


def _press(page: Any, name: str = "go") -> None:
    """A button that leads on; returns on the page after it."""
    with page.expect_navigation():
        page.locator(f"button[name={name}]").first.click()


def _answer(page: Any) -> None:
    """Fills what is known and takes the first of the radios, then goes on."""
    for name, value in ANSWERS.items():
        if page.locator(f'[name="{name}"]').count():
            page.fill(f'[name="{name}"]', value)
    if page.locator("input[type=radio]").count() and not page.locator("input[type=radio]:checked").count():
        page.locator("input[type=radio] + label").first.click()
    _press(page)


def _stations(page: Any, prefix: str) -> Iterator[str]:
    """Stands on each page once; yields its name."""
    page.goto(f"{prefix}/report/")
    yield "start"
    _press(page)
    for key in ("category", "region", "what", "who", "office", "files", "identity"):
        yield key
        if key in ("category", "what", "identity"):
            _press(page)
            yield f"{key} with errors"
        if key == "files":
            page.set_input_files("#attachments", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
            _press(page, "upload")
            yield "files with one"
        _answer(page)
    yield "check"
    _press(page)
    yield "sent"
    page.goto(f"{prefix}/report/return/")
    yield "return"
    page.fill("#receipt", "123")
    _press(page)
    yield "return with errors"
    for path in ("nonsense", "category"):
        page.goto(f"{prefix}/report/{path}/")
        yield path


def _report_from(page: Any) -> str:
    return RECEIPT.search(page.locator(".digits").inner_text())[0]  # type: ignore[index]


def _wide(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


@pytest.mark.once
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_axe_and_320_px(page: Any, cheap_kdf: None, prefix: str) -> None:
    site = make_site()
    problems: list[Any] = []

    def look(name: str) -> None:
        for size in SIZES:
            page.set_viewport_size(size)
            if _wide(page) > size["width"]:
                problems.append((name, "wider than the window", size["width"], _wide(page)))
        problems.extend((name, problem) for problem in sound.axe(page))

    receipt = ""
    for name in _stations(page, prefix):
        look(name)
        if name == "sent":
            receipt = _report_from(page)
    tip = site.cast.root.tips.get() if site.cast.root.tips.exists() else site.cast.lower.tips.get()
    seed = site.cast.seed(tip.office, "chief" if tip.office == site.cast.root else "head")
    services.add_message(
        tip=tip,
        keys=tips.open_as_office(tip_uuid=tip.uuid, office_seed=seed),
        author="office",
        text="请问是哪一天？",
        signer=seed,
    )
    page.goto(f"{prefix}/report/return/")
    page.fill("#receipt", receipt)
    _press(page)
    look("view")
    _press(page)
    look("view with errors")
    assert problems == []


def test_without_javascript(page_nojs: Any, cheap_kdf: None) -> None:
    make_site()
    seen = list(_stations(page_nojs, ""))
    assert "sent" in seen


def test_quick_exit_is_a_plain_link(page_nojs: Any, cheap_kdf: None) -> None:
    make_site()
    page_nojs.goto("/report/")
    assert page_nojs.locator(".exit a").get_attribute("href") == "/report/leave/"
