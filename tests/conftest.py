"""What every test may ask for: a clean cache and media, a browser, a site's root, no skip in CI."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.support import alone, cities, running, services, template

# Playwright's synchronous API runs an event loop in this thread, where Django would refuse queries.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WINDOWLESS = "chromium-headless-shell"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", WINDOWLESS)
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), "")
REQUIRE_SERVICES = os.environ.get("REQUIRE_SERVICES") == "1"
# The one reason that holds everywhere: the folder of real data is not part of the repository.
SHARED_DATA = "shared/data"


def pytest_configure(config: pytest.Config) -> None:
    """English is tested too: its messages are compiled where they are not yet."""
    from config.messages import compile_stale

    compile_stale([services.ROOT / "locale"])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The city is founded by one process, the real site set up by another."""
    from tests.support.schedule import Dear

    return Dear(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first; what no tier changes is not run again on a second tier of a run."""
    from tests.support.schedule import first

    items.sort(key=lambda item: first(item.nodeid))
    if os.environ.get("TIER_AGAIN") != "1":
        return
    again = [item for item in items if tiered(item)]
    config.hook.pytest_deselected(items=[item for item in items if not tiered(item)])
    items[:] = again


def pytest_collection_finish() -> None:
    """What is loaded now stays to the end: garbage is looked for among what tests make, and not so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def tiered(item: pytest.Item) -> bool:
    """Whether a test may come out otherwise on another tier: it has a database, and is not marked `once`."""
    if item.get_closest_marker("once"):
        return False
    stores = {"db", "transactional_db", "django_db_setup", "city", "real_site"}
    return bool(item.get_closest_marker("django_db") or stores & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """With REQUIRE_SERVICES=1 a skipped test is a failed one."""
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """With REQUIRE_SERVICES=1 a skipped module is a failed one."""
    return _no_skip((yield))


def _no_skip(report: Any) -> Any:
    """The report; failed instead of skipped, unless the reason names shared/data."""
    if not (REQUIRE_SERVICES and report.skipped) or hasattr(report, "wasxfail"):
        return report
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if SHARED_DATA not in reason:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_SERVICES=1 allows no skip: {reason}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _own_broker() -> None:
    """Messages of a test reach no worker: the outbox is the truth, and tests run it themselves."""
    from config.celery import app

    app.conf.update(broker_url="memory://", broker_transport_options={})


@pytest.fixture(scope="session", autouse=True)
def _flushed_quickly() -> Iterator[None]:
    """An emptied database has its kinds and permissions again: written, not made anew each time."""
    from django.core.management.commands import flush

    from tests.support import snapshot

    real = flush.emit_post_migrate_signal
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            flush,
            "emit_post_migrate_signal",
            lambda *args, **kwargs: snapshot.again("migrate", lambda: real(*args, **kwargs)),
        )
        yield


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """A copy of the run's template is there already when Django looks for it."""
    return bool(template.name())


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The database of this process, copied from the run's template where there is one."""
    from django.db import connection

    if not template.name():
        return
    own = connection.settings_dict["TEST"]["NAME"] or f"test_{connection.settings_dict['NAME']}"
    if connection.vendor == "sqlite":
        template.copy_sqlite(Path(own))
    else:
        template.copy_postgres(os.environ["DATABASE_URL"], own)


@pytest.fixture(autouse=True)
def own_var(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Each test has its own cache, media, sealed files, indexes, logs and pins; none can see another's."""
    translation.deactivate()  # the language of whoever asked last
    with alone.own_stores(settings, tmp_path):
        yield


@pytest.fixture
def wagtail_root(db: None) -> Any:
    """The default locale, the tree's root and the default site; made again after a transactional test.

    A transactional test ends with empty tables, so what Wagtail's migrations wrote is gone for the next.
    """
    return cities.wagtail_root()


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[str], Any]]:
    """Starts a Chromium by its path, each once for the whole run; skips where there is none."""
    if not CHROMIUM:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:

        @cache
        def started(path: str) -> Any:
            return playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )

        yield started  # what is still open ends with its driver


@pytest.fixture(scope="session")
def browser(browsers: Callable[[str], Any]) -> Any:
    """One Chromium for the whole run; the tests that need it are skipped where there is none."""
    return browsers(CHROMIUM)


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Any) -> Any:
    """A block as a transaction of its own: what waits for its commit is done at its end."""

    def block() -> Any:
        from django.db import connection

        connection.run_on_commit.clear()
        return django_capture_on_commit_callbacks(execute=True)

    return block


@pytest.fixture(scope="session")
def windowless(browsers: Callable[[str], Any]) -> Any:
    """Chromium without the window around its pages, where it is installed: a third of the work a page.

    It is so quick that a test must wait for each page it goes to.
    """
    return browsers(shutil.which(WINDOWLESS) or CHROMIUM)


def _page(browser: Any, live_server: Any, *, script: bool) -> Iterator[Any]:
    cities.wagtail_root()
    context = browser.new_context(java_script_enabled=script, base_url=live_server.url, locale="zh-CN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(transactional_db: None, browser: Any, live_server: Any) -> Iterator[Any]:
    """A page of Chromium, 1280 px wide, on the live server."""
    yield from _page(browser, live_server, script=True)


@pytest.fixture
def page_nojs(transactional_db: None, browser: Any, live_server: Any) -> Iterator[Any]:
    """The same with JavaScript off, as in Tor Browser's safest level."""
    yield from _page(browser, live_server, script=False)


SERVICES = ("REDIS_URL", "CELERY_BROKER_URL", "ELASTICSEARCH_URL")


@pytest.fixture(scope="session")
def real_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Running]:
    """The real site in processes of its own, with demo content, on the tier of the run.

    One for all tests of a process of pytest; a database of its own, and names of its own in shared services.
    """
    environment = {name: os.environ.get(name, "") for name in SERVICES}
    for name, first in (("REDIS_URL", 6), ("CELERY_BROKER_URL", 11)):
        if environment[name].startswith("redis"):
            environment[name] = alone.redis(environment[name], first)
    prefix = environment["ELASTICSEARCH_PREFIX"] = f"real-{os.getpid()}"
    with running.database_for(os.environ.get("DATABASE_URL", ""), migrated=True) as database:
        var = tmp_path_factory.mktemp("site") / "var"
        if template.name() and not database:
            var.mkdir()
            template.copy_sqlite(var / "db.sqlite3")
        site = running.Running(var, environment=environment | {"DATABASE_URL": database})
        try:
            site.start()
            yield site
        finally:
            site.stop()
            if elastic := environment["ELASTICSEARCH_URL"]:
                alone.forget(elastic, prefix)


def _service(name: str) -> str:
    url = services.address(name)
    if url is None:
        pytest.skip(services.why_not(name))
    return url


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL server whose user may create databases; skips where there is none."""
    return _service("TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis of the tests; skips where there is none."""
    return _service("TEST_REDIS_URL")


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """A real Elasticsearch node; skips where there is none."""
    return _service("TEST_ELASTICSEARCH_URL")


@pytest.fixture
def run_outbox() -> Any:
    """Does all that is due, as the worker would; the number done."""
    from outbox.services import run_due

    return run_due


@pytest.fixture
def cheap_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that makes many keys and is not about them: Argon2id with its least cost."""
    alone.cheapen_kdf(monkeypatch)
