"""Citizens' messages of another system, through the real intake service."""

from __future__ import annotations

import csv
import os
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from complaints.intake import routing, services, text
from complaints.intake.answers import Answers, BadAnswer
from complaints.intake.models import Category, Region
from complaints.vault import receipts
from complaints.vault.errors import VaultError

csv.field_size_limit(2**24)


class Command(BaseCommand):
    """Each row becomes a tip with a receipt of its own, exactly as if it had been typed."""

    help = (
        "Import messages (CSV with columns title, detail and optionally category) through the intake service."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, how many rows, and where the receipts go."""
        parser.add_argument("csv", help="CSV file, UTF-8, with columns title, detail [, category]")
        parser.add_argument("--limit", type=int, help="at most so many rows")
        parser.add_argument("--receipts", help="write number,receipt lines to this new file (mode 0600)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError with file and row; rows before it stay imported."""
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be 1 or more.")
        fill = _Filler()
        out = _receipts_file(options["receipts"])
        start, done, skipped = time.perf_counter(), 0, 0
        try:
            for row, record in _rows(Path(options["csv"])):
                if options["limit"] is not None and done >= options["limit"]:
                    break
                answers = fill.answers(record)
                if answers is None:
                    skipped += 1
                    self.stderr.write(f"row {row}: empty, left out")
                    continue
                receipt = receipts.new_receipt()
                tip = _submit(receipt, answers, row)
                if out is not None:
                    out.write(f"{tip.number},{receipt}\n")
                done += 1
        finally:
            if out is not None:
                out.close()
        took = time.perf_counter() - start
        self.stdout.write(f"{done} tips in {took:.1f} s, {done / took:.1f}/s, {skipped} empty rows left out")


def _submit(receipt: str, answers: Answers, row: int) -> Any:
    try:
        return services.submit_tip(
            receipt=receipt, master=receipts.derive(receipt, timeout=60), answers=answers
        ).tip
    except (BadAnswer, routing.NoOffice, services.Outside, VaultError) as error:
        raise CommandError(f"row {row} could not be submitted ({type(error).__name__}: {error})") from None


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number as a spreadsheet counts, record). Raises CommandError."""
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as source:
            reader = csv.DictReader(line.replace("\0", "") for line in source)
            missing = {"title", "detail"} - set(reader.fieldnames or [])
            if missing:
                raise CommandError(f"{file}: no column {' and '.join(sorted(missing))} in row 1.")
            for record in reader:
                yield reader.line_num, {key: value or "" for key, value in record.items() if key is not None}
    except OSError as error:
        raise CommandError(f"{file} cannot be read ({error.strerror}).") from None
    except csv.Error as error:
        raise CommandError(f"{file} is not a CSV file ({error}).") from None


def _receipts_file(name: str | None) -> Any:
    """The file for receipts, readable by its owner alone; it must not exist yet."""
    if name is None:
        return None
    try:
        return os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii")
    except OSError as error:
        raise CommandError(f"{name} cannot be made ({error.strerror}).") from None


class _Filler:
    """Turns a record into answers: category by name or code where the tree knows it, else the first leaf."""

    def __init__(self) -> None:
        leaves = Category.objects.filter(active=True, children=None, stop_message="").order_by(
            "parent__order", "order"
        )
        self.categories = {
            word: row.code for row in leaves for word in (row.code, row.name, row.name_en) if word
        }
        first, region = leaves.first(), Region.objects.filter(active=True, children=None).first()
        if first is None or region is None:
            raise CommandError("There are no categories or regions yet: run vault_init.")
        self.category, self.region = first.code, region.code

    def answers(self, record: dict[str, str]) -> Answers | None:
        """The report, or None for an empty row."""
        subject = text.clean_line(record["title"])[: text.SUBJECT_MOST]
        narrative = text.clean(record["detail"]).strip()[: text.NARRATIVE_MOST]
        if not subject and not narrative:
            return None
        given = record.get("category", "").strip()
        return Answers(
            category=self.categories.get(given, self.category),
            region=self.region,
            subject=subject or narrative[:40].replace("\n", " "),
            narrative=narrative or subject,
            extra={"category": given[:200]} if given and given not in self.categories else {},
        )
