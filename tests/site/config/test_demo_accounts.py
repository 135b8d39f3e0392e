"""A site with demo accounts is for the machine it runs on, however it is started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from config import demo, gunicorn

OPEN = ["0.0.0.0", "::", "192.0.2.1", "example.org"]


@pytest.fixture
def accounts(settings: Any, tmp_path: Any) -> None:
    settings.VAR_DIR, settings.QINGFENG = tmp_path, settings.QINGFENG | {"demo": False}
    demo.accounts_file().write_text("[]")


def bound(*names: Any) -> Any:
    return SimpleNamespace(
        LISTENERS=[SimpleNamespace(sock=SimpleNamespace(getsockname=lambda n=n: n)) for n in names]
    )


@pytest.mark.parametrize("host", OPEN)
def test_beyond_loopback(accounts: None, host: str) -> None:
    with pytest.raises(demo.DemoRefused):
        demo.refuse_open(host)


@pytest.mark.parametrize("host", OPEN)
def test_the_web_server_asks_what_it_is_bound_to(
    accounts: None, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    with pytest.raises(demo.DemoRefused):  # gunicorn -b 0.0.0.0:8000
        gunicorn.when_ready(bound(("127.0.0.1", 8000), (host, 8001)))
    gunicorn.when_ready(bound(("127.0.0.1", 8000), ("::1", 8000, 0, 0), "/run/web.sock"))


def test_in_production_a_proxy_stands_before_loopback(accounts: None, settings: Any) -> None:
    demo.refuse_open("127.0.0.1")
    settings.PRODUCTION = True
    with pytest.raises(demo.DemoRefused):
        demo.refuse_open("127.0.0.1")


def test_without_demo_accounts_anywhere(settings: Any, tmp_path: Any) -> None:
    settings.VAR_DIR, settings.QINGFENG = tmp_path, settings.QINGFENG | {"demo": False}
    for host in OPEN:
        demo.refuse_open(host)
