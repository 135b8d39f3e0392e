"""Which process of pytest-xdist runs what: what is dear to set up is set up once.

The marks of `--dist loadgroup` do not do it: with pytest 9.2 and xdist 3.8 each marked test is its own group.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

REAL_SITE = ("tests/faults/", "tests/e2e/test_canary.py")
CITY = "tests/e2e/"


class Dear(LoadScopeScheduling):  # type: ignore[misc]
    """The tests of the real site go to one process, those of the city to another, first of all."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(REAL_SITE):
            return "real site"
        return "city" if nodeid.startswith(CITY) else nodeid
