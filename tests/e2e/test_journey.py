"""From a published step to a closed case, and back to the one who reported: without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.cities import City, log_in
from tests.support.client import RECEIPT

ITEM = "9901-CG-CF-0147"
TEXT = {
    "zh": ("三号执法点先拍照后补单", "十二日下午，两名队员在玉兰桥下收走货架，第二天才补开扣押清单。"),
    "en": (
        "Goods taken before any list",
        "On 12 October two men took the rack at Magnolia Bridge.",
    ),
}
# Two words that stand in the text, in another order than there.
WORDS = {"zh": "扣押 玉兰桥", "en": "rack magnolia"}
ANSWER = {
    "zh": "一共三个货架，旁边的早点铺老板看见了。",
    "en": "Three racks. My neighbour saw it.",
}
RESULT = {
    "zh": "情况属实，货架已经退还，两名队员受到处理。",
    "en": "It is true. The racks are back.",
}


def press(page: Any, name: str = "go") -> None:
    page.locator(f"main button[name={name}]").first.click()


def choose(page: Any, box: str) -> None:
    """Clicks the label of a radio or checkbox: the first that `box` finds."""
    name = page.locator(box).first.get_attribute("id")
    page.locator(f"label[for='{name}']").click()


def report(page: Any, language: str) -> str:
    """From the item's page through every question; the receipt."""
    subject, narrative = TEXT[language]
    page.goto(f"{'/en' if language == 'en' else ''}/power/{ITEM}/")
    assert page.locator("svg").count(), "the flowchart is drawn"
    step = page.locator("ol.steps li", has=page.locator('a[href*="step=s2"]'))
    name = step.locator("h3").inner_text()
    step.locator('a[href*="step=s2"]').click()
    assert name in page.locator("main").inner_text(), "the first page says which step it is about"
    press(page)
    choose(page, "[name=category]")
    press(page)
    choose(page, "[name=region]")
    press(page)
    assert name in page.locator("main").inner_text()
    page.fill("[name=subject]", subject)
    page.fill("[name=narrative]", narrative)
    press(page)
    page.fill("[name=respondents-0-unit]", "玉兰桥中队")
    press(page)
    choose(page, "[name=concerns_office][value=no]")
    press(page)
    page.set_input_files(
        "#attachments", {"name": "清单.txt", "mimeType": "text/plain", "buffer": "补开的清单".encode()}
    )
    press(page)
    choose(page, "[name=identity_mode][value=anonymous]")
    press(page)
    read = page.locator("main").inner_text()
    assert all(words in read for words in (name, subject, narrative, "清单.txt"))
    press(page)
    found = RECEIPT.search(page.locator(".digits").inner_text())
    assert found is not None
    choose(page, "#ok")
    press(page)
    assert page.url.rstrip("/").endswith("/report")
    return found[0]


def work(page: Any, language: str) -> None:
    """The handler: finds it by two words, claims it, asks back."""
    page.fill("#dq", WORDS[language])
    page.press("#dq", "Enter")
    assert "words=" in page.url
    assert WORDS[language].split()[0] not in page.url, "no word of a search stands in an address"
    rows = page.locator("table.queue tbody tr")
    assert rows.count() == 1
    rows.locator("a").first.click()
    read = page.locator("main").inner_text()
    assert TEXT[language][1] in read
    assert "清单.txt" in read
    assert ITEM in read
    page.locator('form[action$="/claim/"] button').click()
    page.fill("[name=reply]", "一共几个货架？有没有别人看见？")
    choose(page, "[name=ask_back]")
    page.locator('form[action$="/reply/"] button').click()


def come_back(page: Any, receipt: str, language: str) -> Any:
    """Opens the return page with the receipt; what it says."""
    page.goto(f"{'/en' if language == 'en' else ''}/report/return/")
    page.fill("[name=receipt]", receipt)
    press(page)
    return page.locator("main")


def close(page: Any, approver: Any, tip: str, language: str) -> None:
    """The handler reads the answer and takes the case through the table of transitions to its end.

    How it is disposed of, an approver agrees to.
    """
    page.goto(tip)
    assert ANSWER[language] in page.locator("main").inner_text()
    for state in ("screening", "accepted", "disposing", "closed"):
        form = page.locator(f'form[action$="/state/"]:has(input[name=target][value={state}])')
        if state == "disposing":
            form.locator("[name=disposal]").select_option("check")
        if state == "closed":
            form.locator("[name=result]").fill(RESULT[language])
        form.locator("button").click()
        if state == "disposing":
            approver.goto(tip)
            approver.locator('form[action$="/answer/"] button[value=yes]').click()
            page.goto(tip)
    assert "办结" in page.locator(".work-h .row-chips").inner_text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_a_published_step_to_a_closed_case(city: City, visit: Any, language: str) -> None:
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    reporter = visit(script=False, language=locale)
    receipt = report(reporter, language)

    desk = visit(script=False)
    log_in(desk, city.account("handler", "-city"))
    work(desk, language)
    tip = re.sub(r"#.*", "", desk.url)

    back = visit(script=False, language=locale)
    page = come_back(back, receipt, language)
    assert "一共几个货架？有没有别人看见？" in page.inner_text()
    assert TEXT[language][1] in page.text_content(), "what was written is there to be read again"
    back.fill("[name=text]", ANSWER[language])
    press(back)
    assert ANSWER[language] in page.inner_text()

    approver = visit(script=False)
    log_in(approver, city.account("approver", "-city"))
    close(desk, approver, tip, language)

    page = come_back(visit(script=False, language=locale), receipt, language)
    said = page.inner_text()
    assert RESULT[language] in said
    assert {"zh": "办结", "en": "Closed"}[language] in said
