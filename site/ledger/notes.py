"""Signed notes (C2SP signed-note, Ed25519): the form of acknowledgements and checkpoints."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

ED25519, COSIGNATURE = b"\x01", b"\x04"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_CHARACTERS, MOST_SIGNATURES = 65_536, 100


class NoteInvalid(ValueError):
    """A note that is malformed, or not signed by the key in question."""


def key_name() -> str:
    """The ledger's name and origin: a schema-less address, as the formats recommend. It must not change.

    On a loopback address the port is left out: it is another one every other day.
    """
    if settings.LEDGER_NAME:
        return str(settings.LEDGER_NAME)
    address = urlsplit(settings.SITE_URL)
    host = address.hostname or ""
    return f"{host if host in LOOPBACK else address.netloc}/ledger"


def signing_key() -> SigningKey:
    """The ledger's Ed25519 key."""
    return SigningKey(settings.LEDGER_KEY)


def own_vkey() -> str:
    """The verifier key of the key that signs now: to be printed, published, and given to witnesses."""
    return vkey(key_name(), bytes(signing_key().verify_key))


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """4 bytes: SHA-256(name ‖ newline ‖ type ‖ public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def vkey(name: str, public: bytes, kind: bytes = ED25519) -> str:
    """The verifier key to print and publish: name+id+base64."""
    return f"{name}+{key_id(name, public, kind).hex()}+{base64.b64encode(kind + public).decode()}"


def sign(text: str, *, name: str, key: SigningKey) -> str:
    """The note: text, empty line, one signature line. Raises NoteInvalid for a text without the form."""
    _check_text(text)
    return f"{text}\n{signature_line(text, name=name, key=key)}\n"


def signature_line(text: str, *, name: str, key: SigningKey) -> str:
    """The line to put under the text, without its newline. Raises NoteInvalid for a name without the form."""
    if not name or "+" in name or any(c.isspace() for c in name):
        raise NoteInvalid("a key name has no space and no plus")
    signature = key.sign(text.encode()).signature
    blob = base64.b64encode(key_id(name, bytes(key.verify_key)) + signature).decode()
    return f"— {name} {blob}"


@dataclass(frozen=True)
class Signature:
    """One line under a note: who says to have signed, the 4 bytes of the key's id, and what follows them."""

    name: str
    key_id: bytes
    blob: bytes
    line: str


def split(note: str) -> tuple[str, list[Signature]]:
    """(text with its last newline, signatures) of a note; nothing is checked but its form.

    Raises NoteInvalid, also for a note of more than 64 kB or 100 signatures.
    """
    if len(note) > MOST_CHARACTERS:
        raise NoteInvalid("the note is too long")
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NoteInvalid("no signatures")
    _check_text(text + "\n")
    return text + "\n", signatures(lines)


def signatures(lines: str) -> list[Signature]:
    """The signature lines, each ending in a newline. Raises NoteInvalid."""
    if not lines.endswith("\n") or lines.count("\n") > MOST_SIGNATURES:
        raise NoteInvalid("no signatures, or too many")
    return [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    signer, _, blob = rest.partition(" ")
    try:
        raw = base64.b64decode(blob, validate=True)
    except ValueError:
        raise NoteInvalid("a signature is not base64") from None
    if dash != "—" or not signer or "+" in signer or any(c.isspace() for c in line[2:].replace(" ", "", 1)):
        raise NoteInvalid("a signature line is malformed")
    if len(raw) < 5:
        raise NoteInvalid("a signature line is malformed")
    return Signature(signer, raw[:4], raw[4:], line)


def verify(note: str, *, vkey: str) -> str:
    """The text of a note that this verifier key signed. Raises NoteInvalid otherwise."""
    name, ident, public = parse_vkey(vkey)
    text, lines = split(note)
    signed = False
    for line in lines:
        if (line.name, line.key_id) == (name, ident):
            try:
                public.verify(text.encode(), line.blob)
            except (BadSignatureError, ValueError):
                raise NoteInvalid("the signature is wrong") from None
            signed = True
    if not signed:
        raise NoteInvalid("not signed by this key")
    return text


def verify_cosignature(text: str, line: Signature, *, vkey: str) -> int:
    """Seconds since 1970 at which the witness `vkey` (type 0x04) signed the checkpoint `text`.

    Raises NoteInvalid where this line is not the witness's, or does not hold (C2SP tlog-cosignature).
    """
    name, ident, public = parse_vkey(vkey, COSIGNATURE)
    if (line.name, line.key_id) != (name, ident) or len(line.blob) != 8 + 64:
        raise NoteInvalid("not a cosignature of this witness")
    at = int.from_bytes(line.blob[:8], "big")
    if not 0 < at < 2**63:
        raise NoteInvalid("a cosignature has a time")
    try:
        public.verify(cosigned(text, at), line.blob[8:])
    except (BadSignatureError, ValueError):
        raise NoteInvalid("the cosignature is wrong") from None
    return at


def cosigned(text: str, at: int) -> bytes:
    """What a witness signs: header, time, and the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def parse_vkey(vkey: str, kind: bytes = ED25519) -> tuple[str, bytes, VerifyKey]:
    """(name, id of 4 bytes, key) of a verifier key of this type. Raises NoteInvalid."""
    try:
        name, ident, blob = vkey.split("+", 2)
        raw = base64.b64decode(blob, validate=True)
        if not name or any(c.isspace() for c in name) or raw[:1] != kind:
            raise ValueError
        if key_id(name, raw[1:], kind).hex() != ident:
            raise ValueError
        return name, bytes.fromhex(ident), VerifyKey(raw[1:])
    except (ValueError, TypeError):
        raise NoteInvalid("the verifier key is malformed") from None


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise NoteInvalid("a note's text ends in a newline and has no control characters")
