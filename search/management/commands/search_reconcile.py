"""Compare the index of disclosures with what is disclosed, and mend it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search import indexing
from search.engines.base import EngineDown, IndexDamaged


class Command(BaseCommand):
    help = "Writes what the index lacks, takes out what is not disclosed. --check only says how much that is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = indexing.reconcile(repair=not options["check"])
        except EngineDown as error:
            raise CommandError(f"The search engine does not answer ({error}).") from error
        except IndexDamaged as error:
            raise CommandError("The index cannot be read, or is not whole: run search_rebuild.") from error
        self.stdout.write(f"{found.missing} missing, {found.extra} too many, {found.stale} old.")
        if options["check"] and found:
            raise CommandError("The index differs from what is disclosed.")
