"""One city for the tests of this folder, and browsers in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import cities
from tests.support.cities import City


@pytest.fixture(scope="package")
def city(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[City]:
    """The demo city on a live server, for all tests here: to found it takes longer than most of them."""
    with cities.founded(tmp_path_factory.mktemp("city"), django_db_blocker) as city:
        yield city


@pytest.fixture
def transactional_db(city: City) -> None:
    """The city's tables, which are emptied after the last test here and not after each."""


@pytest.fixture(autouse=True)
def own_var(transactional_db: None) -> None:
    """The city's stores, not those of each test. A code of an authenticator counts as unused again."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def visit(city: City, browser: Any) -> Iterator[Any]:
    """Opens browsers, each with cookies of its own: visit(script=False, language="zh-CN") is a page."""
    contexts = []

    def open_page(*, script: bool = True, language: str = "zh-CN", **options: Any) -> Any:
        context = browser.new_context(
            base_url=city.url, java_script_enabled=script, locale=language, **options
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
