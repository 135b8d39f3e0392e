"""The sealed form of a draft, for any answers: opened as it was typed, at its own revision and row only."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from workdays import clock

from complaints.intake import drafts
from complaints.intake.browser import Handle

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text | st.lists(text, max_size=3)
contents = st.builds(
    drafts.Content,
    receipt=st.from_regex(r"[0-9]{25}", fullmatch=True),
    lookup=st.binary(min_size=32, max_size=32).map(bytes.hex),
    seed=st.binary(min_size=32, max_size=32).map(bytes.hex),
    salt_version=st.integers(1, 9),
    about=st.none() | st.dictionaries(text, plain, max_size=3),
    fields=st.dictionaries(text, plain, max_size=5),
    changed=st.dictionaries(text, st.integers(1, 99), max_size=3),
    seen=st.lists(text, max_size=3),
    files=st.lists(st.dictionaries(text, plain, max_size=3), max_size=2),
    sent=st.none() | st.dictionaries(text, plain, max_size=2),
)


def opened(monkeypatch, handle, sealed, revision):
    """What `read` makes of a row."""
    now = clock.now()
    row = SimpleNamespace(
        pk=handle.row, sealed=sealed, revision=revision, created_at=now, touched_at=now, sent_at=None
    )
    rows = SimpleNamespace(filter=lambda **_k: SimpleNamespace(first=lambda: row))
    monkeypatch.setattr(drafts.Draft, "objects", rows)
    return drafts.read(handle)


@hypothesis_settings(max_examples=60, deadline=None)
@given(contents, st.integers(1, 2**17))
def test_any_draft_opens_as_it_was_sealed(content, revision):
    with pytest.MonkeyPatch.context() as patch:
        handle = Handle.new()
        sealed = drafts._seal(handle, content, revision)
        assert opened(patch, handle, sealed, revision).content == content
        for other in (Handle.new(), Handle(handle.row, Handle.new().secret), Handle(uuid4(), handle.secret)):
            with pytest.raises(drafts.Gone):
                opened(patch, other, sealed, revision)
        with pytest.raises(drafts.Gone):  # an older state of the row
            opened(patch, handle, sealed, revision + 1)


@hypothesis_settings(max_examples=60, deadline=None)
@given(contents, st.data())
def test_no_flipped_bit_of_a_draft_is_missed(content, data):
    handle = Handle.new()
    wrong = bytearray(drafts._seal(handle, content, 1))
    wrong[data.draw(st.integers(0, len(wrong) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(drafts.Gone):
        opened(patch, handle, bytes(wrong), 1)
