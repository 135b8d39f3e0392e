"""Check everything of the vault that can be checked without a private key."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from complaints.vault.checking import check


class Command(BaseCommand):
    help = (
        "Verifies the signed directory against root and pins, the wraps of every member and holder, and a "
        "canary of every epoch; lists what is sealed to keys that nobody holds. Exit code 1 on any fault."
    )

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
        if report.faults:
            sys.exit(1)
