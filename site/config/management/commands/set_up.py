"""`manage.py set_up`: all that a site needs before it is served; also after each update of the program."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import setting_up


class Command(BaseCommand):
    help = (
        "Messages, tables, static files, pages, rules, the vault and the index. It can be run again; nothing "
        "is lost by it. The holders' codes are told once: on a terminal, else in VAR_DIR/holders.json."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        """A line for each step."""
        try:
            setting_up.run(self.stdout.write)
        except setting_up.Failed as failed:
            raise CommandError(str(failed)) from failed
