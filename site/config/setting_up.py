"""What must be done before the site can be served, and whether it has been done already.

A stamp under VAR_DIR keeps a hash of everything that set-up depends on: a second start skips it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from config import demo

Say = Callable[[str], None]


def stamp_file() -> Path:
    """Where the hash of the last complete set-up lies."""
    return Path(settings.VAR_DIR) / "set-up"


def _inputs() -> Iterator[Path]:
    """Files on whose content set-up depends."""
    base = Path(settings.BASE_DIR)
    yield base / "constraints.txt"
    yield from (base / "search" / name for name in ("analysis.py", "han.py", "engines/fts5.py"))
    yield from base.glob("locale/*/LC_MESSAGES/*.po")
    yield from (path for path in base.glob("static/**/*") if path.is_file())
    for room in ("site", "cms", "complaints", "search"):
        yield from base.glob(f"{room}/**/migrations/*.py")


def stamp() -> str:
    """The hash of the inputs and of which database they are for."""
    digest = hashlib.sha256()
    database = settings.DATABASES["default"]
    digest.update(repr([str(database.get(key, "")) for key in ("ENGINE", "NAME", "HOST", "PORT")]).encode())
    for path in sorted(_inputs()):
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def done() -> bool:
    """Whether the last set-up was complete, is of this code, and its database is still there."""
    database = settings.DATABASES["default"]
    if "sqlite" in database["ENGINE"] and not Path(database["NAME"]).exists():
        return False
    if not (settings.ELASTICSEARCH_URL or (Path(settings.FIND_DIR) / "disclosures.db").exists()):
        return False
    return (
        (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()
        and stamp_file().exists()
        and stamp_file().read_text(encoding="ascii") == stamp()
    )


class Failed(Exception):
    """Why set-up did not come to its end, as a sentence."""


def run(say: Say) -> None:
    """Everything, then the stamp: an interrupted set-up is done again. Raises Failed."""
    import django
    from django.core.management import CommandError

    django.setup()
    try:
        set_up(say)
        demo.load_once(say)
        index(say)
    except CommandError as error:
        raise Failed(str(error)) from error
    half = stamp_file().with_suffix(".new")
    half.write_text(stamp(), encoding="ascii")
    half.replace(stamp_file())


def set_up(say: Say) -> None:
    """Messages, tables, static files, vault. It can be run again; nothing is lost by it."""
    from django.core.management import call_command
    from workdays import rules

    from cms import setup as cms
    from complaints.intake import defaults as intake
    from config.messages import compile_stale

    say("Messages …")
    compile_stale([Path(folder) for folder in settings.LOCALE_PATHS])
    say("Database …")
    call_command("migrate", verbosity=0, interactive=False)
    say("Static files …")
    call_command("collectstatic", verbosity=0, interactive=False)
    say("Pages and rules …")
    cms.install()
    rules.install_defaults()
    intake.install()
    say("Vault …")
    call_command("vault_init", out=_holders())


def index(say: Say) -> None:
    """Builds the index of disclosures where none is whole; later, by a worker, where its engine is away."""
    from search import indexing, lock
    from search.engines import EngineError

    try:
        if indexing.needed():
            say("Index …")
            indexing.rebuild()
    except (EngineError, indexing.RebuildFailed, lock.Busy) as error:
        say(f"The index of disclosures is built later: {type(error).__name__}.")
        indexing.ask_for_rebuild()


def _holders() -> Path | None:
    """Where the codes of the three holders go: None shows them, once, on the terminal in front of us."""
    if settings.QINGFENG["demo"]:
        return Path(settings.VAR_DIR) / "demo-holders.json"
    return None if sys.stdout.isatty() else Path(settings.VAR_DIR) / "holders.json"
