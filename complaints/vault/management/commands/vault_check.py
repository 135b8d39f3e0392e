"""Check everything of the vault that can be checked without a private key; with one, open the canaries."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from accounts import services as accounts
from accounts.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.vault import pins
from complaints.vault.checking import check, open_canaries
from complaints.vault.models import Office


class Command(BaseCommand):
    help = (
        "Verifies the signed directory against root and pins, the wraps of every member and holder, and a "
        "canary of every epoch; lists what is sealed to keys that nobody holds. With --member, also opens "
        "one canary of each seed that this person holds. Exit code 1 on any fault."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--member", metavar="USER", help="open the canaries with this person's password")
        parser.add_argument(
            "--pins", action="store_true", help="print VAULT_PINS for hosts without a lasting var/"
        )
        parser.add_argument("--password", type=Path, metavar="FILE", help="their password, else asked for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report."""
        report = check()
        for line in report.faults:
            self.stderr.write(self.style.ERROR(f"FAULT  {line}"))
        for line in report.unheld:
            self.stdout.write(self.style.WARNING(f"UNHELD {line}"))
        self.stdout.write(
            f"{report.offices} offices, {report.entries} directory entries, "
            f"{len(report.faults)} faults, {len(report.unheld)} not held."
        )
        if options["pins"] and not report.faults:
            offices = Office.objects.order_by("pk").values_list("uuid", flat=True)
            self.stdout.write(f"VAULT_PINS={','.join(filter(None, map(pins.told, offices)))}")
        closed = self._canaries(options["member"], options["password"]) if options["member"] else 0
        if report.faults or closed:
            sys.exit(1)

    def _canaries(self, username: str, file: Path | None) -> int:
        """Open them; how many stay closed."""
        user = User.objects.filter(username=username).first()
        if user is None or (file is None and not sys.stdin.isatty()):
            raise CommandError(
                "--member names a person, whose password is asked for or read from --password."
            )
        password = file.read_text(encoding="utf-8").rstrip("\n") if file else getpass.getpass("Password: ")
        try:
            seed = accounts.open_seed(user=user, password=password)
        except accounts.WrongPassword:
            raise CommandError("That is not the password.") from None
        closed = 0
        for name, opens in open_canaries(user, seed):
            self.stdout.write(f"CANARY {name}: {'opens' if opens else 'CLOSED'}")
            closed += not opens
        return closed
