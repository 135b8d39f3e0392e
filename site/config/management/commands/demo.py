"""`demo`: fills an empty site with an invented city, its offices, power list and tips."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import demo


class Command(BaseCommand):
    """Refuses in production, after the first checkpoint, and a second time."""

    help = "Make demo content on an empty site, through the real services; accounts in demo-accounts.json."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints where the accounts are."""
        try:
            accounts = demo.load(self.stdout.write)
        except demo.DemoRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{len(accounts)} demo accounts: {demo.accounts_file()}")
