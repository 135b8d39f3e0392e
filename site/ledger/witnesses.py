"""Witnesses: who keeps our checkpoints outside, and signs that each goes on from the one before.

Two ways to be one. Mail: the first checkpoint of each day comes by mail and is kept. Cosigning (C2SP
tlog-witness, tlog-cosignature): we offer each checkpoint with its consistency proof, or the witness fetches
it and sends the line it signed; a line that holds is shown under the checkpoint from then on.
"""

from __future__ import annotations

import base64
import datetime as dt
import urllib.error
import urllib.request
from http import HTTPStatus

from django.db import transaction
from workdays import clock

from ledger import checkpoints, notes, tree
from ledger.models import Checkpoint, Cosignature, Witness
from ledger.notes import NoteInvalid

MOST_PROOF, TIMEOUT, MOST_ANSWER = 63, 10, 20_000
AHEAD = dt.timedelta(minutes=10)  # how far a witness's clock may be before ours


class Unreachable(RuntimeError):
    """The witness did not answer as the protocol says; it is asked again later."""


def add(*, name: str = "", vkey: str = "", email: str = "", url: str = "") -> Witness:
    """Name a witness. With a key, the name is the key's. Raises NoteInvalid, ValueError."""
    if vkey:
        key_name, _, _ = notes.parse_vkey(vkey, notes.COSIGNATURE)
        if name and name != key_name:
            raise ValueError("the name of a witness with a key is that of the key")
        name = key_name
    if not name or not (vkey or email):
        raise ValueError("a witness has a name, and a key or a mail address")
    if url and (not vkey or not url.startswith(("https://", "http://"))):
        raise ValueError("a witness with an address has a key, and the address begins with https://")
    fields = {"vkey": vkey, "email": email, "url": url.rstrip("/"), "active": True}
    return Witness.objects.update_or_create(
        name=name, defaults=fields, create_defaults={**fields, "added_at": clock.now()}
    )[0]


def take(note: str) -> list[Cosignature]:
    """Keep the lines of known witnesses under a checkpoint of ours; those that were new.

    `note` is the checkpoint with the lines under it. Lines of others are passed over. Raises NoteInvalid
    for a text that is no checkpoint we made, or a known witness's line that does not hold.
    """
    text, lines = notes.split(note)
    said = checkpoints.parse(text)
    checkpoint = Checkpoint.objects.filter(size=said.size).first()
    if checkpoint is None or notes.split(checkpoint.note)[0] != text:
        raise NoteInvalid("not a checkpoint of this ledger")
    return _keep(checkpoint, text, lines)


def _keep(checkpoint: Checkpoint, text: str, lines: list[notes.Signature]) -> list[Cosignature]:
    known = {witness.name: witness for witness in Witness.objects.filter(active=True).exclude(vkey="")}
    kept = []
    for line in lines:
        witness = known.get(line.name)
        if witness is None or notes.parse_vkey(witness.vkey, notes.COSIGNATURE)[1] != line.key_id:
            continue
        at = _time(notes.verify_cosignature(text, line, vkey=witness.vkey))
        with transaction.atomic():
            row, new = Cosignature.objects.get_or_create(
                checkpoint=checkpoint, witness=witness, defaults={"line": line.line, "signed_at": at}
            )
            Witness.objects.filter(pk=witness.pk, size__lt=checkpoint.size).update(size=checkpoint.size)
        kept += [row] if new else []
    return kept


def _time(seconds: int) -> dt.datetime:
    if seconds > (clock.now() + AHEAD).timestamp():
        raise NoteInvalid("the cosignature is of a time to come")
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


def offer(witness: Witness, checkpoint: Checkpoint) -> bool:
    """Ask a witness with an address to cosign; True where it has. Raises Unreachable, NoteInvalid.

    Where it remembers another checkpoint than we think, it says so, and is asked once more from there.
    """
    if Cosignature.objects.filter(witness=witness, checkpoint=checkpoint).exists():
        return True
    status, answer = _post(witness, request(checkpoint, witness.size))
    if status == HTTPStatus.CONFLICT:
        known = answer.strip()
        if not known.isdecimal() or int(known) > checkpoint.size:
            raise Unreachable(f"knows a tree of {known[:20]!r} leaves")
        status, answer = _post(witness, request(checkpoint, int(known)))
    if status != HTTPStatus.OK:
        raise Unreachable(f"answered {status}")
    text, _ = notes.split(checkpoint.note)
    _keep(checkpoint, text, notes.signatures(answer))
    return Cosignature.objects.filter(witness=witness, checkpoint=checkpoint).exists()


def request(checkpoint: Checkpoint, old: int) -> str:
    """The body of add-checkpoint: old size, consistency proof, empty line, checkpoint."""
    proof = tree.consistency_proof(old, checkpoint.size) if old else []
    hashes = "".join(f"{base64.b64encode(value).decode()}\n" for value in proof[:MOST_PROOF])
    return f"old {old}\n{hashes}\n{checkpoint.note}"


def _post(witness: Witness, body: str) -> tuple[int, str]:
    """(status, body of the answer, at most 20 kB). The address was named by an operator, not by a visitor."""
    ask = urllib.request.Request(f"{witness.url}/add-checkpoint", body.encode(), method="POST")  # noqa: S310
    ask.add_header("Content-Type", "text/plain; charset=utf-8")
    try:
        with urllib.request.urlopen(ask, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.status, answer.read(MOST_ANSWER).decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(MOST_ANSWER).decode(errors="replace")
    except OSError as error:
        raise Unreachable(type(error).__name__) from None


def is_first_of_day(checkpoint: Checkpoint) -> bool:
    """Is it the one that goes out by mail?"""
    day = checkpoint.created_at.astimezone(clock.now().tzinfo).date()
    before = Checkpoint.objects.filter(size__lt=checkpoint.size).order_by("-size").first()
    return before is None or before.created_at.astimezone(clock.now().tzinfo).date() < day
