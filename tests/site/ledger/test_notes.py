"""Signed notes as C2SP writes them, with the example of its own page."""

import pytest
from ledger import notes
from nacl.signing import SigningKey

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONn"
    "cAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
KEY = SigningKey(bytes(range(32)))
OURS = notes.vkey("qf.example/ledger", bytes(KEY.verify_key))


def test_the_standards_own_example():
    assert notes.verify(NOTE, vkey=VKEY) == "This is an example message.\n"


def test_what_we_sign_verifies():
    text = "第一行\n\n第三行\n"
    note = notes.sign(text, name="qf.example/ledger", key=KEY)
    assert notes.verify(note, vkey=OURS) == text


def test_a_second_signature_of_another_key_is_passed_over():
    note = notes.sign("x\n", name="qf.example/ledger", key=KEY)
    other = notes.sign("x\n", name="witness.example", key=SigningKey(bytes(32)))
    assert notes.verify(note + other.rpartition("\n\n")[2], vkey=OURS) == "x\n"


@pytest.mark.parametrize("note", [
    "",
    "no signatures\n",
    NOTE,  # another key
    notes.sign("x\n", name="qf.example/ledger", key=KEY).replace("x\n", "y\n"),
    notes.sign("x\n", name="qf.example/ledger", key=KEY).replace("— ", "- "),
    notes.sign("x\n", name="qf.example/ledger", key=KEY)[:-1],
    notes.sign("x\n", name="qf.example/ledger", key=SigningKey(bytes(32))),
])  # fmt: skip
def test_refused(note):
    with pytest.raises(notes.NoteInvalid):
        notes.verify(note, vkey=OURS)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "nul\0\n"])
def test_a_text_without_the_form_is_not_signed(text):
    with pytest.raises(notes.NoteInvalid):
        notes.sign(text, name="qf.example/ledger", key=KEY)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a b"])
def test_a_name_without_the_form_is_not_signed(name):
    with pytest.raises(notes.NoteInvalid):
        notes.sign("x\n", name=name, key=KEY)


@pytest.mark.parametrize("vkey", ["", "a+b", VKEY.replace("530d", "530e"), VKEY[:-4], "a+00000000+AQ=="])
def test_a_malformed_verifier_key(vkey):
    with pytest.raises(notes.NoteInvalid):
        notes.verify(NOTE, vkey=vkey)
