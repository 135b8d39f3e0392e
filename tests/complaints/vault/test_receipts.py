"""Receipts: 25 digits in, the same master out."""

from __future__ import annotations

import contextlib
import os
import threading
import time

import pytest
from accounts import slots
from hypothesis import given
from hypothesis import strategies as st

from complaints.vault import receipts
from complaints.vault.errors import Busy, Mistyped, NotReady
from complaints.vault.models import ReceiptSalt

digits24 = st.text("0123456789", min_size=24, max_size=24)


@pytest.fixture
def salt(db):
    return ReceiptSalt.objects.create(version=1, salt=os.urandom(16))


def whole(digits: str) -> str:
    return digits + str(receipts.check_digit(digits))


def test_it_works(salt):
    receipt = receipts.new_receipt()
    shown = receipts.grouped(receipt)
    assert [len(group) for group in shown.split(" ")] == [5] * 5
    assert receipts.parse(shown) == receipt
    one, two = receipts.derive(receipt), receipts.derive(shown)
    assert one.lookup_id == two.lookup_id
    assert one.reporter.seed == two.reporter.seed != one.lookup_id
    assert len(one.lookup_id) == 32


def test_the_master_prints_nothing(salt):
    master = receipts.derive(receipts.new_receipt())
    assert master.lookup_id.hex() not in repr(master)
    assert str(list(master.lookup_id)[:3])[1:-1] not in repr(master)


@given(digits24)
def test_any_digits_with_their_check_digit_parse(digits):
    assert receipts.parse(whole(digits)) == whole(digits)


@given(digits24, st.integers(0, 24), st.integers(1, 9))
def test_no_single_error_is_missed(digits, place, shift):
    right = whole(digits)
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    with pytest.raises(Mistyped, match="check"):
        receipts.parse(wrong)


@given(digits24, st.integers(0, 23))
def test_no_neighbour_swap_is_missed(digits, place):
    right = whole(digits)
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if wrong != right:
        with pytest.raises(Mistyped, match="check"):
            receipts.parse(wrong)


def test_damms_table_is_totally_antisymmetric():
    table = receipts.DAMM
    assert all(table[i][i] == 0 for i in range(10))
    for c in range(10):
        for x in range(10):
            for y in range(10):
                if x != y:
                    assert table[table[c][x]][y] != table[table[c][y]][x]


@pytest.mark.parametrize(
    "mark", [" ", "-", "—", "‐", "\u00a0", "\u3000", "\u200b", "\n", "\t", "－", "\u2028"]
)
def test_what_people_put_between_groups_is_dropped(mark):
    receipt = receipts.new_receipt()
    assert receipts.parse(mark + receipts.grouped(receipt).replace(" ", mark) + mark) == receipt


def test_full_width_digits_are_digits():
    receipt = receipts.new_receipt()
    assert receipts.parse(receipt.translate(str.maketrans("0123456789", "０１２３４５６７８９"))) == receipt


@pytest.mark.parametrize(
    "text", ["", "12345", "1" * 24, "1" * 26, "一" * 25, "٣" * 25, "a" * 25, "1" * 24 + "\0a"]
)
def test_what_is_no_receipt_says_so(text):
    with pytest.raises(Mistyped) as caught:
        receipts.parse(text)
    assert caught.value.reason == "length"


@given(st.text(max_size=60))
def test_any_text_parses_or_is_mistyped(text):
    with contextlib.suppress(Mistyped):
        assert len(receipts.parse(text)) == 25


def test_another_salt_gives_another_master(salt):
    receipt = receipts.new_receipt()
    old = receipts.derive(receipt)
    ReceiptSalt.objects.create(version=2, salt=os.urandom(16))
    new = receipts.derive(receipt)
    assert (old.salt_version, new.salt_version) == (1, 2)
    assert old.lookup_id != new.lookup_id
    assert receipts.derive(receipt, 1).lookup_id == old.lookup_id
    assert receipts.live_versions() == [2, 1]


def test_a_retired_salt_is_not_used(salt):
    ReceiptSalt.objects.update(retired=True)
    with pytest.raises(NotReady):
        receipts.derive(receipts.new_receipt())


def test_receipts_differ():
    assert len({receipts.new_receipt() for _ in range(1000)}) == 1000


# The host's limit


def test_no_more_than_the_slots_at_once():
    running, most, lock = 0, 0, threading.Lock()

    def one() -> None:
        nonlocal running, most
        with receipts.kdf_slot(10):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.03)
            with lock:
                running -= 1

    threads = [threading.Thread(target=one) for _ in range(3 * slots.slot_count())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == slots.slot_count()


def test_who_waits_too_long_is_told(salt, monkeypatch):
    monkeypatch.setattr(slots, "slot_count", lambda: 1)
    with receipts.kdf_slot():
        started = time.monotonic()
        with pytest.raises(Busy):
            receipts.derive(receipts.new_receipt(), timeout=0.1)
        assert time.monotonic() - started < 2
    assert receipts.derive(receipts.new_receipt())


def test_a_slot_of_a_dead_process_is_free(monkeypatch):
    monkeypatch.setattr(slots, "slot_count", lambda: 1)
    ready, gone = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        slots._acquire(time.monotonic() + 1)
        os.write(ready[1], b"x")
        os.read(gone[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    with pytest.raises(Busy), receipts.kdf_slot(0.05):
        pass
    os.kill(child, 9)
    os.waitpid(child, 0)
    with receipts.kdf_slot(1):
        pass
