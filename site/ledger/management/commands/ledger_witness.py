"""`manage.py ledger_witness`: name those outside who keep our checkpoints, and take in what they signed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger import witnesses
from ledger.models import Witness


class Command(BaseCommand):
    help = (
        "Witnesses: add (--key VKEY and/or --mail ADDRESS), remove NAME, list, take FILE (a cosigned note)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and to whom."""
        parser.add_argument("do", choices=["add", "remove", "list", "take"])
        parser.add_argument("what", nargs="?", default="", metavar="NAME|FILE")
        parser.add_argument("--key", default="", metavar="VKEY", help="verifier key of type 0x04")
        parser.add_argument(
            "--mail", default="", metavar="ADDRESS", help="gets the first checkpoint of a day"
        )
        parser.add_argument("--url", default="", help="submission prefix of C2SP tlog-witness")

    def handle(self, *, do: str, what: str, key: str, mail: str, url: str, **options: Any) -> None:
        """One line for each witness concerned."""
        if do == "list":
            for row in Witness.objects.filter(active=True).order_by("name"):
                self.stdout.write(f"{row.name}\t{row.size}\t{row.email or '-'}\t{row.url or '-'}")
        elif do == "remove":
            if not Witness.objects.filter(name=what, active=True).update(active=False):
                raise CommandError(f"No witness is called {what!r}.")
        elif do == "take":
            try:
                note = sys.stdin.read() if what in ("", "-") else Path(what).read_text(encoding="utf-8")
                kept = witnesses.take(note)
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from None
            self.stdout.write(f"{len(kept)} new")
        else:
            try:
                row = witnesses.add(name=what, vkey=key, email=mail, url=url)
            except ValueError as error:
                raise CommandError(str(error)) from None
            self.stdout.write(row.name)
