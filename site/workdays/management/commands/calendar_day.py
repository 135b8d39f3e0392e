"""`calendar_day 2027-10-01 holiday --name 国庆节 --source 国办发明电…`: one day of a notice, by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workdays.models import Day


class Command(BaseCommand):
    """Rows overrule the library; running deadlines are counted again soon after (outbox)."""

    help = "Say that a day is off, worked, or what its weekday says (remove)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The day, what it is, and where that is written."""
        parser.add_argument("date", type=dt.date.fromisoformat, help="as 2027-10-01")
        parser.add_argument("kind", choices=[*Day.Kind.values, "remove"])
        parser.add_argument("--name", default="")
        parser.add_argument("--source", default="", help="the notice; needed unless removed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or remove the row."""
        day, kind = options["date"], options["kind"]
        if kind == "remove":
            for row in Day.objects.filter(date=day):
                row.delete()
            return
        if not options["source"].strip():
            raise CommandError("--source is needed: which notice says so?")
        fields = {"kind": kind, "name": options["name"], "source": options["source"]}
        Day.objects.update_or_create(date=day, defaults=fields)
        self.stdout.write(f"{day}: {kind}")
