"""`backup`: one consistent archive, while the site runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import archive


class Command(BaseCommand):
    """Database, sealed files and media; never secrets, which go to a file of their own."""

    help = (
        "Write one consistent archive of database, sealed files and media while the site runs, and delete "
        "archives in that folder that are older than BACKUP_KEEP_DAYS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="default: VAR_DIR/backups")
        parser.add_argument(
            "--secrets-to", type=Path, metavar="FILE", help="also write the secrets there; keep it apart"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, then forget what is too old."""
        folder = options["to"] or Path(settings.VAR_DIR) / "backups"
        try:
            path = archive.write(folder)
            if options["secrets_to"]:
                archive.write_secrets(options["secrets_to"])
        except archive.ArchiveError as error:
            raise CommandError(str(error)) from error
        except FileExistsError as error:
            raise CommandError(
                f"{options['secrets_to']} is there already; secrets need a new file."
            ) from error
        gone = archive.prune(folder, settings.BACKUP_KEEP_DAYS)
        self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")
        if gone:
            self.stdout.write(f"{len(gone)} archives older than {settings.BACKUP_KEEP_DAYS} days deleted.")
        if options["secrets_to"]:
            self.stdout.write(f"Secrets in {options['secrets_to']}: keep them apart from the archive.")
