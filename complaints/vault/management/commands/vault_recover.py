"""Two holders come together: a drill, or the recovery of an office that nobody can open any more."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import Any

from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.vault import recovery
from complaints.vault.errors import BadSeal, Mistyped, VaultError
from complaints.vault.models import Membership, Office

WRONG = {
    "length": "A code has 14 groups of four letters and digits.",
    "check": "One of the letters or digits is mistyped.",
}


class Command(BaseCommand):
    help = (
        "With the codes of two holders: --check opens every epoch of every office and its canary and changes "
        "nothing; --office and --administrator give an office to a new administrator and rotate its key. "
        "Codes and password are asked for in a terminal, or read from files; never from the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--check", action="store_true", help="a drill: open everything, change nothing")
        parser.add_argument("--codes", type=Path, metavar="FILE", help="two codes, one a line, or JSON")
        parser.add_argument("--office", metavar="CODE", help="the office to recover")
        parser.add_argument("--administrator", metavar="USER", help="who gets it; they have accepted already")
        parser.add_argument("--password", type=Path, metavar="FILE", help="the administrator's password")
        parser.add_argument("--custodian", metavar="USER", help="also give the identity seeds to this person")
        parser.add_argument("--approver", metavar="USER", help="also give the approval seeds to this person")

    def handle(self, *args: Any, **options: Any) -> None:
        """Drill or recover."""
        if options["check"] == bool(options["office"]):
            raise CommandError("Either --check, or --office with --administrator.")
        try:
            pair = recovery.pair_of(*self._codes(options["codes"]))
            if options["check"]:
                self._drill(pair)
            else:
                self._recover(pair, options)
        except Mistyped as error:
            raise CommandError(WRONG[error.reason]) from None
        except BadSeal:
            raise CommandError("Nothing of that office is sealed to these two holders.") from None
        except VaultError as error:
            raise CommandError(str(error)) from error

    def _codes(self, file: Path | None) -> tuple[str, str]:
        if file is None:
            if not sys.stdin.isatty():
                raise CommandError("The codes are asked for in a terminal, or read from --codes FILE.")
            return getpass.getpass("First code: "), getpass.getpass("Second code: ")
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} cannot be read.") from error
        lines = json.loads(text)["holders"] if text.lstrip().startswith("{") else text.split()
        if len(lines) < 2:
            raise CommandError("Two codes are needed.")
        return lines[0], lines[1]

    def _drill(self, pair: recovery.Pair) -> None:
        tried = recovery.drill(pair)
        for item in tried:
            word = "opens" if item.well else "the seed opens, the canary does not" if item.seed else "CLOSED"
            self.stdout.write(f"{item.office:<20} {item.purpose:<9} epoch {item.epoch:<4} {word}")
        closed = sum(not item.well for item in tried)
        self.stdout.write(f"{len(tried)} epochs, {closed} closed. Nothing was changed.")
        if closed:
            sys.exit(1)

    def _recover(self, pair: recovery.Pair, options: dict[str, Any]) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(f"There is no office {options['office']}.")
        if not options["administrator"]:
            raise CommandError("--administrator names who gets the office.")
        user = self._user(options["administrator"])
        seed = self._seed(user, options["password"])
        held = Membership.objects.filter(office=office, user=user, role="administrator", ended_at=None)
        if not (held.exists() and (options["custodian"] or options["approver"])):
            job = recovery.recover(office=office, pair=pair, user=user, seed=seed)
            self.stdout.write(f"{user.username} administers {office.name}. Its key has been rotated;")
            self.stdout.write(f"{job.total} tips are sealed anew when {user.username} unlocks the desk.")
        for role in ("custodian", "approver"):
            if options[role]:
                epochs = recovery.hand_guardian(
                    office=office,
                    pair=pair,
                    administrator=user,
                    seed=seed,
                    user=self._user(options[role]),
                    role=role,
                )
                self.stdout.write(f"{options[role]} is {role} and holds {len(epochs)} older epochs.")

    def _user(self, username: str) -> User:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no {username}: invite them first.")
        return user

    def _seed(self, user: User, file: Path | None) -> KeySeed:
        if file is None and not sys.stdin.isatty():
            raise CommandError("The password is asked for in a terminal, or read from --password FILE.")
        password = (
            file.read_text(encoding="utf-8").rstrip("\n")
            if file
            else getpass.getpass(f"Password of {user.username}: ")
        )
        try:
            return accounts.open_seed(user=user, password=password)
        except accounts.WrongPassword:
            raise CommandError("That is not the password, or there is no key yet.") from None
