"""What can go wrong in the vault. No message ever holds anything confided."""

from __future__ import annotations

from accounts.slots import Busy

__all__ = [
    "BadSeal",
    "Busy",
    "Corrupt",
    "DirectoryBroken",
    "Mistyped",
    "NoIdentityOffice",
    "NotAMember",
    "NotReady",
    "Refused",
    "VaultError",
]


class VaultError(Exception):
    """Any refusal of the vault."""


class BadSeal(VaultError):
    """Something sealed does not open: another key, another place, or changed bytes."""


class Corrupt(VaultError):
    """A sealed file is cut, lengthened or changed."""


class DirectoryBroken(VaultError):
    """The signed directory does not verify, or lies behind what was pinned: nothing is sealed any more."""


class NotReady(VaultError):
    """`vault_init` has not run, or what it made is not here."""


class NotAMember(VaultError):
    """This key opens nothing of that office."""


class NoIdentityOffice(VaultError):
    """Neither the office nor one above it has a custodian and an approver: no identity can be sealed."""


class Refused(VaultError):
    """A grant or a new office that the rules do not allow; the message is for the administrator."""


class Mistyped(VaultError):
    """What was typed is no receipt. `reason` is "length" (not 25 digits) or "check" (a digit is wrong)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
