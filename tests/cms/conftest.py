"""The room's fixtures: a site with its tables, homes, sections, groups."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def installed(wagtail_root: Any) -> Any:
    """What `cms.setup.install()` makes on an empty site."""
    from cms import setup

    setup.install()
    return wagtail_root
