"""Set the vault up: once, and again without harm."""

from __future__ import annotations

import getpass
import secrets
import sys
from pathlib import Path
from typing import Any

from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from complaints.vault import offices, root, services, terminal
from complaints.vault.errors import VaultError
from complaints.vault.models import Office

# No 0/O, 1/I/l: the password is read from paper once. 20 of 55 signs are 115 bits.
PASSWORD_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"  # noqa: S105


class Command(BaseCommand):
    help = (
        "Makes the salt of receipts, the root key and three holders, whose codes are told once. With "
        "--office and --administrator also the topmost office. What is there already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the options."""
        parser.add_argument("--office", metavar="NAME", help="name of the topmost office")
        parser.add_argument("--office-en", metavar="NAME", default="", help="its name in English")
        parser.add_argument("--code", default="root", help="its code (default: root)")
        parser.add_argument("--outside-address", default="", help="where reports about that office itself go")
        parser.add_argument("--administrator", metavar="USER", help="its first administrator")
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="write the holders' codes there (new file, mode 0600)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Set up, then the office where one is named."""
        if bool(options["office"]) != bool(options["administrator"]):
            raise CommandError("--office and --administrator go together.")
        try:
            self._initialise(options["out"])
            if options["office"]:
                self._office(options)
        except VaultError as error:
            raise CommandError(str(error)) from error

    def _initialise(self, out: Path | None) -> None:
        fresh = not root.known()
        if fresh:
            terminal.room_for_codes(out)
        codes = services.initialise().codes
        if codes is None:
            self.stdout.write("The vault is set up already.")
        else:
            terminal.tell_codes(codes, out, self.stdout)
        self.stdout.write(f"Root key (VAULT_ROOT): {root.public().hex()}")

    def _office(self, options: dict[str, Any]) -> None:
        if Office.objects.filter(parent=None).exists():
            self.stdout.write("The topmost office is there already.")
            return
        root.pending()  # before an account is made: may this root still sign?
        user, seed, password = self._administrator(options["administrator"])
        try:
            offices.create_root(
                code=options["code"],
                name=options["office"],
                name_en=options["office_en"],
                administrator=user,
                administrator_seed=seed,
                outside_address=options["outside_address"],
            )
        except IntegrityError as error:
            raise CommandError(f"The code {options['code']} is in use.") from error
        self.stdout.write(f"Office made: {options['office']}. Administrator: {user.username}")
        if password:
            self.stdout.write(f"Password, shown this once: {password}")
        self.stdout.write("The private half of the root key is dropped.")

    def _administrator(self, username: str) -> tuple[User, KeySeed, str]:
        """The person, the opened seed, and the password if it was made here."""
        user = User.objects.filter(username=username).first()
        if user is None:
            password = "".join(secrets.choice(PASSWORD_SIGNS) for _ in range(20))
            try:
                user = accounts.create_staff(username=username, password=password)
            except ValidationError as error:
                raise CommandError("; ".join(error.messages)) from error
            return user, accounts.open_seed(user=user, password=password), password
        if not sys.stdin.isatty():
            raise CommandError(
                f"{username} has a password already; run this in a terminal to be asked for it."
            )
        try:
            password = getpass.getpass(f"Password of {username}: ")
            return user, accounts.open_seed(user=user, password=password), ""
        except accounts.WrongPassword as error:
            raise CommandError("That is not the password.") from error
