"""The real site of the run, whole again after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.running import Running


@pytest.fixture
def site(real_site: Running) -> Iterator[Running]:
    """The site, up; whatever a test killed is up again afterwards."""
    real_site.wait(real_site.answers, 60, "the web server")
    yield real_site
    real_site.wait(real_site.answers, 60, "the web server, after the test")
