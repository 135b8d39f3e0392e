"""A passkey that no device has: what tests lay into the database."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData


def stored() -> dict[str, Any]:
    """A passkey as it lies in the database: made by a key of this test alone."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = AttestedCredentialData.create(bytes(16), b"c" * 16, public)
    told = AuthenticatorData.create(bytes(32), AuthenticatorData.FLAG.AT, 0, bytes(made))
    attestation = AttestationObject.create(fmt="none", auth_data=told, att_stmt={})
    response = {
        "clientDataJSON": websafe_encode(b'{"type":"webauthn.create","challenge":"","origin":""}'),
        "attestationObject": websafe_encode(attestation),
    }
    raw = websafe_encode(b"c" * 16)
    return {
        "name": "旧钥匙",
        "credential": {"id": raw, "rawId": raw, "type": "public-key", "response": response},
    }
