"""Which process of pytest-xdist runs what: what is dear to set up is set up once.

The marks of `--dist loadgroup` do not do it: with pytest 9.2 and xdist 3.8 each marked test is its own group.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

REAL_SITE = ("tests/faults/", "tests/e2e/test_canary.py")
CITY = "tests/e2e/"
# What is installed or loaded there serves a whole file.
FILES = ("tests/cms/", "tests/complaints/desk/test_demo.py")


def scope(nodeid: str) -> str:
    """The tests of one scope run in one process, one after the other: the rest each where there is room."""
    if nodeid.startswith(REAL_SITE):
        return "real site"
    if nodeid.startswith(CITY):
        return "city"
    if nodeid.startswith(FILES) and not nodeid.startswith("tests/cms/test_visibility.py"):  # it is too long
        return nodeid.partition("::")[0]
    return nodeid


def first(nodeid: str) -> bool:
    """Sorts the two longest scopes to the front, so that no process is left alone with one in the end."""
    return scope(nodeid) not in ("real site", "city")


class Dear(LoadScopeScheduling):  # type: ignore[misc]
    """Scopes as above; use it with --no-loadscope-reorder, for the order is that of `first`."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)
