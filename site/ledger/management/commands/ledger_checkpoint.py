"""`manage.py ledger_checkpoint`: append what waits and sign the head now; prints the checkpoint."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import checkpoints
from ledger.sequencer import KeyRetired


class Command(BaseCommand):
    help = "Append what waits to the ledger (padding alone, where nothing does) and sign its head."

    def add_arguments(self, parser: CommandParser) -> None:
        """--if-due: as beat does it."""
        parser.add_argument("--if-due", action="store_true", help="only where this period has none yet")

    def handle(self, *, if_due: bool, **options: Any) -> None:
        """Print the note."""
        try:
            made = checkpoints.make_if_due() if if_due else checkpoints.make()
        except (checkpoints.Refused, KeyRetired) as error:
            raise CommandError(f"No checkpoint: {error}.") from None
        if made is not None:
            self.stdout.write(checkpoints.signed(made), ending="")
