"""`bench`: prints tables of measurements with their sizes and settings (`make bench`)."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

# In this order: the last one takes minutes to fill its queue.
PARTS = ("pages", "intake", "search", "queue")


class Command(BaseCommand):
    """The measurements lie in tests/bench; each runs on a site of its own in a temporary folder."""

    help = "Measure: " + ", ".join(PARTS) + ". Without names: all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which parts, and how long and large."""
        parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
        parser.add_argument("--seconds", type=float, default=10, help="of each row of intake and pages")
        parser.add_argument("--tips", type=int, default=10_000, help="in the queue")

        parser.add_argument(
            "--server", default="", metavar="URL", help="a PostgreSQL server, for a database of its own there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One table after another, each as soon as it is measured."""
        try:
            running = importlib.import_module("tests.support.running")
        except ImportError as error:
            raise CommandError("bench needs the source tree: its measurements lie in tests/bench.") from error
        wanted = options["parts"] or PARTS
        with (
            tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder,
            running.database_for(options["server"]) as database,
        ):
            site = running.Running(Path(folder) / "var", environment={"DATABASE_URL": database})
            self.stdout.write("Setting up a site of its own …")
            site.start()
            try:
                for part in (part for part in PARTS if part in wanted):
                    self.measure(part, site, options)
            finally:
                site.stop()

    def measure(self, part: str, site: Any, options: dict[str, Any]) -> None:
        """Prints the table, or tables, of one part."""
        module = importlib.import_module(f"tests.bench.{part}")
        size = {"tips": options["tips"]} if part == "queue" else {"seconds": options["seconds"]}
        found = module.run(site, **size)
        for table in found if isinstance(found, list) else [found]:
            self.stdout.write(table.text())
            self.stdout.flush()
