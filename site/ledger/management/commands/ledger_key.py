"""`manage.py ledger_key`: print the verifier key; `--change-to FILE` hands over to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from nacl.signing import SigningKey
from nacl.utils import random

from ledger import checkpoints, keys, notes
from ledger.sequencer import KeyRetired


class Command(BaseCommand):
    help = "Print the ledger's verifier key, to be printed and given to witnesses; or change the key."

    def add_arguments(self, parser: CommandParser) -> None:
        """--change-to: the new secret."""
        parser.add_argument(
            "--change-to",
            metavar="FILE",
            help="sign the change to the key in FILE (64 hex digits; made where it is missing)",
        )

    def handle(self, *, change_to: str | None, **options: Any) -> None:
        """Print the key in use, or the signed change and what to do next."""
        if change_to is None:
            self.stdout.write(notes.own_vkey())
            return
        new = _seed(Path(change_to))
        try:
            checkpoints.make()
            change = keys.change_to(SigningKey(new))
        except (checkpoints.Refused, KeyRetired, notes.NoteInvalid) as error:
            raise CommandError(f"The key stays: {error}.") from None
        self.stdout.write(change.note)
        kept = settings.SECRETS_DIR / "ledger"
        if kept.exists() and kept.read_text().strip() == settings.LEDGER_KEY.hex():
            keys.write_secret(kept, new)
            self.stdout.write(f"{kept} holds the new key. Start all processes again.")
        else:
            self.stdout.write("Set LEDGER_KEY to the new key and start all processes again.")


def _seed(file: Path) -> bytes:
    try:
        if not file.exists():
            keys.write_secret(file, random(32))
        seed = bytes.fromhex(file.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {type(error).__name__}") from None
    if len(seed) != 32:
        raise CommandError(f"{file} must hold 64 hex digits.")
    return seed
