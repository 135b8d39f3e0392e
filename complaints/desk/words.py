"""The words of a search, kept between the POST that brings them and the page that shows what they find.

They lie sealed under a key of this unlocked session; the address holds only the row's id.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from accounts import keys
from accounts.models import User
from accounts.unlock import SESSION_KEY
from django.http import HttpRequest
from django.utils.translation import gettext as _
from nacl.bindings import sodium_pad, sodium_unpad
from workdays import clock

from complaints.desk.models import Query

BLOCK = 256
KEEP = dt.timedelta(hours=12)  # as long as a session can stay unlocked


@dataclass(frozen=True)
class Asked:
    """What is looked for: words, and the code of the item that tips are about; either may be empty."""

    text: str = ""
    item: str = ""

    @property
    def shown(self) -> str:
        """For the page: the words, the item, or both."""
        about = _("事项 %(code)s") % {"code": self.item} if self.item else ""
        return " · ".join(part for part in (self.text, about) if part)


def pack(text: str, item: str = "") -> str:
    """Both in one text to be sealed. Words are one line, so a line before them is the item."""
    return f"{item}\n{text}" if item else text


def unpack(kept: str) -> Asked:
    """What `pack` made."""
    item, line, text = kept.rpartition("\n")
    return Asked(text, item) if line else Asked(kept)


def keep(request: HttpRequest, *, user: User, seed: keys.KeySeed, text: str) -> Query:
    """Seal the words under this session's key; what is older than any session is deleted."""
    query = Query(uuid=uuid.uuid4(), user=user, created_at=clock.now())
    query.sealed = keys.seal(_key(request, seed), sodium_pad(text.encode(), BLOCK), _aad(query, user))
    Query.objects.filter(created_at__lt=clock.now() - KEEP).delete()
    query.save(force_insert=True)
    return query


def read(request: HttpRequest, *, user: User, seed: keys.KeySeed, pk: str) -> str | None:
    """The words of this row; None for another's, another session's, or one that is no more."""
    try:
        query = Query.objects.filter(pk=uuid.UUID(pk), user=user).first()
        if query is None:
            return None
        plain = keys.unseal(_key(request, seed), bytes(query.sealed), _aad(query, user))
        return sodium_unpad(plain, BLOCK).decode()
    except ValueError:  # not a uuid, or SealBroken
        return None


def seal(request: HttpRequest, *, seed: keys.KeySeed, row: uuid.UUID, user: User, text: str) -> bytes:
    """A text under this session's key, bound to a row and a person."""
    return keys.seal(_key(request, seed), sodium_pad(text.encode(), BLOCK), _bound(row, user))


def unseal(
    request: HttpRequest, *, seed: keys.KeySeed, row: uuid.UUID, user: User, sealed: bytes
) -> str | None:
    """What `seal` sealed, or None where another session did, or another row or person is meant."""
    try:
        return sodium_unpad(keys.unseal(_key(request, seed), sealed, _bound(row, user)), BLOCK).decode()
    except ValueError:  # SealBroken is one
        return None


def _bound(row: uuid.UUID, user: User) -> bytes:
    return b"job\0" + row.bytes + str(user.pk).encode()


def _key(request: HttpRequest, seed: keys.KeySeed) -> bytes:
    return keys.kdf(seed.seed, "qf1-words", bytes.fromhex(request.session[SESSION_KEY]["nonce"]))


def _aad(query: Query, user: User) -> bytes:
    return b"words\0" + query.uuid.bytes + str(user.pk).encode()
