"""Padding, cells and wraps: every swapped field and every flipped byte is noticed."""

from __future__ import annotations

import contextlib
import os
from uuid import uuid4

import pytest
from accounts.keys import KeySeed
from hypothesis import given
from hypothesis import strategies as st

from complaints.vault import cells, holders, padding, wraps
from complaints.vault.errors import BadSeal, Mistyped

KEY = bytes(range(32))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=2000)


def place(**changed):
    return {"label": "narrative", "tip": TIP, "row": ROW, "generation": 3} | changed


TIP, ROW = uuid4(), uuid4()


# Padding


@given(st.binary(max_size=5000))
def test_padding_comes_off_again(text):
    padded = padding.pad_text(text)
    assert padding.unpad_text(padded) == text
    assert len(padded) >= 256
    assert len(padded).bit_count() == 1
    assert len(padded) < 2 * max(256, len(text) + 1)


@pytest.mark.parametrize(("size", "padded"), [(0, 256), (255, 256), (256, 512), (511, 512), (512, 1024)])
def test_cell_sizes(size, padded):
    assert len(padding.pad_text(b"x" * size)) == padded


@given(st.binary(max_size=600))
def test_what_is_not_padded_is_refused_or_padded_the_same_again(padded):
    with contextlib.suppress(ValueError):
        assert padding.pad_text(padding.unpad_text(padded)) == padded


@pytest.mark.parametrize(
    ("size", "padded"), [(0, 0), (1, 1), (2, 2), (9, 10), (100, 104), (1000, 1024), (65_537, 67_584)]
)
def test_padme_by_hand(size, padded):
    assert padding.padme(size) == padded


@given(st.integers(2, 2**40))
def test_padme_costs_at_most_an_eighth_and_is_stable(size):
    padded = padding.padme(size)
    assert size <= padded <= size * 1.12 + 1
    assert padding.padme(padded) == padded
    assert padding.padme(size + 1) >= padded


# Cells


@given(texts)
def test_a_cell_opens_where_it_stands(text):
    sealed = cells.seal_cell(KEY, text=text, **place())
    assert sealed[0] == 1
    assert int.from_bytes(sealed[1:3], "big") == 3
    assert (len(sealed) - 3 - 24 - 16).bit_count() == 1
    assert cells.open_cell(KEY, sealed=sealed, **place()) == text


@pytest.mark.parametrize(
    "changed",
    [{"label": "subject"}, {"tip": uuid4()}, {"row": uuid4()}, {"generation": 4}, {"tip": ROW, "row": TIP}],
)
def test_a_cell_opens_nowhere_else(changed):
    sealed = cells.seal_cell(KEY, text="举报", **place())
    with pytest.raises(BadSeal):
        cells.open_cell(KEY, sealed=sealed, **place(**changed))


# Near one another, so that a place that runs into its neighbour would be met.
labels = st.text("abc", min_size=1, max_size=3)
places = st.builds(
    place,
    label=labels,
    tip=st.sampled_from([TIP, ROW]) | st.uuids(),
    row=st.sampled_from([TIP, ROW]) | st.uuids(),
    generation=st.integers(1, 3) | st.integers(1, 65_535),
)


@given(places, places)
def test_a_cell_of_any_place_opens_in_no_other(here, there):
    sealed = cells.seal_cell(KEY, text="举报", **here)
    assert cells.open_cell(KEY, sealed=sealed, **here) == "举报"
    moved = sealed[:1] + there["generation"].to_bytes(2, "big") + sealed[3:]
    if here != there:
        for each in (sealed, moved):
            with pytest.raises(BadSeal):
                cells.open_cell(KEY, sealed=each, **there)


def test_a_cell_with_another_generation_written_in_does_not_open():
    sealed = cells.seal_cell(KEY, text="举报", **place())
    moved = sealed[:1] + (4).to_bytes(2, "big") + sealed[3:]
    with pytest.raises(BadSeal):
        cells.open_cell(KEY, sealed=moved, **place(generation=4))


@given(st.data())
def test_no_flipped_byte_of_a_cell_is_missed(data):
    sealed = bytearray(cells.seal_cell(KEY, text="举报", **place()))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadSeal):
        cells.open_cell(KEY, sealed=bytes(sealed), **place())


@given(st.binary(max_size=400))
def test_junk_is_no_cell(junk):
    with pytest.raises(BadSeal):
        cells.open_cell(KEY, sealed=b"\x01\x00\x03" + junk, **place())


def test_another_key_opens_nothing():
    sealed = cells.seal_cell(KEY, text="举报", **place())
    with pytest.raises(BadSeal):
        cells.open_cell(os.urandom(32), sealed=sealed, **place())


@pytest.mark.parametrize(
    "changed", [{"label": "a\0b"}, {"label": ""}, {"generation": 0}, {"generation": 65_536}]
)
def test_a_place_that_cannot_be_is_refused(changed):
    with pytest.raises(ValueError):
        cells.seal_cell(KEY, text="", **place(**changed))


def test_no_two_cells_are_alike():
    assert cells.seal_cell(KEY, text="", **place()) != cells.seal_cell(KEY, text="", **place())


# Wraps

SEED = KeySeed(bytes(32))
OTHER = KeySeed(bytes([1] * 32))


def wrap(**changed):
    return {"kind": "talk", "subject": TIP, "generation": 2} | changed


def sealed_wrap(**changed):
    return wraps.seal_wrap(recipient=SEED.box_public, key=KEY, **wrap(**changed))


@pytest.mark.parametrize("kind", sorted(wraps.KINDS))
def test_a_wrap_opens_for_its_recipient(kind):
    assert wraps.open_wrap(SEED.box, sealed_wrap(kind=kind), **wrap(kind=kind)) == KEY


@pytest.mark.parametrize("changed", [{"kind": "case"}, {"subject": uuid4()}, {"generation": 1}])
def test_a_wrap_is_for_one_thing(changed):
    with pytest.raises(BadSeal):
        wraps.open_wrap(SEED.box, sealed_wrap(), **wrap(**changed))
    with pytest.raises(BadSeal):
        wraps.open_wrap(SEED.box, sealed_wrap(**changed), **wrap())


subjects = st.sampled_from([TIP, ROW]) | st.uuids()
things = st.builds(
    wrap, kind=st.sampled_from(sorted(wraps.KINDS)), subject=subjects, generation=st.integers(1, 300)
)


@given(things, things)
def test_a_wrap_of_anything_opens_for_nothing_else(here, there):
    sealed = wraps.seal_wrap(recipient=SEED.box_public, key=KEY, **here)
    assert wraps.open_wrap(SEED.box, sealed, **here) == KEY
    if here != there:
        with pytest.raises(BadSeal):
            wraps.open_wrap(SEED.box, sealed, **there)


def test_a_wrap_opens_for_nobody_else():
    with pytest.raises(BadSeal):
        wraps.open_wrap(OTHER.box, sealed_wrap(), **wrap())


def test_no_flipped_byte_of_a_wrap_is_missed():
    sealed = sealed_wrap()
    for number in range(len(sealed)):
        for bit in (1, 128):
            wrong = bytearray(sealed)
            wrong[number] ^= bit
            with pytest.raises(BadSeal):
                wraps.open_wrap(SEED.box, bytes(wrong), **wrap())


@given(st.binary(max_size=200))
def test_junk_is_no_wrap(junk):
    with pytest.raises(BadSeal):
        wraps.open_wrap(SEED.box, junk, **wrap())


def test_a_wrap_that_names_another_recipient_does_not_open():
    from nacl.public import PublicKey, SealedBox

    plain = wraps._plain("talk", TIP, 2, wraps.recipient_hash(OTHER.box_public), KEY)
    sealed = SealedBox(PublicKey(SEED.box_public)).encrypt(plain)
    with pytest.raises(BadSeal):
        wraps.open_wrap(SEED.box, sealed, **wrap())


def test_a_pair_is_needed_in_its_order():
    sealed = wraps.seal_to_pair(first=SEED.box_public, second=OTHER.box_public, key=KEY, **wrap())
    assert wraps.open_as_pair(SEED.box, OTHER.box, sealed, **wrap()) == KEY
    for first, second in ((OTHER, SEED), (SEED, SEED), (OTHER, OTHER)):
        with pytest.raises(BadSeal):
            wraps.open_as_pair(first.box, second.box, sealed, **wrap())


# Holders' codes


@given(st.binary(min_size=32, max_size=32))
def test_a_code_is_read_again(seed):
    code = holders.code_of(KeySeed(seed))
    assert len(code) == 14 * 4 + 13
    assert holders.from_code(code).seed == seed
    assert holders.from_code(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")).seed == seed


@given(st.binary(min_size=32, max_size=32), st.integers(0, 55), st.integers(1, 31))
def test_a_misread_sign_is_noticed(seed, place, shift):
    signs = holders.code_of(KeySeed(seed)).replace("-", "")
    wrong = holders.ALPHABET[(holders.ALPHABET.index(signs[place]) + shift) % 32]
    with pytest.raises(Mistyped):
        holders.from_code(signs[:place] + wrong + signs[place + 1 :])


@pytest.mark.parametrize("code", ["", "A" * 55, "A" * 57, "U" * 56, "Z" * 56])
def test_what_is_no_code(code):
    with pytest.raises(Mistyped):
        holders.from_code(code)
