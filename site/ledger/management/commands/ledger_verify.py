"""Check the ledger against itself: `manage.py ledger_verify`; exit code 1 where something was changed."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext, ngettext

from ledger.verify import Result, verify

MOST_SHOWN = 50


class Command(BaseCommand):
    help = "Make every leaf and hash of the ledger again from the event rows and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        """--json: one object on standard output."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, json: bool, **options: Any) -> None:
        """Print what is wrong and end with an error, or the size and the root."""
        result, faults = Result(), 0
        shown: list[dict[str, str]] = []
        for fault in verify(result):
            faults += 1
            if faults <= MOST_SHOWN:
                shown.append({"event": fault.event, "what": fault.what})
                if not json:
                    self.stderr.write(str(fault))
        if json:
            self.stdout.write(_object(result, faults, shown))
        if faults:
            raise CommandError(
                ngettext("台账有 %(n)d 处与记录不符。", "台账有 %(n)d 处与记录不符。", faults) % {"n": faults}
            )
        if not json:
            self.stdout.write(
                gettext("台账完好：%(size)d 个叶，%(waiting)d 个事件待入树，根 %(root)s。")
                % {"size": result.size, "waiting": result.waiting, "root": result.root.hex()}
            )


def _object(result: Result, faults: int, shown: list[dict[str, str]]) -> str:
    return json.dumps(
        {
            "size": result.size,
            "waiting": result.waiting,
            "root": result.root.hex(),
            "faults": faults,
            "first": shown,
        },
        ensure_ascii=False,
    )
