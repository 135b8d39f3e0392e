"""Setting the vault up."""

from __future__ import annotations

import os
from dataclasses import dataclass

from django.db import transaction

from complaints.vault import directory, holders, root
from complaints.vault.errors import DirectoryBroken, NotReady
from complaints.vault.models import Office, ReceiptSalt

SALT_BYTES = 16


@dataclass(frozen=True, repr=False)
class Initialised:
    """`codes`: the holders' codes, told once and kept nowhere; None where the vault was there already."""

    codes: tuple[str, ...] | None


def initialise() -> Initialised:
    """Make what is not there yet: the salt of receipts, the root key, three holders. Changes nothing else.

    Raises NotReady where the pinned root and the database are of two different sites.
    """
    first = Office.objects.filter(parent=None).first()
    if first is not None and not root.known():
        raise NotReady("the database has offices, but no root key is pinned here: set VAULT_ROOT")
    with transaction.atomic():
        ReceiptSalt.objects.get_or_create(version=1, defaults={"salt": os.urandom(SALT_BYTES)})
    if first is not None:
        directory.verify(first)
        root.drop()  # a crash between commit and drop left it
        return Initialised(None)
    if root.known():
        root.pending()  # raises where this root has signed an office of another database
        return Initialised(None)
    seeds = holders.new_seeds()
    root.make(tuple(seed.box_public for seed in seeds), tuple(seed.sign_public for seed in seeds))
    return Initialised(tuple(holders.code_of(seed) for seed in seeds))


def site_ready() -> bool:
    """Whether a tip could be sealed: salt, root and a topmost office whose directory verifies."""
    office = Office.objects.filter(parent=None).first()
    if office is None or not ReceiptSalt.objects.filter(retired=False).exists():
        return False
    try:
        directory.current_epoch(office)
    except (DirectoryBroken, NotReady):
        return False
    return True
