"""Build the index of disclosures anew, beside the one in use."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import indexing
from search.engines.base import EngineError


class Command(BaseCommand):
    help = "Builds a new index of all disclosures, replays what changed meanwhile, and swaps it in."

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        try:
            count = indexing.rebuild()
        except (EngineError, indexing.RebuildFailed) as error:
            raise CommandError(
                f"Not rebuilt, the old index stays in use: {type(error).__name__} ({error})."
            ) from error
        self.stdout.write(f"{count} documents in {time.monotonic() - start:.1f} s.")
