"""A whole city to walk through in a browser: the demo content, made by the real services, for many tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import alone
from tests.support.client import code


@dataclass(frozen=True)
class City:
    """Where it is served, and who works there."""

    url: str
    accounts: list[dict[str, str]]

    def account(self, role: str, office: str = "") -> dict[str, str]:
        """The account of a role, in the office whose code ends the user name; the first for ""."""
        return next(a for a in self.accounts if a["role"] == role and a["username"].endswith(office))


def wagtail_root() -> Any:
    """The default locale, the tree's root and the default site; made where they are not there."""
    from django.contrib.contenttypes.models import ContentType
    from wagtail.models import Collection, Locale, Page, Site

    ContentType.objects.clear_cache()
    Site.clear_site_root_paths_cache()
    zh, _ = Locale.objects.get_or_create(language_code="zh-hans")
    Locale.objects.get_or_create(language_code="en")
    if not Collection.objects.exists():
        Collection.add_root(name="Root")
    root = Page.get_first_root_node()
    if root is None:
        root = Page.add_root(title="Root", slug="root", locale=zh)
    if not Site.objects.filter(is_default_site=True).exists():
        home = root.get_first_child() or root.add_child(title="首页", slug="home", locale=zh)
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    return root


@contextmanager
def founded(folder: Path, blocker: Any) -> Iterator[City]:
    """The demo city, served in this process until the end; then its tables are empty again.

    It is outside any test's transaction, so a module's tests share it: `folder` is the module's VAR_DIR and
    `blocker` pytest-django's django_db_blocker. Key derivation is cheap here.
    """
    from django.core.management import call_command
    from pytest_django.live_server_helper import LiveServer

    with (
        blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        alone.changed_settings() as settings,
        alone.own_stores(settings, folder),
    ):
        from config import demo

        from complaints.vault import services as vault

        alone.cheapen_kdf(patch)
        settings.RATELIMIT_ENABLE = False  # one visitor plays everybody
        settings.PAGE_CACHE_SECONDS = 300
        wagtail_root()
        server = None
        try:
            vault.initialise()
            accounts = demo.load(lambda _line: None)
            server = LiveServer("localhost")
            yield City(server.url, accounts)
        finally:
            if server is not None:
                server.stop()
            call_command("flush", verbosity=0, interactive=False)


def sign_in(page: Any, account: dict[str, str]) -> None:
    """Password and TOTP on a page of a browser; wherever it leads."""
    page.goto("/accounts/login/")
    page.fill("#id_login", account["username"])
    page.fill("#id_password", account["password"])
    page.press("#id_password", "Enter")
    page.fill("#id_code", code(account["totp_secret"]))
    page.press("#id_code", "Enter")
    page.wait_for_url(lambda address: "/accounts/" not in address)


def log_in(page: Any, account: dict[str, str]) -> None:
    """The same, of whoever has a desk; it is open."""
    sign_in(page, account)
    page.wait_for_url("**/desk/**")


def reopen(page: Any, address: str) -> None:
    """The page anew. Its own script, which waits for the worker, may be doing that at this very moment."""
    from playwright.sync_api import Error

    try:
        page.goto(address)
    except Error:
        page.goto(address)


def worker() -> None:
    """What a worker does: all that is due, and what becomes due by it."""
    from outbox.services import run_due

    while run_due(200):
        pass
