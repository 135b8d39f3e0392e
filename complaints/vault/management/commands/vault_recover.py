"""Two holders come together: a drill, or the recovery of an office that nobody can open any more."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from complaints.vault import recovery, terminal
from complaints.vault.models import Membership, Office


class Command(BaseCommand):
    help = (
        "With the codes of two holders: --check opens every epoch of every office and its canary and changes "
        "nothing; --office and --administrator give an office to a new administrator and rotate its key. "
        "Codes and password are asked for in a terminal, or read from files; never from the command line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--check", action="store_true", help="a drill: open everything, change nothing")
        parser.add_argument("--office", metavar="CODE", help="the office to recover")
        parser.add_argument("--administrator", metavar="USER", help="who gets it; they have accepted already")
        terminal.options(parser)
        parser.add_argument("--custodian", metavar="USER", help="also give the identity seeds to this person")
        parser.add_argument("--approver", metavar="USER", help="also give the approval seeds to this person")

    def handle(self, *args: Any, **options: Any) -> None:
        """Drill or recover."""
        if options["check"] == bool(options["office"]):
            raise CommandError("Either --check, or --office with --administrator.")
        with terminal.told_plainly():
            pair = recovery.pair_of(*terminal.codes(options["codes"]))
            if options["check"]:
                self._drill(pair)
            else:
                self._recover(pair, options)

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
        user = terminal.staff(options["administrator"])
        seed = terminal.seed_of(user, options["password"])
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
                    user=terminal.staff(options[role]),
                    role=role,
                )
                self.stdout.write(f"{options[role]} is {role} and holds {len(epochs)} older epochs.")
