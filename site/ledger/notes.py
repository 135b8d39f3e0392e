"""Signed notes (C2SP signed-note, Ed25519): the form of acknowledgements and checkpoints."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

from django.conf import settings
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

ED25519 = b"\x01"


class NoteInvalid(ValueError):
    """A note that is malformed, or not signed by the key in question."""


def key_name() -> str:
    """The ledger's name: a schema-less address, as the format recommends."""
    return f"{urlsplit(settings.SITE_URL).netloc}/ledger"


def signing_key() -> SigningKey:
    """The ledger's Ed25519 key."""
    return SigningKey(settings.LEDGER_KEY)


def key_id(name: str, public: bytes) -> bytes:
    """4 bytes: SHA-256(name ‖ newline ‖ type ‖ public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def vkey(name: str, public: bytes) -> str:
    """The verifier key to print and publish: name+id+base64."""
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def sign(text: str, *, name: str, key: SigningKey) -> str:
    """The note: text, empty line, one signature line. Raises NoteInvalid for a text without the form."""
    _check_text(text)
    if not name or "+" in name or any(c.isspace() for c in name):
        raise NoteInvalid("a key name has no space and no plus")
    signature = key.sign(text.encode()).signature
    blob = base64.b64encode(key_id(name, bytes(key.verify_key)) + signature).decode()
    return f"{text}\n— {name} {blob}\n"


def verify(note: str, *, vkey: str) -> str:
    """The text of a note that this verifier key signed. Raises NoteInvalid otherwise."""
    name, ident, public = _parse_vkey(vkey)
    text, gap, lines = note.rpartition("\n\n")
    text += "\n"
    if not gap or not lines.endswith("\n"):
        raise NoteInvalid("no signatures")
    _check_text(text)
    signed = False
    for line in lines.splitlines():
        dash, _, rest = line.partition(" ")
        signer, _, blob = rest.partition(" ")
        try:
            raw = base64.b64decode(blob, validate=True)
        except ValueError:
            raise NoteInvalid("a signature is not base64") from None
        if dash != "—" or not signer or len(raw) < 5:
            raise NoteInvalid("a signature line is malformed")
        if (signer, raw[:4]) == (name, ident):
            try:
                public.verify(text.encode(), raw[4:])
            except (BadSignatureError, ValueError):
                raise NoteInvalid("the signature is wrong") from None
            signed = True
    if not signed:
        raise NoteInvalid("not signed by this key")
    return text


def _parse_vkey(vkey: str) -> tuple[str, bytes, VerifyKey]:
    try:
        name, ident, blob = vkey.split("+", 2)
        raw = base64.b64decode(blob, validate=True)
        if raw[:1] != ED25519 or key_id(name, raw[1:]).hex() != ident:
            raise ValueError
        return name, raw[:0] + bytes.fromhex(ident), VerifyKey(raw[1:])
    except (ValueError, TypeError):
        raise NoteInvalid("the verifier key is malformed") from None


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise NoteInvalid("a note's text ends in a newline and has no control characters")
