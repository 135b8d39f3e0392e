"""Demo content: one invented city, made through the real services of each room (DESIGN section 4, `demo`)."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

Account = dict[str, Any]


class DemoRefused(Exception):
    """Why no demo content is made here, as a sentence for the operator."""


def accounts_file() -> Path:
    """The demo accounts with their passwords, readable by the owner alone."""
    return Path(settings.VAR_DIR) / "demo-accounts.json"


def load_once(say: Callable[[str], None]) -> None:
    """Makes the demo content where it is wanted (DEMO) and not there yet."""
    if settings.QINGFENG["demo"] and not accounts_file().exists():
        say("Demo content …")
        load(say)


def load(say: Callable[[str], None]) -> list[Account]:
    """Makes the content of every room; writes and returns the accounts.

    Raises DemoRefused in production, after the ledger's first checkpoint (its clock is set back), and where
    anything is there already.
    """
    refuse()
    from outbox import services as outbox

    from cms import demo as cms
    from complaints.desk import demo as desk

    editors: list[Account] = cms.load()
    say("Demo tips …")
    accounts: list[Account] = editors + desk.load()
    say("Demo index …")
    while outbox.run_due(1000):  # so that the first visitor finds everything, before any worker has begun
        pass
    _write(accounts)
    return accounts


def refuse() -> None:
    """Raises DemoRefused where demo content may not be made."""
    from django.contrib.auth import get_user_model
    from ledger.models import Checkpoint

    if settings.PRODUCTION:
        raise DemoRefused("Demo content is not made in production.")
    if Checkpoint.objects.exists():
        raise DemoRefused(
            "The ledger has a checkpoint: its past can no longer be written. Use a new VAR_DIR."
        )
    if accounts_file().exists() or get_user_model().objects.exists():
        raise DemoRefused(
            "There are accounts here already: demo content is made once, on an empty site. "
            "If an earlier attempt was interrupted, begin anew with `make clean`."
        )


def refuse_open(host: str) -> None:
    """Raises DemoRefused where a site with demo accounts would be reachable from elsewhere.

    Their passwords lie in a file, and everybody knows who they are. In production a proxy stands before the
    loopback address.
    """
    if (settings.PRODUCTION or not _loopback(host)) and (
        settings.QINGFENG["demo"] or accounts_file().exists()
    ):
        raise DemoRefused(
            f"HOST is {host}, but this site has demo accounts. Serve it on 127.0.0.1, "
            "or start an empty one with DEMO=0 and another VAR_DIR."
        )


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _write(accounts: list[Account]) -> None:
    """Never readable by others, not even while it is written; complete or not there."""
    half = accounts_file().with_suffix(".new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(accounts, out, ensure_ascii=False, indent=1)
    half.replace(accounts_file())
