"""Streams in the age format, opened by an independent implementation."""

from __future__ import annotations

import pytest

from complaints.vault import age

pyrage = pytest.importorskip("pyrage", reason="requirements-dev.txt is not installed")
pytestmark = pytest.mark.once
SIZES = (0, 1, age.CHUNK - 1, age.CHUNK, age.CHUNK + 1, 3 * age.CHUNK)


@pytest.mark.parametrize("size", SIZES)
def test_another_program_opens_it_with_the_key(size: int) -> None:
    identity = pyrage.x25519.Identity.generate()
    content = bytes(n % 251 for n in range(size))
    parts = [content[n : n + 10_000] for n in range(0, size, 10_000)]
    first, *rest = age.to_key(str(identity.to_public()), parts)
    sealed = first + b"".join(rest)
    assert pyrage.decrypt(sealed, [identity]) == content
    assert len(sealed) == age.sealed_size(len(first) - 16, size)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed[:-1], [identity])


def test_another_program_opens_it_with_the_passphrase() -> None:
    sealed = b"".join(age.to_passphrase("四海之内皆兄弟也何患无兄弟乎", [b"case", b" file"]))
    assert pyrage.passphrase.decrypt(sealed, "四海之内皆兄弟也何患无兄弟乎") == b"case file"
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(sealed, "四海之内皆兄弟也何患无兄弟")


def test_bad_recipients_are_refused_before_the_first_byte() -> None:
    good = str(pyrage.x25519.Identity.generate().to_public())
    assert len(age.recipient_key(f" {good}\n")) == 32
    swapped = good[:-1] + ("q" if good[-1] != "q" else "p")
    for bad in (
        "",
        "age1",
        good.upper(),
        good[:-1],
        good + "q",
        swapped,
        "ssh-ed25519 AAAA",
        good.replace("age1", "bc1q"),
    ):
        with pytest.raises(age.BadRecipient):
            age.to_key(bad, [b"x"])
    with pytest.raises(age.BadRecipient):
        age.to_passphrase("too short", [b"x"])
