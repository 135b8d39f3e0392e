"""Sealed files: whole or Corrupt, never in clear."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tracemalloc
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from workdays import clock

from complaints.vault import files
from complaints.vault.errors import Corrupt
from complaints.vault.padding import padme

KEY = bytes(range(32))
C = files.CHUNK_BYTES


def written(content: bytes, *, step: int = 10_000):
    uuid = uuid4()
    with files.SealedWriter(uuid, KEY) as writer:
        for start in range(0, len(content), step):
            writer.write(content[start : start + step])
    return writer.close()


def blob(done) -> Path:
    return Path(settings.STORAGES["sealed"]["OPTIONS"]["location"]) / done.name


def read(done, *, size=None, uuid=None, key=KEY) -> bytes:
    return b"".join(
        files.open_blob(done.name, uuid or done.uuid, key, done.true_size if size is None else size)
    )


def test_it_works(db):
    content = os.urandom(200_000)
    done = written(content)
    done.row().save()
    assert b"".join(files.open_file(done.uuid, KEY, done.true_size)) == content
    assert done.sha256 == hashlib.sha256(content).digest()
    assert (done.true_size, done.size) == (200_000, padme(200_000))


@pytest.mark.parametrize("size", [0, 1, 2, C - 1, C, C + 1, 2 * C, 3 * C + 5])
@pytest.mark.parametrize("step", [C, 70_000, 4096])
def test_every_size_and_step(size, step):
    content = os.urandom(size)
    done = written(content, step=step)
    assert read(done) == content
    chunks = max(1, -(-padme(size) // C))
    assert blob(done).stat().st_size == 4 + 24 + padme(size) + 17 * chunks


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(st.lists(st.integers(0, 150_000), max_size=5))
def test_any_pieces(pieces):
    parts = [os.urandom(size) for size in pieces]
    with files.SealedWriter(uuid4(), KEY) as writer:
        for part in parts:
            writer.write(part)
    assert read(writer.close()) == b"".join(parts)


def test_the_disk_holds_nothing_in_clear_and_no_hour():
    canary = "金丝雀 canary 4711".encode()
    done = written(canary * 10_000)
    path = blob(done)
    assert canary not in path.read_bytes()
    assert str(done.uuid) not in str(path)
    midnight = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=clock.now().astimezone().tzinfo)
    assert path.stat().st_mtime % 3600 == 0
    assert midnight.timestamp() <= clock.now().timestamp()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.name == path.name[:2]


def test_memory_is_bounded():
    tracemalloc.start()
    part = bytes(C)
    with files.SealedWriter(uuid4(), KEY) as writer:
        for _ in range(16 * 20):  # 20 MiB
            writer.write(part)
    done = writer.close()
    for _ in files.open_blob(done.name, done.uuid, KEY, done.true_size):
        pass
    assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 10, 2 * C + 10])
def test_every_cut_is_corrupt(size):
    done = written(os.urandom(size))
    whole = blob(done).read_bytes()
    for keep in {0, 3, 4, 20, 28, 30, C + 45, 2 * C + 62, len(whole) - 1}:
        if keep < len(whole):
            blob(done).write_bytes(whole[:keep])
            with pytest.raises(Corrupt):
                read(done)


@pytest.mark.parametrize("more", [b"\0", b"x" * (C + 17)])
def test_what_follows_the_end_is_corrupt(more):
    done = written(os.urandom(C))
    with blob(done).open("ab") as out:
        out.write(more)
    with pytest.raises(Corrupt):
        read(done)


def test_chunks_in_another_order_are_corrupt():
    done = written(os.urandom(3 * C))
    whole, s = blob(done).read_bytes(), C + 17
    head, one, two, rest = whole[:28], whole[28 : 28 + s], whole[28 + s : 28 + 2 * s], whole[28 + 2 * s :]
    for wrong in (head + two + one + rest, head + one + rest, head + one + one + two + rest):
        blob(done).write_bytes(wrong)
        with pytest.raises(Corrupt):
            read(done)


def test_every_flipped_byte_is_corrupt():
    done = written(b"short")
    whole = blob(done).read_bytes()
    for number in range(len(whole)):
        wrong = bytearray(whole)
        wrong[number] ^= 1
        blob(done).write_bytes(bytes(wrong))
        with pytest.raises(Corrupt):
            read(done)


def test_another_file_key_or_size_is_corrupt():
    done = written(os.urandom(1000))
    for wrong in ({"uuid": uuid4()}, {"key": bytes(32)}, {"size": 5000}, {"size": 900}):
        with pytest.raises(Corrupt):
            read(done, **wrong)


def test_a_block_that_fails_leaves_no_blob():
    writer = files.SealedWriter(uuid4(), KEY)
    writer.write(b"x" * 200_000)
    with pytest.raises(TypeError), writer:
        writer.write(None)
    assert not files.store().exists(writer.name)


def test_a_deleted_blob_is_corrupt_and_may_be_deleted_again():
    done = written(b"text")
    files.delete_blob(done.name)
    files.delete_blob(done.name)
    with pytest.raises(Corrupt):
        read(done)


def test_an_unknown_file_is_corrupt(db):
    with pytest.raises(Corrupt):
        files.open_file(uuid4(), KEY, 1)


def test_nothing_is_written_after_the_end():
    with files.SealedWriter(uuid4(), KEY) as writer:
        writer.write(b"a")
    with pytest.raises(ValueError):
        writer.write(b"b")
