"""The signed list of a batch: which leaf was appended where, on which day.

Checkpoints prove that something in the tree was changed; these lists say what. Somebody who rewrites an
event, its leaf and every hash above it cannot write the list anew without the key.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

from ledger import notes
from ledger.keys import Keys
from ledger.models import Page
from ledger.notes import NoteInvalid


def text(start: int, date: dt.date, emptied: bool, leaves: bytes) -> str:
    """What is signed. Its first line is not the tree's origin: it can never pass for a checkpoint."""
    digest = base64.b64encode(hashlib.sha256(leaves).digest()).decode()
    rest = "none" if emptied else "some"
    return (
        f"{notes.key_name()}/page\nstart {start}\ndate {date.isoformat()}\nwaiting {rest}\nleaves {digest}\n"
    )


def build(start: int, date: dt.date, leaves: list[bytes], *, emptied: bool) -> Page:
    """An unsaved, signed page over leaf hashes of 32 bytes; `emptied`: surely nothing waits after it."""
    joined = b"".join(leaves)
    note = notes.sign(text(start, date, emptied, joined), name=notes.key_name(), key=notes.signing_key())
    return Page(start=start, date=date, emptied=emptied, leaves=joined, note=note)


def leaves_of(page: Page, keys: Keys) -> list[bytes]:
    """The leaf hashes of a page whose signature holds. Raises NoteInvalid."""
    joined = bytes(page.leaves)
    if len(joined) % 32:
        raise NoteInvalid("a leaf hash has 32 bytes")
    if keys.verify(page.note, at=page.start + 1) != text(page.start, page.date, page.emptied, joined):
        raise NoteInvalid("its note is about something else")
    return [joined[n : n + 32] for n in range(0, len(joined), 32)]
