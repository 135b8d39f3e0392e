"""Signed cursors: the place after which the next page begins, bound to the list's filters."""

from __future__ import annotations

from django.core import signing

SALT = "cms.api.cursor"


class CursorRefused(ValueError):
    """A cursor that this site did not make, or made for another list."""


def make(after: str, filters: dict[str, str]) -> str:
    """A cursor for the rows after the key `after`."""
    return signing.dumps([after, filters], salt=SALT, compress=True)


def read(cursor: str, filters: dict[str, str]) -> str:
    """The key. Raises CursorRefused."""
    try:
        after, made_for = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise CursorRefused("cursor") from error
    if made_for != filters or not isinstance(after, str):
        raise CursorRefused("cursor")
    return after
