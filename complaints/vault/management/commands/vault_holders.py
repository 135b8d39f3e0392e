"""Three new holders in the place of the present ones, two of whom agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from complaints.vault import recovery, terminal


class Command(BaseCommand):
    help = (
        "Names three new holders: two of the present ones and an administrator of the topmost office sign "
        "it, every epoch of every office is sealed to the new ones, and the old codes open nothing any more "
        "but older backups. Codes and password are asked for in a terminal, or read from files."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        terminal.options(parser)
        parser.add_argument(
            "--administrator", metavar="USER", required=True, help="who administers the topmost office"
        )
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="write the new codes there (new file, mode 0600)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace them."""
        out = options["out"]
        terminal.room_for_codes(out)
        with terminal.told_plainly():
            pair = recovery.pair_of(*terminal.codes(options["codes"]))
            user = terminal.staff(options["administrator"])
            seed = terminal.seed_of(user, options["password"])
            self.stdout.write("New codes count once the last line says so; keep the old ones until then.")
            sealed = recovery.replace_holders(
                pair=pair,
                user=user,
                seed=seed,
                tell=lambda codes: terminal.tell_codes(codes, out, self.stdout),
            )
        self.stdout.write(f"The new codes count from now on: {sealed} epochs are sealed to them.")
