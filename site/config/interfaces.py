"""Which interface an address belongs to (INTERFACES in docs/operate.md).

The URLconf is always whole, so that links can be made everywhere; what a process does not serve it answers
with 404 (config.middleware.interfaces).
"""

from __future__ import annotations

ALWAYS = frozenset({"public", "intake", "desk", "admin"})
_PREFIXES = (
    ("/healthz", ALWAYS),
    ("/readyz", ALWAYS),
    ("/static/", ALWAYS),
    ("/report/", frozenset({"intake"})),
    ("/desk/", frozenset({"desk"})),
    ("/calendar/", frozenset({"desk"})),
    ("/accounts/", frozenset({"desk", "admin"})),
    ("/admin/", frozenset({"admin"})),
    ("/documents/", frozenset({"public", "admin"})),
    ("/media/", frozenset({"public", "admin"})),
    ("/images/", frozenset({"public", "admin"})),
)
_CONFIDED = ("/report/", "/desk/", "/calendar/", "/accounts/", "/admin/")
_STAFF = ("/desk/", "/calendar/", "/accounts/", "/admin/")


def bare(path: str) -> str:
    """`path` without its language prefix: /en/report/what/ → /report/what/."""
    return path[3:] if path.startswith("/en/") else path


def of(path: str) -> frozenset[str]:
    """The interfaces that serve `path`; one of them must be on."""
    path = bare(path)
    return next((names for prefix, names in _PREFIXES if path.startswith(prefix)), frozenset({"public"}))


def confided(path: str) -> bool:
    """Whether nothing under `path` may be kept by any cache."""
    return bare(path).startswith(_CONFIDED)


def staff(path: str) -> bool:
    """Whether `path` has no language prefix, because its language is the user's setting."""
    return path.startswith(_STAFF)
