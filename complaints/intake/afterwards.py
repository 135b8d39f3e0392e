"""What a reporter can do besides writing: take back, rate, object, change the receipt, close the mailbox.

A new receipt opens the tip in place of the old one from that moment, in every browser. The talk keys are not
changed by it, because only an office can sign later ones: the reporter's seed of the first receipt lies
sealed under that of the newest. Who has seen the old receipt *and* holds a copy of the database still reads
the tip (docs/security.md, what stays open).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from accounts.keys import KeySeed, SealBroken, kdf, seal, unseal
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from ledger import services as ledger
from ledger.models import Event
from workdays import clock, rules

from complaints.intake import services, uploads
from complaints.intake.models import Message, State, Tip
from complaints.intake.reading import File
from complaints.vault import receipts, wraps
from complaints.vault.models import Cell, SealedFile, Wrap
from complaints.vault.tips import TipKeys

OBJECTION_RULE = "objection"
RATINGS = (3, 2, 1)


class TooLate(Exception):
    """It can not be done any more: the message was read, the time is over, it was done before."""


def withdraw(*, tip: Tip, message: UUID, files: Sequence[File]) -> None:
    """Takes back a message of the reporter's that nobody at the office has opened, with its files.

    Its text and files are destroyed; that there was one stays in the ledger. Raises TooLate, services.Moved.
    """
    with transaction.atomic():
        services.mark_changed(tip)
        own = Message.objects.filter(pk=message, tip=tip, author=Message.Author.REPORTER, read_on=None)
        row = own.select_for_update().first()
        if row is None:
            raise TooLate
        names = _forget(tip, row, files)
        ledger.record(kind="withdrawn", actor="reporter", tag=bytes(tip.tag), date=clock.today())
    for name in names:
        uploads.drop_blob(name)


def _forget(tip: Tip, row: Message, files: Sequence[File]) -> list[str]:
    """In the transaction: message, cells and files gone; the names of the blobs to delete after it."""
    cell = row.cell_id
    row.delete()
    sealed = SealedFile.objects.filter(tip=tip.uuid, uuid__in=[file.uuid for file in files])
    names = list(sealed.values_list("name", flat=True))
    sealed.delete()
    own = [cell, *(file.cell for file in files), *(file.text for file in files if file.text)]
    Cell.objects.filter(tip=tip.uuid, uuid__in=own).delete()
    Tip.objects.filter(pk=tip.pk).update(files=F("files") - len(names))
    return names


def rate(*, tip: Tip, rating: int) -> None:
    """How satisfied the reporter is with a closed tip: 3, 2 or 1, once. Raises TooLate, ValueError."""
    if rating not in RATINGS:
        raise ValueError("no such rating")
    with transaction.atomic():
        if not Tip.objects.filter(pk=tip.pk, state=State.CLOSED, rating=None).update(rating=rating):
            raise TooLate
        ledger.record(kind="rated", actor="reporter", tag=bytes(tip.tag), date=clock.today())


def objection_until(tip: Tip) -> date | None:
    """The last day to object; None where it cannot be objected to (any more)."""
    if tip.objected or Event.objects.filter(tag=bytes(tip.tag), kind="objected").exists():
        return None
    return _window(tip)


def _window(tip: Tip) -> date | None:
    """The last day of the window, if the tip is closed and today is within."""
    if tip.state != State.CLOSED or tip.closed_at is None:
        return None
    try:
        closed_on = timezone.localtime(tip.closed_at).date()
        until = rules.deadline(OBJECTION_RULE, closed_on, strict=False).due
    except rules.UnknownRule:  # the operator switched it off
        return None
    return until if clock.today() <= until else None


def raise_objection(
    *, tip: Tip, keys: TipKeys, text: str, files: Sequence[uploads.HandedFile] = ()
) -> Message:
    """Once within the window: a message, and the tip waits for somebody who has not worked on it.

    Raises TooLate, BadAnswer, services.Moved.
    """
    with transaction.atomic():
        message = services.add_message(
            tip=tip, keys=keys, author=Message.Author.REPORTER, text=text, files=files, kind="objected"
        )
        # The office's row is locked by now, and the event just written is ours: another one was before.
        if Event.objects.filter(tag=bytes(tip.tag), kind="objected").count() > 1:
            raise TooLate
        closed = Tip.objects.filter(pk=tip.pk, state=State.CLOSED, objected=False)
        if _window(Tip.objects.get(pk=tip.pk)) is None:
            raise TooLate
        if not closed.update(objected=True, revision=F("revision") + 1):
            raise TooLate
    return message


# The receipt --------------------------------------------------------------------------------------------


def reporter_of(tip: Tip, master: receipts.Master) -> KeySeed | None:
    """The seed that reads the tip: the receipt's own, or the one that was passed on to it."""
    if not tip.passed_on:
        return master.reporter
    try:
        return KeySeed(unseal(_key(master.reporter, tip), bytes(tip.passed_on), _aad(tip)))
    except SealBroken:
        return None


def change_receipt(*, tip: Tip, reporter: KeySeed, master: receipts.Master) -> None:
    """From now on the receipt of `master` opens the tip, and the one before opens nothing. Raises TooLate.

    `reporter` is the seed that reads the tip; sealed to the new one it is what the row keeps.
    """
    passed_on = seal(_key(master.reporter, tip), reporter.seed, _aad(tip))
    with transaction.atomic():
        rows = Tip.objects.filter(pk=tip.pk, lookup_id=bytes(tip.lookup_id), mailbox_closed=False)
        if not rows.update(lookup_id=master.lookup_id, salt_version=master.salt_version, passed_on=passed_on):
            raise TooLate
        ledger.record(kind="receipt-changed", actor="reporter", tag=bytes(tip.tag), date=clock.today())


def close_mailbox(*, tip: Tip, reporter: KeySeed) -> None:
    """No receipt opens the tip any more, whoever has it; the office goes on. Raises TooLate.

    The reporter's wraps go with it, so that a later thief with receipt and database reads nothing either.
    """
    own = Wrap.objects.filter(subject=tip.uuid, recipient=wraps.recipient_hash(reporter.box_public))
    with transaction.atomic():
        rows = Tip.objects.filter(pk=tip.pk, lookup_id=bytes(tip.lookup_id), mailbox_closed=False)
        nobody = secrets.token_bytes(32)
        if not rows.update(lookup_id=nobody, mailbox_closed=True, passed_on=b"", waiting=False):
            raise TooLate
        own.delete()
        ledger.record(kind="mailbox-closed", actor="reporter", tag=bytes(tip.tag), date=clock.today())


def _key(newest: KeySeed, tip: Tip) -> bytes:
    return kdf(newest.seed, "qf1-passed", tip.uuid.bytes)


def _aad(tip: Tip) -> bytes:
    return b"qf1-passed\0" + tip.uuid.bytes
