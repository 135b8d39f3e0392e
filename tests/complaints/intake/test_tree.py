"""What a screen reader is told on three pages, scripts off: the tree that Chromium hands to it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from .conftest import make_site
from .test_pages import _answer, _press

WAY_OUT = """
- link "跳到正文"
- banner
- complementary "快速离开":
  - link "快速离开"
- main
- contentinfo
"""
QUESTION = """
- main:
  - link "返回上一个问题"
  - alert "有 2 处要改":
    - heading "有 2 处要改" [level=2]
    - list:
      - listitem:
        - link "请用一句话写明是什么事"
      - listitem:
        - link "请写下发生了什么"
    - paragraph: 您填的都还在。
  - paragraph: /第 3 个问题，共 \\d 个/
  - heading "发生了什么？" [level=1]
  - textbox "用一句话说是什么事" [invalid]
  - textbox "经过" [invalid]
  - button "保存，下一个问题"
"""
RECEIPT = """
- main:
  - status:
    - heading "已收到您的举报" [level=1]
  - region "清风 查询码":
    - heading "清风 查询码" [level=2]
    - group "查询码，共 25 位": /(\\d{5} ?){5}/
  - region "怎样保存":
    - heading "怎样保存" [level=2]
    - list
    - paragraph:
      - link "下载凭证"
  - checkbox "查询码我已经保存好了"
  - button "完成，清除本机记录"
"""
RETURN = """
- main:
  - heading "凭查询码查看" [level=1]
  - alert "查询码要改一下":
    - heading "查询码要改一下" [level=2]
    - list:
      - listitem:
        - link "这串数字只有 3 位，请补上漏掉的"
  - textbox "查询码" [invalid]: "123"
  - button "查看"
"""


def test_question_receipt_and_return(page_nojs: Any, cheap_kdf: None) -> None:
    page = page_nojs
    make_site()
    page.goto("/report/")
    _press(page)
    for _key in ("category", "region"):
        _answer(page)
    _press(page)
    told(page, QUESTION)
    for _key in ("what", "who", "office", "files", "identity", "check"):
        _answer(page)
    told(page, RECEIPT)
    page.goto("/report/return/")
    page.fill("#receipt", "123")
    _press(page)
    told(page, RETURN)


def told(page: Any, tree: str) -> None:
    """The page has this tree, and its whole stands in the output where the test is asked for it (-s)."""
    print(page.locator("body").aria_snapshot())
    expect(page.locator("body")).to_match_aria_snapshot(WAY_OUT)
    expect(page.locator("body")).to_match_aria_snapshot(tree)
