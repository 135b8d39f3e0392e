"""Check the ledger: `manage.py ledger_verify [--key VKEY] [FILE…]`; exit code 1 where it was changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext, ngettext

from ledger.notes import NoteInvalid
from ledger.verify import Held, Result, verify

MOST_SHOWN, MOST_BYTES = 50, 200_000


class Command(BaseCommand):
    help = (
        "Make every leaf and hash of the ledger again from the event rows, and compare with what was signed: "
        "checkpoints, lists, and the files that you kept (checkpoints, proofs, acknowledgements)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """--json: one object on standard output."""
        parser.add_argument("files", nargs="*", metavar="FILE", help="what you kept outside")
        parser.add_argument("--key", default="", metavar="VKEY", help="the verifier key, from print")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, json: bool, files: list[str], key: str, **options: Any) -> None:
        """Print what is wrong and end with an error, or the size and the root."""
        result, faults = Result(), 0
        shown: list[dict[str, str]] = []
        try:
            for fault in verify(result, Held(key, [_content(name) for name in files])):
                faults += 1
                if faults <= MOST_SHOWN:
                    shown.append({"event": fault.event, "what": fault.what})
                    if not json:
                        self.stderr.write(str(fault))
        except NoteInvalid as error:
            raise CommandError(f"--key: {error}") from None
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


def _content(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name}: {type(error).__name__}") from None


def _object(result: Result, faults: int, shown: list[dict[str, str]]) -> str:
    return json.dumps(
        {
            "size": result.size,
            "waiting": result.waiting,
            "destroyed": result.destroyed,
            "root": result.root.hex(),
            "faults": faults,
            "first": shown,
        },
        ensure_ascii=False,
    )
