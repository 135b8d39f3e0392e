"""`bench`: prints tables of measurements with their sizes and settings (`make bench`)."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.engines.base import EngineError

# In this order: the last one takes minutes to fill its queue.
PARTS = (
    "pages",
    "intake",
    "uploads",
    "search",
    "disclosures",
    "suggest",
    "tips",
    "ledger",
    "flow",
    "day",
    "registers",
    "rotation",
    "queue",
)
ALONE = {"search", "disclosures", "suggest", "tips", "flow"}
"""Parts that need no site."""


class Command(BaseCommand):
    """The measurements lie in tests/bench; each runs on a site of its own in a temporary folder."""

    help = "Measure: " + ", ".join(PARTS) + ". Without names: all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which parts, and how long and large."""
        parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
        parser.add_argument("--seconds", type=float, default=10, help="of each row of intake and pages")
        parser.add_argument("--tips", type=int, default=10_000, help="in the queue, and in an index of tips")
        parser.add_argument("--disclosures", type=int, default=20_000, help="in the index of disclosures")
        parser.add_argument("--worked", type=int, default=200, metavar="TIPS", help="in the working day")
        parser.add_argument("--events", type=int, default=20_000, help="in the ledger")
        parser.add_argument("--items", type=int, default=10_000, help="in the register of power items")
        parser.add_argument("--rows", type=int, default=500, help="of them imported from a workbook")
        learned = parser.add_argument_group(
            "suggest, on tables with columns label, and text or title and detail"
        )
        learned.add_argument("--train", type=Path, metavar="CSV", help="learn from these; alone: five folds")
        learned.add_argument("--test", type=Path, metavar="CSV", help="and answer about these")
        judged = parser.add_argument_group("search, on a table and queries whose answers are known")
        judged.add_argument("--documents", type=Path, metavar="CSV", help="a column msg_id or id, and others")
        judged.add_argument("--queries", type=Path, metavar="JSONL", help='{"text": …, "relevant": [ids]}')
        judged.add_argument("--engine", choices=["sqlite", "elasticsearch", "sealed"], default="sqlite")
        judged.add_argument(
            "--fields", default="title,detail", help="columns to index: detail, title,detail …"
        )
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
        if options["documents"] or options["queries"]:
            self.judge(wanted, options)
            return
        if options["train"] or options["test"]:
            self.suggest(wanted, options)
            return
        if set(wanted) <= ALONE:
            for part in wanted:
                self.measure(part, None, options)
            return
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

    def judge(self, wanted: Sequence[str], options: dict[str, Any]) -> None:
        """Prints a line a figure of one engine."""
        if list(wanted) != ["search"] or not (options["documents"] and options["queries"]):
            raise CommandError("Say: bench search --documents CSV --queries JSONL --engine … --fields …")
        judged = importlib.import_module("tests.bench.judged")
        fields = [name.strip() for name in options["fields"].split(",") if name.strip()]
        try:
            found = judged.run(options["documents"], options["queries"], options["engine"], fields)
        except (judged.Unusable, EngineError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"engine {options['engine']}, fields {','.join(fields)}")
        self.stdout.write("\n".join(found.lines()))

    def suggest(self, wanted: Sequence[str], options: dict[str, Any]) -> None:
        """Prints how often suggested labels are right, and how sure they are."""
        if list(wanted) != ["suggest"] or not options["train"]:
            raise CommandError("Say: bench suggest --train CSV --test CSV")
        module = importlib.import_module("tests.bench.suggest")
        train, test = options["train"], options["test"]
        try:
            found = module.judge(train, test) if test else module.folds(train)
        except module.Unusable as error:
            raise CommandError(str(error)) from error
        for table in found:
            self.stdout.write(table.text())

    def measure(self, part: str, site: Any, options: dict[str, Any]) -> None:
        """Prints the table, or tables, of one part."""
        module = importlib.import_module(f"tests.bench.{part}")
        found = module.run(site, **sizes(part, options))
        for table in [found] if hasattr(found, "text") else found:
            self.stdout.write(table.text())
            self.stdout.flush()


def sizes(part: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a part is told of how long and large it is to be."""
    tips, seconds = {"tips": options["tips"]}, {"seconds": options["seconds"]}
    return {
        "pages": seconds,
        "intake": seconds,
        "uploads": {},
        "search": seconds,
        "disclosures": {"disclosures": options["disclosures"]},
        "suggest": seconds,
        "tips": tips,
        "ledger": {"events": options["events"]},
        "flow": seconds,
        "day": {"tips": options["worked"]},
        "registers": {"items": options["items"], "rows": options["rows"]},
        "rotation": tips,
        "queue": tips,
    }[part]
