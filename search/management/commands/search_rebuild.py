"""Build the index of disclosures anew, beside the one in use."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search import indexing, lock
from search.engines.base import EngineError

PATIENCE_S = 300


class Command(BaseCommand):
    help = (
        "Builds a new index of all disclosures, replays what changed meanwhile, compares, and swaps it in; "
        "the index before is kept. Killed, it goes on where it was when it is run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which index, and whether from the beginning."""
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--back", action="store_true", help="use the index from before the last rebuild")
        way.add_argument("--again", action="store_true", help="do not go on with a rebuild that was killed")
        way.add_argument("--if-needed", action="store_true", help="only where no index is whole and readable")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line a second, then the number of documents."""
        start = time.monotonic()
        try:
            count = self._build(options)
        except lock.Busy as error:
            raise CommandError("Another process rebuilds the index now.") from error
        except (EngineError, indexing.RebuildFailed) as error:
            raise CommandError(
                f"Not rebuilt, the old index stays in use: {type(error).__name__} ({error})."
            ) from error
        if count is None:
            self.stdout.write("The index is whole.")
        else:
            self.stdout.write(f"{count} documents in {time.monotonic() - start:.1f} s.")

    def _build(self, options: dict[str, Any]) -> int | None:
        if options["back"]:
            return indexing.go_back(patience_s=PATIENCE_S, say=self._say)
        if options["if_needed"] and not indexing.needed():
            return None
        return indexing.rebuild(again=options["again"], patience_s=PATIENCE_S, say=self._say)

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
