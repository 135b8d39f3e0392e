"""`restore`: a site out of an archive, on an empty machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import archive


class Command(BaseCommand):
    """Compares every byte with the archive's manifest before it writes the first."""

    help = "Bring a site back from an archive of `backup`, where there is no site yet."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("archive", type=Path)
        parser.add_argument("--secrets", type=Path, metavar="FILE", help="what `backup --secrets-to` wrote")
        parser.add_argument("--check", action="store_true", help="read and compare everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, place, migrate where the archive is of an older release."""
        try:
            if options["check"]:
                manifest = archive.check(options["archive"])
                self.stdout.write(f"Whole: {len(manifest['members'])} parts of {manifest['made_at']}.")
                return
            secrets = archive.read_secrets(options["secrets"]) if options["secrets"] else None
            if secrets:
                archive.check(options["archive"])  # before anything is placed
                archive.place_secrets(secrets)
            manifest = archive.restore(options["archive"])
        except archive.ArchiveError as error:
            raise CommandError(str(error)) from error
        if manifest["migrations"]:
            call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"The site of {manifest['made_at']} is back: {len(manifest['members'])} parts.")
        if manifest["missing"]:
            self.stdout.write(f"{manifest['missing']} sealed files were destroyed while it was written.")
        if secrets and settings.VAULT_PEPPER.hex() != secrets["pepper"]:
            self.stdout.write("The secrets are placed: they hold from the next start on.")
        self.stdout.write(
            "Next: vault_check, ledger_verify, search_rebuild; then start it. All log in again."
        )
