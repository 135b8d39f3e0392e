"""Wagtail's admin search finds Chinese, and no punctuation breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from config.admin_search import NOTHING, index_tokens, query_tokens
from wagtail.models import Page


def test_tokens() -> None:
    assert index_tokens("建设工程 Permit") == "建 设 工 程 建设 设工 工程 permit"
    assert query_tokens("建设工程") == "建设 设工 工程"
    assert query_tokens("证") == "证"
    assert query_tokens("“”（)") == NOTHING
    assert index_tokens("“”") == ""


@pytest.fixture
def page(wagtail_root: Any) -> Page:
    page: Page = wagtail_root.get_first_child().add_child(
        title="建设工程规划许可证核发（Permit）", slug="permit"
    )
    from wagtail.search.backends import get_search_backend

    get_search_backend().add(page)
    return page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    ["规划", "建设工程", "证", "规划许可证核发", "规划 permit", "PERMIT", '"规划', "规划（", "许可 核发"],
)
def test_found(page: Page, words: str) -> None:
    assert page in list(Page.objects.all().search(words))


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["处罚", "设建", "规划 处罚", "(", '"', "。", "AND", "*", "规划 NOT"])
def test_not_found_and_no_error(page: Page, words: str) -> None:
    assert list(Page.objects.all().search(words)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["规", "规划", "permi", "建设工"])
def test_completed_while_typing(page: Page, words: str) -> None:
    assert page in list(Page.objects.all().autocomplete(words))
