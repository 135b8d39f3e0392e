"""Proof files (C2SP tlog-proof): that an event's leaf stands in a tree whose head is signed.

The file opens the public half of the leaf and nothing else: what happened (`kind`), on which day, the tip's
random tag. Of the private half (who, exactly when, which sealed text) it holds the salted hash alone.
"""

from __future__ import annotations

import base64
import hashlib
import json

import rfc8785

from ledger import checkpoints, leaves, merkle, tree
from ledger.models import Checkpoint, Event

HEADER = "c2sp.org/tlog-proof@v1"


class NotYet(LookupError):
    """The event is in no signed tree yet."""


def of(event: Event, *, checkpoint: Checkpoint | None = None) -> str:
    """The proof file of an event, in the tree of the newest checkpoint or of the one given.

    Raises NotYet; ValueError for an event whose opening was destroyed: nobody can open it any more.
    """
    if event.destroyed_by is not None:
        raise ValueError("the opening of this event was destroyed")
    checkpoint = checkpoint or checkpoints.latest()
    if checkpoint is None or event.position is None or event.position >= checkpoint.size:
        raise NotYet("the event is in no signed tree yet")
    proof = tree.inclusion_proof(event.position, checkpoint.size)
    return text(extra(event), event.position, proof, checkpoints.signed(checkpoint))


def text(extra: bytes, index: int, proof: list[bytes], checkpoint: str) -> str:
    """The file."""
    lines = [HEADER]
    if extra:
        lines.append(f"extra {base64.b64encode(extra).decode()}")
    lines.append(f"index {index}")
    lines += [base64.b64encode(value).decode() for value in proof]
    return "\n".join(lines) + f"\n\n{checkpoint}"


def extra(event: Event) -> bytes:
    """JSON: `public` as it was hashed, its `salt`, and the hash of the private half, in hex."""
    public = leaves.public_json(event=event.uuid, kind=event.kind, tag=bytes(event.tag), date=event.date)
    private = leaves.private_json(
        actor=event.actor, cell=bytes(event.cell_hash), details=event.details, at=event.at
    )
    hidden = hashlib.sha256(bytes(event.salt_private) + private).hexdigest()
    return json.dumps(
        {"public": json.loads(public), "salt": bytes(event.salt_public).hex(), "private": hidden}
    ).encode()


def parse(proof: str) -> tuple[int, list[bytes], str]:
    """(index, hashes, checkpoint note) of a proof file. Raises ValueError."""
    head, gap, checkpoint = proof.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != HEADER:
        raise ValueError("not a proof file")
    if lines[1:2] and lines[1].startswith("extra "):
        del lines[1]
    word, _, index = lines[1].partition(" ") if len(lines) > 1 else ("", "", "")
    if word != "index" or not index.isdecimal() or str(int(index)) != index:
        raise ValueError("a proof file names an index")
    return int(index), [base64.b64decode(line, validate=True) for line in lines[2:]], checkpoint


def opened(proof: str) -> tuple[str, bytes]:
    """(UUID of the event, leaf hash of 32 bytes) that a proof file's opening leads to. Raises ValueError."""
    line = proof.split("\n")[1]
    try:
        opening = json.loads(base64.b64decode(line.removeprefix("extra "), validate=True))
        public = rfc8785.dumps(opening["public"])
        pub = hashlib.sha256(bytes.fromhex(opening["salt"]) + public).digest()
        leaf = merkle.leaf_hash(pub + bytes.fromhex(opening["private"]))
        return str(opening["public"]["event"]), leaf
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the proof file opens no leaf") from error
