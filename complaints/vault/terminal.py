"""What the commands of holders ask a person for: in a terminal or from files, never on the command line."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accounts import services as accounts
from accounts.keys import KeySeed
from accounts.models import User
from django.core.management.base import CommandError, CommandParser, OutputWrapper

from complaints.vault.errors import BadSeal, Mistyped, VaultError
from complaints.vault.stores import write_once

WRONG = {
    "length": "A code has 14 groups of four letters and digits.",
    "check": "One of the letters or digits is mistyped.",
}


def options(parser: CommandParser) -> None:
    """Where codes and password come from."""
    parser.add_argument("--codes", type=Path, metavar="FILE", help="two codes, one a line, or JSON")
    parser.add_argument("--password", type=Path, metavar="FILE", help="the administrator's password")


@contextmanager
def told_plainly() -> Iterator[None]:
    """What went wrong with codes and seals, as a sentence."""
    try:
        yield
    except Mistyped as error:
        raise CommandError(WRONG[error.reason]) from None
    except BadSeal:
        raise CommandError("Nothing of that office is sealed to these two holders.") from None
    except VaultError as error:
        raise CommandError(str(error)) from error


def codes(file: Path | None) -> tuple[str, str]:
    """Two holders' codes."""
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


def staff(username: str) -> User:
    """The active person with this name."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no {username}: invite them first.")
    return user


def seed_of(user: User, file: Path | None) -> KeySeed:
    """The person's own seed, opened with their password."""
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


def room_for_codes(out: Path | None) -> None:
    """New codes have a place to go to, before they are made."""
    if out is None and not sys.stdout.isatty():
        raise CommandError("The holders' codes go to a terminal or to --out FILE, never to a log.")
    if out is not None and out.exists():
        raise CommandError(f"{out} is there already; the holders' codes need a new file.")


def tell_codes(new: Sequence[str], out: Path | None, stdout: OutputWrapper) -> None:
    """Three holders' codes, into a new file (mode 0600) or onto the terminal."""
    if out is not None:
        write_once(out, json.dumps({"holders": list(new)}, indent=1))
        stdout.write(f"The codes of the three holders are in {out}. Print them, then delete the file.")
        return
    stdout.write("Give one code to each of three holders, on paper. They are not shown again.")
    for number, code in enumerate(new, start=1):
        stdout.write(f"  {number}  {code}")
