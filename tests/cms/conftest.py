"""The room's fixtures: a site with its tables, homes, sections, groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import alone, cities, snapshot


def _install() -> Any:
    """The tree's root of a site that is installed."""
    from cms import setup

    def install() -> None:
        cities.wagtail_root()
        setup.install()

    snapshot.again("install", install)
    return cities.wagtail_root()


@pytest.fixture(scope="module")
def installed_once(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """An installed site for all tests of a file, in a transaction around theirs: it takes a second."""
    from django.db import transaction

    with (
        django_db_blocker.unblock(),
        alone.changed_settings() as settings,
        alone.own_stores(settings, tmp_path_factory.mktemp("installed")),
        transaction.atomic(),
    ):
        yield _install()
        transaction.set_rollback(True)


@pytest.fixture
def installed(request: pytest.FixtureRequest, installed_once: Any, db: None) -> Any:
    """What `cms.setup.install()` makes on an empty site. For a browser there is `installed_alone`."""
    assert "transactional_db" not in request.fixturenames, "in a file of its own, with `installed_alone`"
    return installed_once


@pytest.fixture
def installed_alone(transactional_db: None) -> Any:
    """The same, committed, for one test; the file may hold no test that uses `installed`."""
    return _install()
